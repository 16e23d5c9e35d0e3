package courrier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/stores/memstore"
)

// oddCarrier tells everything in bytes and dates that no database takes.
type oddCarrier struct {
	*testscene.Carrier
	odd courrier.TrackingEvent
}

func (o *oddCarrier) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	r, err := o.Carrier.Submit(ctx, s)
	r.TrackingNumber = o.odd.TrackingNumber
	first := o.odd
	first.ID, first.Code, first.Status = "post:first"+first.ID, "taken"+first.Code, ""
	r.Events = []courrier.TrackingEvent{first}
	return r, err
}

func (o *oddCarrier) Track(ctx context.Context, refs []courrier.Reference) ([]courrier.TrackingEvent, error) {
	e := o.odd
	e.Letter, e.Provider, e.ProviderID, e.Source = refs[0].ID, o.Name(), refs[0].ProviderID, courrier.SourcePoll
	return []courrier.TrackingEvent{e}, nil
}

func (o *oddCarrier) ParseWebhook(http.Header, map[string][]string, []byte) (courrier.Webhook, error) {
	e := o.odd
	e.ID, e.ProviderID = "post:hook"+e.ID, "unknown"+e.ProviderID
	return courrier.Webhook{Events: []courrier.TrackingEvent{e}}, nil
}

func TestCasesRepair(t *testing.T) {
	t.Parallel()
	t.Run("wire-06", func(t *testing.T) {
		t.Parallel()
		stores := map[string]func(*testing.T) courrier.Store{
			"memory":                            func(*testing.T) courrier.Store { return memstore.New() },
			"one that refuses what SQL refuses": func(*testing.T) courrier.Store { return strictStore{memstore.New()} },
		}
		for name, open := range stores {
			t.Run(name, func(t *testing.T) {
				for _, date := range []string{"9999-12-31T23:59:59-12:00", "0000-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-03-03T09:00:00+01:00"} {
					at, err := time.Parse(time.RFC3339Nano, date)
					require.NoError(t, err)
					oddLife(t, open(t), courrier.TrackingEvent{
						ID: "post:\x00e\xff", TrackingNumber: "8700\x00012345678\xc3", Code: "SENT\x00\xed\xa0\x80", Status: courrier.StatusPosted, Happened: at, Raw: json.RawMessage("{\"a\":\"\x00\"}"),
					})
				}
			})
		}
		t.Run("anything", func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				text := func(label string) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 700).Draw(rt, label)) }
				at := time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(rt, "seconds"), 0).In(time.FixedZone("", rapid.IntRange(-86399, 86399).Draw(rt, "zone")))
				oddLife(t, strictStore{memstore.New()}, courrier.TrackingEvent{
					ID: "post:" + text("id"), TrackingNumber: text("number"), Code: "c" + text("code"), Status: courrier.StatusPosted, Happened: at, Raw: json.RawMessage(text("raw")),
				})
			})
		})
	})
}

// oddLife sends a letter to a carrier that tells odd things, follows it, and hears
// of it by webhook: its record is read and written all along.
func oddLife(t *testing.T, store courrier.Store, odd courrier.TrackingEvent) {
	t.Helper()
	var odds *oddCarrier
	w := testscene.New(t, func(c *courrier.Config) {
		odds = &oddCarrier{c.Providers[0].(*testscene.Carrier), odd}
		c.Store, c.Providers = store, []courrier.Provider{odds}
	})
	w.TopUp(10)
	id, _ := w.Sent("k", courrier.ServiceRegisteredAR)
	w.Advance(24 * time.Hour)
	_, err := w.Client.Refresh(w.Ctx, courrier.RefreshOptions{})
	require.NoError(t, err)
	require.Equal(t, 204, w.Post(w.Client.WebhookHandler(odds, courrier.WebhookOptions{}), "x"))
	rec, err := w.Client.Letter(w.Ctx, id)
	require.NoError(t, err)
	require.Equal(t, courrier.StatusPosted, rec.Status, "what is odd in one field hides no other")
	for _, err := range w.Client.History(w.Ctx, id) {
		require.NoError(t, err)
	}
}

// strictStore refuses what SQL databases refuse.
type strictStore struct{ *memstore.Store }

func (s strictStore) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	for _, c := range changes {
		for _, e := range c.Events {
			body, err := json.Marshal(e)
			text := e.ID + e.ProviderID + e.TrackingNumber + e.Code + string(e.Letter) + string(body)
			year := e.Happened.UTC().Year()
			if err != nil || strings.Contains(text, "\x00") || strings.ToValidUTF8(text, "") != text || len(e.ID) > 2000 || year < 1 || year > 9999 {
				return nil, errors.Join(errors.New("no database takes this event"), err)
			}
		}
		if c.Letter != nil {
			if text := fmt.Sprintf("%+v", c.Letter); strings.Contains(text, "\x00") || strings.ToValidUTF8(text, "") != text {
				return nil, errors.New("no database takes this letter")
			}
		}
	}
	return s.Store.Commit(ctx, changes...)
}

// oneID is a carrier that knows one id only.
type oneID struct{ *testscene.Carrier }

func (o oneID) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	r, err := o.Carrier.Submit(ctx, s)
	r.ProviderID = "the-only-one"
	return r, err
}

func (o oneID) Find(ctx context.Context, ref courrier.Reference) (courrier.Receipt, error) {
	r, err := o.Carrier.Find(ctx, ref)
	r.ProviderID = "the-only-one"
	return r, err
}

func TestCasesOneID(t *testing.T) {
	t.Parallel()
	t.Run("wire-15", func(t *testing.T) {
		t.Parallel()
		w := testscene.New(t, func(c *courrier.Config) {
			c.Providers = []courrier.Provider{oneID{c.Providers[0].(*testscene.Carrier)}}
		})
		w.TopUp(10)
		first := w.Send(testscene.Letter("a", courrier.ServiceRegisteredAR))
		w.Dispatch()
		second := w.Send(testscene.Letter("b", courrier.ServiceRegisteredAR))
		w.Dispatch()
		require.Equal(t, courrier.StatusSubmitted, w.Letter(first.ID).Status)
		for range 5 {
			rec := w.Letter(second.ID)
			require.Equal(t, courrier.StatusUnknown, rec.Status)
			require.Empty(t, rec.ProviderID)
			require.Equal(t, courrier.ChargeReserved, rec.Charge)
			require.Contains(t, w.Logs.String(), "one id to two letters")
			w.Logs.Reset()
			w.Advance(24 * time.Hour)
			w.Dispatch()
		}
		require.Len(t, w.Carrier.Accepted, 2, "neither is sent again")
	})
}
