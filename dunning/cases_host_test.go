package dunning_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// What a reader holds in his hands is what the words of the library call it: an
// e-mail is no letter.
func TestCasesHost(t *testing.T) {
	t.Parallel()
	t.Run("host-01", whatIsTold)
	t.Run("host-07", historyBroughtIn)
	t.Run("host-10", htmlMails)
	t.Run("host-21", func(t *testing.T) {
		t.Parallel()
		letter := regexp.MustCompile(`(?i)\b(ce courrier|cette lettre|this letter|diese[smrn]? (brief|schreiben))`)
		for _, language := range []courrier.Language{courrier.French, courrier.English, courrier.German} {
			o := newOffice(t)
			o.plans.Language = language
			o.owe("c1", dunning.Contact{Email: true}, bill("i1", "2026-03-01"))
			for d := day("2026-02-18"); d.Before(day("2026-04-20")); d = d.AddDays(1) {
				o.day(d.String())
				for _, rem := range o.queue(dunning.ReminderFilter{States: []dunning.ReminderState{dunning.ReminderProposed}}) {
					o.approve(rem.ID)
				}
			}
			require.GreaterOrEqual(t, len(o.mails), 2, language)
			for _, m := range o.mails {
				require.NotRegexp(t, letter, m.Subject+"\n"+m.Text+"\n"+m.HTML, language)
			}
		}
	})
}
