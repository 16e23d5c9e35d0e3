package smtp

import (
	"slices"
	"strings"

	"github.com/courrier-go/courrier"
)

// fault is one row of whose fault a refusal is. The first row that fits counts.
type fault struct {
	stages []stage  // at one of these; none: at any
	status []string // enhanced status, or how it begins, when it ends in '.'; none: any, or none at all
	codes  []int    // reply codes; none: any
	kind   error
}

var (
	beforeMail = []stage{stageGreet, stageHello, stageTLS}
	afterMail  = []stage{stageRcpt, stageData, stageContent, stageEnd}
)

// ofTheRecipient are the statuses that prove something about the recipient's address
// (RFC 3463, sections 3.2 and 3.3; RFC 7505 for 5.1.10): only these let a reminder
// go by post instead, at the account's cost.
var ofTheRecipient = []string{"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}

// faults says whose fault a 5xx answer is, by the stage and the enhanced status (RFC
// 3463), or by the reply code alone (RFC 5321, section 4.3.2) where there is none.
// What no row proves to be the recipient's, the message's or the line's is the
// account's.
var faults = []fault{
	{stages: beforeMail, kind: courrier.ErrUnavailable}, // the line: nobody was named yet
	{stages: []stage{stageAuth, stageMail}, kind: courrier.ErrDenied},

	{stages: afterMail, status: ofTheRecipient, kind: courrier.ErrRejected},
	{stages: []stage{stageRcpt}, status: []string{"5.1.0"}, kind: courrier.ErrRejected},
	{stages: afterMail, status: []string{"5.2.3", "5.3.4", "5.6."}, kind: courrier.ErrInvalid}, // too large, or not to be carried as it is
	{stages: afterMail, status: []string{"5.2."}, kind: courrier.ErrUnavailable},               // a mailbox that is full, or closed for now
	{stages: afterMail, status: []string{"5."}, kind: courrier.ErrDenied},

	{stages: []stage{stageRcpt}, codes: []int{550, 551, 553}, kind: courrier.ErrRejected},
	{stages: []stage{stageRcpt}, codes: []int{552}, kind: courrier.ErrUnavailable},
	{stages: []stage{stageRcpt}, codes: []int{501}, kind: courrier.ErrInvalid},
	{stages: []stage{stageData, stageContent, stageEnd}, codes: []int{552}, kind: courrier.ErrInvalid},
	{kind: courrier.ErrDenied},
}

// faultOf looks a refusal up.
func (st stage) faultOf(code int, status string) error {
	for _, f := range faults {
		if (len(f.stages) == 0 || slices.Contains(f.stages, st)) && (len(f.codes) == 0 || slices.Contains(f.codes, code)) && f.hasStatus(status) {
			return f.kind
		}
	}
	return courrier.ErrDenied
}

func (f fault) hasStatus(status string) bool {
	return len(f.status) == 0 || slices.ContainsFunc(f.status, func(s string) bool {
		return s == status || strings.HasSuffix(s, ".") && strings.HasPrefix(status, s)
	})
}
