package courrier

// The ready-made policies, for French customers. They share the ids of their
// steps, so that a customer may move from one to another. Their days are our
// convention: the law prescribes none. Copy and edit them; they carry no fee,
// and late-payment interest is not theirs to ask for.

// Ids of the steps of the ready-made policies.
const (
	stepCourtesyID     = "courtesy"
	stepFirstReminder  = "reminder-1"
	stepSecondReminder = "reminder-2"
	stepLastReminder   = "reminder-3"
	stepNotice         = "formal-notice"
)

// GentlePolicy reminds before the due date and three times after, two weeks and
// more apart, and never goes as far as a formal notice.
func GentlePolicy() ReminderPolicy {
	return ReminderPolicy{
		ID: "gentle", Version: 1, ContactDelayDays: 10, PromiseGraceDays: 5,
		MinimumOpen: []Amount{MustAmount("15", "EUR")},
		Steps: []Step{
			courtesyStep(-5),
			reminderStep(stepFirstReminder, 7),
			reminderStep(stepSecondReminder, 21),
			reminderStep(stepLastReminder, 45),
		},
	}
}

// StandardPolicy reminds before the due date and twice after; then a person
// decides on a formal notice.
func StandardPolicy() ReminderPolicy {
	return ReminderPolicy{
		ID: "standard", Version: 1, PromiseGraceDays: 3,
		MinimumOpen: []Amount{MustAmount("10", "EUR")},
		Steps: []Step{
			courtesyStep(-3),
			reminderStep(stepFirstReminder, 5),
			reminderStep(stepSecondReminder, 15),
			noticeStep(30, Requirement{Step: stepSecondReminder, Days: 10}),
		},
	}
}

// FirmPolicy reminds soon and twice, and has the formal notice ready three weeks
// after the due date.
func FirmPolicy() ReminderPolicy {
	return ReminderPolicy{
		ID: "firm", Version: 1, PromiseGraceDays: 1,
		Steps: []Step{
			reminderStep(stepFirstReminder, 2),
			reminderStep(stepSecondReminder, 10),
			noticeStep(20, Requirement{Step: stepSecondReminder, Days: 8}),
		},
	}
}

func courtesyStep(days int) Step {
	return Step{ID: stepCourtesyID, Kind: StepCourtesy, OffsetDays: days, Channels: []Channel{ChannelEmail}, Template: stepCourtesyID}
}

func reminderStep(id string, days int) Step {
	return Step{ID: id, Kind: StepReminder, OffsetDays: days, Template: id}
}

func noticeStep(days int, after Requirement) Step {
	return Step{ID: stepNotice, Kind: StepFormalNotice, OffsetDays: days, Requires: []Requirement{after}, Template: stepNotice}
}
