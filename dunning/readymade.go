package dunning

import "github.com/courrier-go/courrier"

// The ready-made policies are for French customers. They share the ids of their
// steps, so that a customer may move from one to another. Their days are our
// convention: the law prescribes none. Copy and edit them; they carry no fee,
// and late-payment interest is not theirs to ask for.
const (
	stepCourtesyID     = "courtesy"
	stepFirstReminder  = "reminder-1"
	stepSecondReminder = "reminder-2"
	stepLastReminder   = "reminder-3"
	stepNotice         = "formal-notice"
)

// GentlePolicy reminds before the due date and three times after, two weeks and
// more apart. It has no formal notice.
func GentlePolicy() courrier.ReminderPolicy {
	return courrier.ReminderPolicy{
		ID: "gentle", Version: 1, ContactDelayDays: 10, PromiseGraceDays: 5,
		MinimumOpen: []courrier.Amount{courrier.MustAmount("15", "EUR")},
		Steps: []courrier.Step{
			courtesyStep(-5),
			reminderStep(stepFirstReminder, 7),
			reminderStep(stepSecondReminder, 21),
			reminderStep(stepLastReminder, 45),
		},
	}
}

// StandardPolicy reminds before and twice after; a person decides on a notice.
func StandardPolicy() courrier.ReminderPolicy {
	return courrier.ReminderPolicy{
		ID: "standard", Version: 1, PromiseGraceDays: 3,
		MinimumOpen: []courrier.Amount{courrier.MustAmount("10", "EUR")},
		Steps: []courrier.Step{
			courtesyStep(-3),
			reminderStep(stepFirstReminder, 5),
			reminderStep(stepSecondReminder, 15),
			noticeStep(30, courrier.Requirement{Step: stepSecondReminder, Days: 10}),
		},
	}
}

// FirmPolicy reminds soon and twice, with a formal notice after three weeks.
func FirmPolicy() courrier.ReminderPolicy {
	return courrier.ReminderPolicy{
		ID: "firm", Version: 1, PromiseGraceDays: 1,
		Steps: []courrier.Step{
			reminderStep(stepFirstReminder, 2),
			reminderStep(stepSecondReminder, 10),
			noticeStep(20, courrier.Requirement{Step: stepSecondReminder, Days: 8}),
		},
	}
}

func courtesyStep(days int) courrier.Step {
	return courrier.Step{
		ID: stepCourtesyID, Kind: courrier.StepCourtesy, OffsetDays: days, Template: stepCourtesyID, Channels: []courrier.Channel{courrier.ChannelEmail},
	}
}

func reminderStep(id string, days int) courrier.Step {
	return courrier.Step{ID: id, Kind: courrier.StepReminder, OffsetDays: days, Template: id}
}

func noticeStep(days int, after courrier.Requirement) courrier.Step {
	return courrier.Step{
		ID: stepNotice, Kind: courrier.StepFormalNotice, OffsetDays: days, Requires: []courrier.Requirement{after}, Template: stepNotice,
	}
}
