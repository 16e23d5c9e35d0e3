package dunning_test

import (
	"strings"
	"testing"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	endedStates = []dunning.ReminderState{dunning.ReminderSent, dunning.ReminderSkipped, dunning.ReminderFailed}
	otherStates = []dunning.ReminderState{dunning.ReminderProposed, dunning.ReminderApproved, dunning.ReminderSending, dunning.ReminderPostponed}
)

// genEnded draws a reminder that ended, with letters before its last one, and ids of any text.
func genEnded(t *rapid.T) dunning.Reminder {
	word := func(label string) string {
		return rapid.OneOf(rapid.SampledFrom([]string{"", "7", "1 2", "é "}), rapid.String()).Draw(t, label)
	}
	day := func(label string) courrier.Date {
		return courrier.DateOfNumber(int32(rapid.IntRange(0, 3_652_059).Draw(t, label)))
	}
	lines := func() []dunning.ReminderLine {
		all := make([]dunning.ReminderLine, rapid.IntRange(0, 3).Draw(t, "lines"))
		for i := range all {
			all[i] = dunning.ReminderLine{Invoice: dunning.InvoiceID(word("invoice")), DueOn: day("due on"), Open: courrier.MustAmount("3.50", "EUR"), Occurrence: 2}
		}
		return all
	}
	r := dunning.Reminder{
		ID: dunning.ReminderID(word("id")), Version: 7, Account: courrier.AccountID(word("account")), Customer: courrier.CustomerID(word("customer")),
		State: rapid.SampledFrom(endedStates).Draw(t, "state"), Keys: []string{"a key"}, DueOn: day("due"), SentOn: day("sent"), Until: day("until"),
		Channel:  rapid.SampledFrom([]courrier.Channel{"", courrier.ChannelEmail, courrier.ChannelPost}).Draw(t, "channel"),
		Letter:   courrier.LetterID(rapid.SampledFrom([]string{"", "L-now"}).Draw(t, "letter")),
		ByPerson: rapid.Bool().Draw(t, "by person"), AdHoc: rapid.Bool().Draw(t, "ad hoc"), Resend: rapid.Bool().Draw(t, "resend"),
		Reason:   rapid.SampledFrom([]string{"", string(dunning.CauseSnoozed), "paid"}).Draw(t, "reason"),
		Delivery: rapid.SampledFrom([]courrier.Purpose{"", courrier.PurposeInvoice}).Draw(t, "delivery"),
		Log:      []dunning.ReminderAct{{Act: "sent"}}, Message: dunning.Message{Body: "Bonjour"},
	}
	r.Decision.Step.ID, r.Decision.Step.Kind, r.Decision.On = word("step"), courrier.StepReminder, day("on")
	r.Decision.Key.Invoice, r.Decision.Lines = dunning.InvoiceID(word("lead")), lines()
	for range rapid.IntRange(0, 2).Draw(t, "earlier") {
		id := courrier.LetterID(rapid.SampledFrom([]string{"L-1", "L-2"}).Draw(t, "letter"))
		r.Earlier = append(r.Earlier, dunning.EarlierLetter{Letter: id, SentOn: day("earlier"), Lines: lines(), Reason: "returned"})
	}
	return r
}

// genLetters draws what became of letters.
func genLetters(t *rapid.T) []courrier.LetterRecord {
	var all []courrier.LetterRecord
	for _, id := range []courrier.LetterID{"L-1", "L-2", "L-now"} {
		rec := courrier.LetterRecord{ID: id, Status: rapid.SampledFrom([]courrier.Status{courrier.StatusSubmitted, courrier.StatusFailed}).Draw(t, "status")}
		if rapid.Bool().Draw(t, "submitted") {
			rec.SubmittedAt = time.Date(2026, 3, rapid.IntRange(1, 28).Draw(t, "day"), 9, 0, 0, 0, time.UTC)
		}
		all = append(all, rec)
	}
	return all[:rapid.IntRange(0, 3).Draw(t, "known")]
}

// TestBriefHasThePast: what a history takes from the brief of a reminder is what it
// takes from the whole.
func TestBriefHasThePast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := genEnded(t)
		brief, err := dunning.ReadBrief(whole.Brief())
		require.NoError(t, err)
		letters := genLetters(t)
		require.Equal(t, whole.Past(letters...), brief.Past(letters...))
		require.Equal(t, whole.Invoices(), brief.Invoices())
		require.Equal(t, []any{whole.ID, whole.Account, whole.Customer, whole.State, whole.DueOn, whole.Letter},
			[]any{brief.ID, brief.Account, brief.Customer, brief.State, brief.DueOn, brief.Letter})
		require.Equal(t, whole.Brief(), brief.Brief())
	})
}

// TestBriefOfWhatGoesOn: of what may still leave or come back, everything is needed.
func TestBriefOfWhatGoesOn(t *testing.T) {
	for _, state := range otherStates {
		require.Empty(t, dunning.Reminder{ID: "R", State: state}.Brief(), state)
	}
}

func TestReadBriefRefuses(t *testing.T) {
	good := dunning.Reminder{ID: "R", State: dunning.ReminderSent}.Brief()
	for _, text := range []string{"", "2" + good[1:], good[:len(good)-1], good + " ", strings.Replace(good, "1 R", "-1 R", 1), "1" + strings.Repeat("9", 30)} {
		_, err := dunning.ReadBrief(text)
		require.Error(t, err, text)
	}
}

func FuzzReadBrief(f *testing.F) {
	f.Add(dunning.Reminder{ID: "R", State: dunning.ReminderSent, Earlier: []dunning.EarlierLetter{{Letter: "L"}}}.Brief())
	f.Fuzz(func(t *testing.T, text string) {
		r, err := dunning.ReadBrief(text)
		if err == nil && r.Brief() != "" {
			again, err := dunning.ReadBrief(r.Brief())
			require.NoError(t, err)
			require.Equal(t, r, again)
		}
	})
}
