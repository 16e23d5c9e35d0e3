package courrier_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

// TestCasesHost holds what a host meets on its day, by the name of the case.
func TestCasesHost(t *testing.T) {
	t.Parallel()
	for id, test := range map[string]func(*testing.T){
		"host-04": lettersOfACustomer, "host-14": noSecondPurse, "host-18": textIsText,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// lettersOfACustomer: a letter has the host's customer, lists select by it, and a
// letter that is given to another customer moves.
func lettersOfACustomer(t *testing.T) {
	w := testscene.New(t)
	of := func(customer courrier.CustomerID) (found []courrier.LetterID) {
		for r, err := range w.Client.Letters(w.Ctx, courrier.LetterFilter{Account: "acme", Customer: customer}) {
			require.NoError(t, err)
			require.Equal(t, customer, r.Letter.Customer)
			found = append(found, r.ID)
		}
		return found
	}
	var sent []courrier.LetterID
	for key, customer := range []courrier.CustomerID{"c1", "C1", "c1", ""} {
		l := testscene.Letter(string(rune('a'+key)), courrier.ServiceStandard)
		l.Customer = customer
		r, err := w.Client.Send(w.Ctx, l)
		require.NoError(t, err)
		sent = append(sent, r.ID)
	}
	require.Equal(t, []courrier.LetterID{sent[0], sent[2]}, of("c1"))
	require.Equal(t, sent[1:2], of("C1"))
	_, err := w.Client.Revise(w.Ctx, sent[0], func(l *courrier.Letter) { l.Customer = "c2" })
	require.NoError(t, err)
	require.Equal(t, sent[2:3], of("c1"))
	require.Equal(t, sent[:1], of("c2"))
	l := testscene.Letter("long", courrier.ServiceStandard)
	l.Customer = courrier.CustomerID(make([]byte, courrier.MaxKeyLen+1))
	require.Len(t, courrier.FieldErrors(l.Validate()), 2)
}

// noSecondPurse: credit in a mistyped unit would pay for nothing; it is refused where
// it is given, and what an account has already can still be used and taken back.
func noSecondPurse(t *testing.T) {
	w := testscene.New(t)
	ledger := func() *courrier.CreditLedger { return w.Client.Credits("acme") }
	old := courrier.MustAmount("3", "stamps")
	_, err := ledger().TopUp(w.Ctx, "before the rule", old)
	require.NoError(t, err)
	_, err = ledger().Reserve(w.Ctx, "kept", old)
	require.NoError(t, err)
	w.Config.Units = []string{"stamp", "EUR"}
	w.Restart()
	typo := courrier.MustAmount("10", "Stamp")
	for name, give := range map[string]func() error{
		"top-up":    func() error { _, err := ledger().TopUp(w.Ctx, "k1", typo); return err },
		"payment":   func() error { _, err := ledger().Pay(w.Ctx, "k2", typo); return err },
		"grant":     func() error { _, err := ledger().Grant(w.Ctx, "k3", typo, time.Time{}); return err },
		"adjust":    func() error { _, err := ledger().Adjust(w.Ctx, "k4", typo, "a gift"); return err },
		"allowance": func() error { _, err := ledger().Allow(w.Ctx, courrier.Allowance{Key: "k5", Amount: typo}); return err },
		"ceiling": func() error {
			_, err := w.Client.SetSettings(w.Ctx, "acme", courrier.Settings{Ceilings: []courrier.Amount{typo}})
			return err
		},
	} {
		err := give()
		require.ErrorIs(t, err, courrier.ErrInvalid, name)
		require.Contains(t, err.Error(), "Units", name)
	}
	_, err = ledger().TopUp(w.Ctx, "k1", courrier.MustAmount("10", "stamp"))
	require.NoError(t, err, "a refused key is free")
	_, err = ledger().Release(w.Ctx, "kept", old)
	require.NoError(t, err)
	_, err = ledger().Adjust(w.Ctx, "k6", old.Neg(), "a mistyped unit")
	require.NoError(t, err)
	w.Config.Units = []string{"sta mp"}
	_, err = courrier.New(w.Config)
	require.Equal(t, "Units[0]", courrier.FieldErrors(err)[0].Field)
}

// textIsText: what a store would give back as something else is refused at Send,
// whichever field holds it.
func textIsText(t *testing.T) {
	for field, spoil := range map[string]func(*courrier.Letter, string){
		"Account":           func(l *courrier.Letter, s string) { l.Account = courrier.AccountID(s) },
		"Key":               func(l *courrier.Letter, s string) { l.Key = s },
		"Customer":          func(l *courrier.Letter, s string) { l.Customer = courrier.CustomerID(s) },
		"Gate":              func(l *courrier.Letter, s string) { l.Gate = s },
		"GateRef":           func(l *courrier.Letter, s string) { l.GateRef = s },
		"Metadata":          func(l *courrier.Letter, s string) { l.Metadata = map[string]string{"order": s} },
		"Documents[0].Name": func(l *courrier.Letter, s string) { l.Documents[0].Name = s },
	} {
		for _, text := range []string{"\xff", "Andr\xe9", "a\x00b", "\xed\xa0\x80"} {
			l := testscene.Letter("k", courrier.ServiceStandard)
			spoil(&l, text)
			found := slices.ContainsFunc(courrier.FieldErrors(l.Validate()), func(e *courrier.FieldError) bool { return e.Field == field })
			require.True(t, found, "%s as %q", field, text)
		}
		l := testscene.Letter("k", courrier.ServiceStandard)
		spoil(&l, "André \ufffd €")
		require.NoError(t, l.Validate(), field)
	}
	w := testscene.New(t)
	l := testscene.Letter("k", courrier.ServiceStandard)
	l.Metadata = map[string]string{"\xff": "x"}
	_, err := w.Client.Send(w.Ctx, l)
	require.ErrorIs(t, err, courrier.ErrInvalid)
}
