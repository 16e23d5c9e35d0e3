package latepayment

import "github.com/courrier-go/courrier"

// NoticeEventKind is what happened to a registered formal notice.
type NoticeEventKind string

// The events.
const (
	NoticePresented   NoticeEventKind = "presented"   // nobody there, a notice was left
	NoticeHandedOver  NoticeEventKind = "handed_over" // to the addressee or his proxy
	NoticeRefused     NoticeEventKind = "refused"
	NoticeUnclaimed   NoticeEventKind = "unclaimed"   // returned after the days at the counter
	NoticeMisdirected NoticeEventKind = "misdirected" // wrong address or unknown addressee
	NoticeLost        NoticeEventKind = "lost"        // or destroyed
)

// NoticeEvent is one event of a formal notice.
type NoticeEvent struct {
	On   courrier.Date
	Kind NoticeEventKind
}

// NoticeOutcome is what the events amount to.
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
	// [Invoice.NoticeOn]. No date while pending, after a failure, or when a valid
	// notice has no recorded presentation.
	EffectiveOn  courrier.Date
	HandedOverOn courrier.Date // no date: never
}

// EffectOf reads the events of one formal notice, in any order. A letter that
// was refused or never collected is a valid notice (Cass. 1re civ., 20 January
// 2021, 19-20.680); one that went to a wrong address, or was lost, is none,
// whatever else was recorded. That the effect dates from the first presentation
// is a convention.
func EffectOf(events ...NoticeEvent) NoticeEffect {
	effect := NoticeEffect{Outcome: NoticePending}
	var first courrier.Date
	for _, e := range events {
		switch e.Kind {
		case NoticeMisdirected, NoticeLost:
			return NoticeEffect{Outcome: NoticeFailed}
		case NoticeHandedOver:
			effect.HandedOverOn = earlier(effect.HandedOverOn, e.On)
			effect.Outcome = NoticeValid
		case NoticeRefused, NoticeUnclaimed:
			effect.Outcome = NoticeValid
		}
		if e.Kind == NoticePresented || e.Kind == NoticeHandedOver || e.Kind == NoticeRefused {
			first = earlier(first, e.On)
		}
	}
	if effect.Outcome == NoticeValid {
		effect.EffectiveOn = first
	}
	return effect
}

// earlier returns the earlier of two dates, either of which may be no date.
func earlier(a, b courrier.Date) courrier.Date {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
