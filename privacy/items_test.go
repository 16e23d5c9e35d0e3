package privacy_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
	"github.com/courrier-go/courrier/privacy"
	"github.com/courrier-go/courrier/stores/memstore"
)

const drafted = `{"key":"june","text":{"body":"Dear Quatrebarbes"},"left":[%s],"refused":[%s],"total":3}`

// Of any lists of customers one is taken out, and the rest stays in its order; the text
// goes with the last.
func TestListsLoseOneCustomer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		store := memstore.New()
		ids := rapid.SliceOfN(rapid.SampledFrom([]string{"c1", "c2", "c10", "c"}), 0, 6)
		left, refused := ids.Draw(rt, "left"), ids.Draw(rt, "refused")
		body := func(all, failed []string) string {
			return fmt.Sprintf(drafted, quoted(all, `%q`), quoted(failed, `{"customer":%q,"code":"x"}`))
		}
		put(t, store, body(left, refused))
		keeper := privacy.Keeper{Client: testscene.New(t, func(c *courrier.Config) { c.Store = store }).Client}
		_, err := keeper.Erase(context.Background(), "acme", "c1")
		require.NoError(t, err)
		item, err := store.Item(context.Background(), "desk.campaign", "acme", "june")
		require.NoError(t, err)
		isC1 := func(id string) bool { return id == "c1" }
		was := slices.Contains(left, "c1") || slices.Contains(refused, "c1")
		left, refused = slices.DeleteFunc(left, isC1), slices.DeleteFunc(refused, isC1)
		if want := body(left, refused); was && len(left)+len(refused) == 0 {
			require.JSONEq(t, `{"key":"june","left":[],"refused":[],"total":3}`, string(item.Body))
		} else {
			require.JSONEq(t, want, string(item.Body))
		}
	})
}

func quoted(ids []string, form string) (text string) {
	for i, id := range ids {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(form, id)
	}
	return text
}

func put(t require.TestingT, store courrier.Store, body string) {
	item := courrier.Item{Kind: "desk.campaign", Account: "acme", ID: "june", Body: []byte(body)}
	if was, err := store.Item(context.Background(), item.Kind, item.Account, item.ID); err == nil {
		item.Version = was.Version
	}
	results, err := store.Commit(context.Background(), courrier.Change{Items: []courrier.Item{item}})
	require.NoError(t, err)
	require.NoError(t, results[0].Err)
}

// racing is a store in which another process writes a campaign before each of the first
// commits of one.
type racing struct {
	*memstore.Store
	t    *testing.T
	left int
	body string
}

func (r *racing) Commit(ctx context.Context, all ...courrier.Change) ([]courrier.Result, error) {
	if len(all[0].Items) > 0 && all[0].Items[0].Kind == "desk.campaign" && r.left > 0 {
		r.left--
		put(r.t, r.Store, r.body)
	}
	return r.Store.Commit(ctx, all...)
}

// crossed erases while a campaign goes on at the same moment, so many times.
func crossed(t *testing.T, times int) (courrier.Item, error) {
	store := &racing{memstore.New(), t, times, fmt.Sprintf(drafted, `"c1","c2"`, "")}
	put(t, store.Store, store.body)
	keeper := privacy.Keeper{Client: testscene.New(t, func(c *courrier.Config) { c.Store = store }).Client}
	_, failed := keeper.Erase(t.Context(), "acme", "c1")
	item, err := store.Item(t.Context(), "desk.campaign", "acme", "june")
	require.NoError(t, err)
	return item, failed
}

func TestErasureMeetsACampaignThatGoesOn(t *testing.T) {
	t.Parallel()
	item, err := crossed(t, 3)
	require.NoError(t, err)
	require.NotContains(t, string(item.Body), "c1")
	_, err = crossed(t, 1000)
	require.ErrorIs(t, err, courrier.ErrConflict)
}

// A campaign for one customer alone names it in its filter too; an export hands out what
// was typed for it, and nobody else.
func TestCampaignsAreHandedOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	put(t, h.store.Store, `{"filter":{"customer":"c1"},"text":{"body":"Dear Quatrebarbes"},"left":["c1","c2"]}`)
	line := h.export("c1")["items.jsonl"]
	require.Contains(t, line, `"text":{"body":"Dear Quatrebarbes"}`)
	require.Contains(t, line, `{"customer":"c1"}`)
	require.NotContains(t, line, "c2")
	_, err := h.keeper.Erase(h.Ctx, "acme", "c1")
	require.NoError(t, err)
	require.Empty(t, h.export("c1")["items.jsonl"])
	item, err := h.store.Item(h.Ctx, "desk.campaign", "acme", "june")
	require.NoError(t, err)
	require.JSONEq(t, `{"filter":{},"text":{"body":"Dear Quatrebarbes"},"left":["c2"]}`, string(item.Body))
}
