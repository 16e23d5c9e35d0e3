package courrier_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/testscene"
)

// TestCasesHost holds what a host meets on its day, by the name of the case.
func TestCasesHost(t *testing.T) {
	t.Parallel()
	for id, test := range map[string]func(*testing.T){
		"host-18": textIsText,
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// textIsText: what a store would give back as something else is refused at Send,
// whichever field holds it.
func textIsText(t *testing.T) {
	for field, spoil := range map[string]func(*courrier.Letter, string){
		"Account":           func(l *courrier.Letter, s string) { l.Account = courrier.AccountID(s) },
		"Key":               func(l *courrier.Letter, s string) { l.Key = s },
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
