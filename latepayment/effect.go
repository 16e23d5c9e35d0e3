package latepayment

import (
	"time"

	"github.com/courrier-go/courrier"
)

// NoticeOutcome is what the tracking of a formal notice amounts to.
type NoticeOutcome string

// The outcomes.
const (
	NoticePending NoticeOutcome = "pending" // not decided yet
	NoticeValid   NoticeOutcome = "valid"   // the debtor was put on notice
	NoticeFailed  NoticeOutcome = "failed"  // it proves nothing; send it again
)

// NoticeEffect is the effect of a formal notice.
type NoticeEffect struct {
	Outcome NoticeOutcome
	// EffectiveOn is the first presentation: the day to put into
	// [Invoice.NoticeOn]. No date unless valid, or when no presentation was
	// recorded.
	EffectiveOn  courrier.Date
	HandedOverOn courrier.Date // no date: never, or not valid
}

// EffectOf reads the tracking of a registered formal notice. A letter that was
// refused or never collected is a valid notice (Cass. 1re civ., 20 January 2021,
// 19-20.680); one that was lost, or came back for any other reason such as a
// wrong address, is none. That the effect dates from the first presentation is a
// convention. Dates are those of loc; nil leaves the times in their own zone.
func EffectOf(t courrier.Tracking, loc *time.Location) NoticeEffect {
	outcome := outcomeOf(t)
	if outcome != NoticeValid {
		return NoticeEffect{Outcome: outcome}
	}
	return NoticeEffect{Outcome: outcome, EffectiveOn: dateIn(t.PresentedAt, loc), HandedOverOn: dateIn(t.DeliveredAt, loc)}
}

func outcomeOf(t courrier.Tracking) NoticeOutcome {
	switch t.Status {
	case courrier.StatusDelivered:
		return NoticeValid
	case courrier.StatusReturning, courrier.StatusReturned:
		if t.Reason == courrier.ReturnUnclaimed || t.Reason == courrier.ReturnRefused {
			return NoticeValid
		}
		return NoticeFailed
	case courrier.StatusLost, courrier.StatusFailed, courrier.StatusCancelled:
		return NoticeFailed
	}
	return NoticePending
}

func dateIn(t time.Time, loc *time.Location) courrier.Date {
	if t.IsZero() || loc == nil {
		return courrier.DateOf(t)
	}
	return courrier.DateOf(t.In(loc))
}
