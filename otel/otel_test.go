package otel_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/latepayment"
	"github.com/courrier-go/courrier/otel"
)

// watched is a scene whose client tells all that it does.
type watched struct {
	*testscene.Scene
	spans  *tracetest.SpanRecorder
	reader *sdkmetric.ManualReader
}

func newWatched(t testing.TB) *watched {
	w := &watched{spans: tracetest.NewSpanRecorder(), reader: sdkmetric.NewManualReader()}
	observe, err := otel.Observe(otel.Options{
		TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(w.spans)),
		MeterProvider:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(w.reader)),
	})
	require.NoError(t, err)
	w.Scene = testscene.New(t, func(c *courrier.Config) { c.Observe = observe })
	return w
}

// names counts the spans that ended, by name.
func (w *watched) names() map[string]int {
	count := map[string]int{}
	for _, s := range w.spans.Ended() {
		count[s.Name()]++
	}
	return count
}

// metrics lists the sets of attributes of every point of every metric.
func (w *watched) metrics() (sets []attribute.Set, names []string) {
	var all metricdata.ResourceMetrics
	require.NoError(w.T, w.reader.Collect(w.Ctx, &all))
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			names = append(names, m.Name+" "+m.Unit)
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					sets = append(sets, p.Attributes)
				}
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					sets = append(sets, p.Attributes)
				}
			default:
				require.Fail(w.T, "an unknown kind of metric", "%T", data)
			}
		}
	}
	slices.Sort(names)
	return sets, names
}

// requireUnmarked fails when anything told bears what only the owner of a letter may see.
func (w *watched) requireUnmarked() {
	w.T.Helper()
	var told strings.Builder
	for _, s := range w.spans.Ended() {
		fmt.Fprintln(&told, s.Name(), s.Attributes(), s.Status().Description, s.Links())
		for _, e := range s.Events() {
			fmt.Fprintln(&told, e.Name, e.Attributes)
		}
	}
	sets, names := w.metrics()
	for _, set := range sets {
		fmt.Fprintln(&told, set.ToSlice())
	}
	fmt.Fprintln(&told, names)
	require.NotContains(w.T, strings.ToLower(told.String()), testscene.Mark)
	for _, text := range []string{"lilas", "69003", "Lyon", "@example", "rue"} {
		require.NotContains(w.T, told.String(), text)
	}
}

func TestCases(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T){
		"every duty and call has a span": spansOfLetters, "reminders, e-mails and compositions": spansOfReminders,
		"nothing private, on every path": nothingPrivate, "metrics have few series": fewSeries, "errors by their kind": errorsByKind,
	} {
		t.Run(name+"/host-06", func(t *testing.T) { t.Parallel(); test(t) })
	}
}

func spansOfLetters(t *testing.T) {
	w := newWatched(t)
	w.TopUp(20)
	id, there := w.Sent("k", courrier.ServiceRegisteredAR)
	w.Carrier.Happen(there, courrier.StatusDelivered, courrier.ProofOfReceipt)
	w.Refresh()
	_, err := w.Client.Purge(w.Ctx)
	require.NoError(t, err)
	names := w.names()
	for _, name := range []string{"send", "dispatch", "refresh", "purge", "commit", "carrier.submit", "carrier.track", "carrier.fetch_proof"} {
		require.Positive(t, names["courrier."+name], "%s of %v", name, names)
	}
	for _, s := range w.spans.Ended() {
		if s.Name() == "courrier.carrier.submit" {
			require.Contains(t, s.Attributes(), attribute.String("courrier.letter", string(id)))
			require.Contains(t, s.Attributes(), attribute.String("courrier.account", "acme"))
			require.True(t, s.Parent().IsValid(), "the span of the dispatch")
		}
	}
	_, metrics := w.metrics()
	require.Equal(t, []string{"courrier.operation.duration s", "courrier.operation.items {item}"}, metrics)
}

// debtors is a host with one customer, whose every text is private.
type debtors struct{ fails error }

func (debtors) Case(context.Context, courrier.AccountID, courrier.CustomerID) (dunning.Case, error) {
	due := courrier.MustDate("2026-03-01")
	return dunning.Case{
		Account:  "acme",
		Customer: dunning.Customer{ID: "c1", Class: latepayment.DebtorBusiness, Contact: dunning.Contact{Email: true, Post: true}},
		Invoices: []dunning.Invoice{{ID: "i1", Number: testscene.Mark, IssuedOn: due.AddDays(-30), Parts: dunning.Due(due, courrier.MustAmount("120.00", "EUR"))}},
	}, nil
}

func (debtors) Details(context.Context, courrier.AccountID, courrier.CustomerID, []dunning.InvoiceID) (dunning.DebtorDetails, error) {
	l := testscene.MarkedLetter("k", courrier.ServiceStandard)
	l.To.Address.City = "Lyon"
	return dunning.DebtorDetails{To: l.To, Mail: []email.Box{{Address: "lilas@example.com", Name: testscene.Mark}}}, nil
}

func (d debtors) Compose(context.Context, dunning.PrintedReminder) (courrier.Document, error) {
	return courrier.Document{Name: testscene.Mark + ".pdf", Content: []byte("%PDF-1.7"), Pages: 1}, d.fails
}

func (d debtors) Mail(context.Context, email.Message) error { return d.fails }

// remind runs the reminders of sixty days.
func (w *watched) remind(d debtors) {
	w.Restart()
	runner, err := dunning.New(dunning.Config{
		Client: w.Client, Store: w.Store, Debtors: d, Composer: d, Mailer: d,
		Settings: func(context.Context, courrier.AccountID) (dunning.Settings, error) {
			return dunning.Settings{
				Policies: []courrier.ReminderPolicy{dunning.StandardPolicy()}, Assignment: dunning.PolicyAssignment{Default: "standard"},
				Sender: testscene.Letter("k", courrier.ServiceStandard).From, MailFrom: email.Box{Address: "billing@acme.example"},
			}, nil
		},
	})
	require.NoError(w.T, err)
	actor := courrier.WithActor(w.Ctx, courrier.Actor{ID: "boss"})
	for day := courrier.MustDate("2026-03-02"); day.Before(courrier.MustDate("2026-05-01")); day = day.AddDays(1) {
		w.Clock = day.In(time.UTC).Add(10 * time.Hour)
		c, _ := d.Case(w.Ctx, "acme", "c1")
		_, err := runner.RunDay(w.Ctx, day, func(yield func(dunning.Case, error) bool) { yield(c, nil) })
		require.NoError(w.T, err)
		for rem, err := range runner.Queue(w.Ctx, dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}}) {
			require.NoError(w.T, err)
			if seen, err := runner.Preview(w.Ctx, rem.ID); err == nil {
				_, _ = runner.Approve(actor, rem.ID, seen.Token)
			}
		}
		_, err = runner.Dispatch(w.Ctx)
		require.NoError(w.T, err)
		w.Dispatch()
	}
	_, err = runner.Purge(w.Ctx)
	require.NoError(w.T, err)
}

func spansOfReminders(t *testing.T) {
	w := newWatched(t)
	w.TopUp(20)
	w.remind(debtors{})
	names := w.names()
	for _, name := range []string{"day", "dispatch_reminders", "purge_reminders", "e-mail", "compose", "commit"} {
		require.Positive(t, names["courrier."+name], "%s of %v", name, names)
	}
	w.requireUnmarked()
}

// nothingPrivate calls every method on letters in every state, with carriers that put
// private things into their errors, and a store that fails.
func nothingPrivate(t *testing.T) {
	words := errors.New("no such street: 1 rue " + testscene.Mark)
	w := newWatched(t)
	w.TopUp(7)
	ids := w.Every()
	w.Walk(ids)
	w.Bend(&testscene.Bent{
		OnSubmit: func(context.Context, courrier.Submission) (courrier.Receipt, error) { return courrier.Receipt{}, words },
		OnFind:   func(context.Context, courrier.Reference) (courrier.Receipt, error) { return courrier.Receipt{}, words },
		OnTrack:  func(context.Context, []courrier.Reference) ([]courrier.TrackingEvent, error) { return nil, words },
	})
	w.Advance(100 * 24 * time.Hour)
	w.Walk(ids)
	w.Watch(func(courrier.Change) error { return words })
	w.Walk(ids)
	w.Config.Store, w.Config.Contents = w.Store, nil
	w.remind(debtors{fails: words})
	require.Greater(t, len(w.spans.Ended()), 100)
	w.requireUnmarked()
}

// fewSeries proves that no metric grows with accounts, letters or reminders.
func fewSeries(t *testing.T) {
	w := newWatched(t)
	w.TopUp(100)
	series := func() int { sets, _ := w.metrics(); return len(sets) }
	send := func(first, n int) {
		for i := range n {
			w.Sent(fmt.Sprint("k", first+i), courrier.ServiceStandard)
		}
	}
	send(0, 2)
	before := series()
	send(2, 40)
	require.Equal(t, before, series())
	sets, _ := w.metrics()
	for _, set := range sets {
		for _, kv := range set.ToSlice() {
			require.Contains(t, []attribute.Key{"courrier.operation", "courrier.carrier", "courrier.service", "error.type"}, kv.Key)
		}
	}
}

func errorsByKind(t *testing.T) {
	w := newWatched(t)
	w.TopUp(1)
	w.Carrier.Script["k"] = []testscene.Outcome{testscene.Rejects}
	w.Send(testscene.Letter("k", courrier.ServiceStandard))
	w.Dispatch()
	for _, s := range w.spans.Ended() {
		if s.Name() == "courrier.carrier.submit" {
			require.Contains(t, s.Attributes(), attribute.String("error.type", courrier.ErrRejected.Error()))
			require.Empty(t, s.Status().Description)
			return
		}
	}
	require.Fail(t, "no span of the attempt")
}

// TestProvidersThatDoNothing proves that a host without an SDK can leave it in.
func TestProvidersThatDoNothing(t *testing.T) {
	observe, err := otel.Observe(otel.Options{MeterProvider: noop.NewMeterProvider()})
	require.NoError(t, err)
	ctx, end := observe(t.Context(), courrier.Operation{Name: "send"})
	require.NotNil(t, ctx)
	end(nil)
}

func BenchmarkObserve(b *testing.B) {
	observe, err := otel.Observe(otel.Options{
		TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample())), MeterProvider: sdkmetric.NewMeterProvider(),
	})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, end := observe(b.Context(), courrier.Operation{Name: "submit", Carrier: "mock", Account: "acme", Letter: "l"})
		end(nil)
	}
}
