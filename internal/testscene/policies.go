package testscene

import (
	"github.com/courrier-go/courrier"
)

// TwoSteps is the least policy with an order.
func TwoSteps() courrier.ReminderPolicy {
	return courrier.ReminderPolicy{ID: "p", Steps: []courrier.Step{
		{ID: "a", Kind: courrier.StepReminder, OffsetDays: 5},
		{ID: "b", Kind: courrier.StepReminder, OffsetDays: 15},
	}}
}
