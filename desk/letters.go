package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/words"
)

// letterStates are the groups of statuses that the list filters by.
var letterStates = map[string][]courrier.Status{
	"here":  {courrier.StatusHeld, courrier.StatusScheduled, courrier.StatusQueued},
	"doubt": {courrier.StatusUnknown, courrier.StatusBlocked},
	"away": {
		courrier.StatusSubmitted, courrier.StatusAccepted, courrier.StatusPrinted, courrier.StatusPosted, courrier.StatusInTransit,
		courrier.StatusAwaitingPickup, courrier.StatusReturning, courrier.StatusCancelRequested,
	},
	"arrived": {courrier.StatusDelivered},
	"failed":  {courrier.StatusReturned, courrier.StatusLost, courrier.StatusFailed, courrier.StatusCancelled},
}

// letterGroups is the order of the groups on the screen.
var letterGroups = []string{"here", "doubt", "away", "arrived", "failed"}

type lettersView struct {
	Rows   []courrier.LetterRecord
	Group  string
	Groups []string
	More   courrier.LetterID // where the next page begins; empty: it ends here
	Claims int
}

func (d *Desk) letters(r *request) error {
	view := lettersView{Group: r.FormValue("state"), Groups: letterGroups}
	f := courrier.LetterFilter{
		Account: r.account(), Statuses: letterStates[view.Group], Newest: true, Limit: maxRows + 1, After: courrier.LetterID(r.FormValue("after")),
	}
	for l, err := range d.cfg.Client.Letters(r.ctx(), f) {
		if err != nil {
			return err
		}
		if len(view.Rows) == maxRows {
			view.More = view.Rows[maxRows-1].ID
			break
		}
		view.Rows = append(view.Rows, l)
	}
	return r.show("letters.html", r.text("menu.letters"), view)
}

// ownLetter returns a letter of the session's account; another's is not found.
func (r *request) ownLetter(id string) (courrier.LetterRecord, error) {
	l, err := r.desk.cfg.Client.Letter(r.ctx(), courrier.LetterID(id))
	if err == nil && l.Letter.Account != r.account() {
		err = fmt.Errorf("letter: %w", courrier.ErrNotFound)
	}
	if err != nil {
		return courrier.LetterRecord{}, err
	}
	return l, nil
}

type letterView struct {
	courrier.LetterRecord
	Lines    []string // the address
	Events   []courrier.TrackingEvent
	Claims   []courrier.Claim
	CanHold  bool
	CanStop  bool
	CanAgain bool
	Reminder string // the id of the reminder it carries; it is sent again from there
}

func (d *Desk) letter(r *request) error {
	l, err := r.ownLetter(r.PathValue("id"))
	if err != nil {
		return err
	}
	view := letterView{LetterRecord: l}
	if view.Lines, err = l.Letter.To.Lines(); err != nil {
		view.Lines = []string{r.text("letter.oldaddress")}
	}
	for e, err := range d.cfg.Client.History(r.ctx(), l.ID) {
		if err != nil {
			return err
		}
		view.Events = append(view.Events, e)
	}
	view.Claims = append(view.Claims, l.Claims...)
	if due, ok := l.DueClaim(r.today()); ok {
		view.Claims = append(view.Claims, due)
	}
	view.CanHold = l.Status.WithUs() && l.Status != courrier.StatusHeld
	view.CanStop = l.Status.WithUs() || slices.Contains([]courrier.Status{courrier.StatusSubmitted, courrier.StatusAccepted, courrier.StatusBlocked}, l.Status)
	if view.Reminder = l.Letter.GateRef; view.Reminder == "" {
		view.CanAgain = l.ReplacedBy == "" && (l.Status.Done() && l.Status != courrier.StatusDelivered || l.Status == courrier.StatusLost)
	}
	return r.show("letter.html", r.titleOf(l), view)
}

// titleOf tells what a letter is about and to whom it goes.
func (r *request) titleOf(l courrier.LetterRecord) string {
	purpose := words.In(r.desk.cfg.Look.Words, l.Letter.Purpose, r.lang)
	return capital(purpose) + " – " + cmp.Or(l.Letter.To.Company, l.Letter.To.Name)
}

// capital begins a title.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// letterActs are what a person does with one letter.
var letterActs = map[string]func(r *request, l courrier.LetterRecord) (string, error){
	"cancel": func(r *request, l courrier.LetterRecord) (string, error) {
		_, err := r.desk.cfg.Client.Cancel(r.ctx(), l.ID)
		return "stopped", err
	},
	"hold": func(r *request, l courrier.LetterRecord) (string, error) {
		_, err := r.desk.cfg.Client.Hold(r.ctx(), l.ID)
		return "held", err
	},
	"approve": func(r *request, l courrier.LetterRecord) (string, error) {
		_, err := r.desk.cfg.Client.Approve(r.ctx(), l.ID)
		return "released", err
	},
	"resend": func(r *request, l courrier.LetterRecord) (string, error) {
		_, err := r.desk.cfg.Client.Resend(r.ctx(), l.ID, l.Letter.Key+"/again", nil)
		return "resent", err
	},
	"claim": func(r *request, l courrier.LetterRecord) (string, error) {
		_, err := r.desk.cfg.Client.OpenClaim(r.ctx(), l.ID, courrier.ClaimKind(r.PostFormValue("kind")), strings.TrimSpace(r.PostFormValue("number")))
		return "claimed", err
	},
	"answer": func(r *request, l courrier.LetterRecord) (string, error) {
		_, err := r.desk.cfg.Client.CloseClaim(r.ctx(), l.ID, courrier.ClaimKind(r.PostFormValue("kind")), r.PostFormValue("answer"))
		return "claimed", err
	},
}

func (d *Desk) letterAct(r *request) error {
	l, err := r.ownLetter(r.PathValue("id"))
	if err != nil {
		return err
	}
	act, ok := letterActs[r.PostFormValue("act")]
	if !ok {
		return errNoSuchAct
	}
	told, err := act(r, l)
	if err != nil {
		return err
	}
	return r.back(r.path("letters", string(l.ID)), told)
}

// letterDocument serves a document of a letter, or a page of it.
func (d *Desk) letterDocument(r *request) error {
	l, err := r.ownLetter(r.PathValue("id"))
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(l.Letter.Documents) || l.ContentsGone {
		return fmt.Errorf("document: %w", courrier.ErrNotFound)
	}
	content, err := d.cfg.Client.Content(r.ctx(), l.Letter.Documents[n].Sum)
	if err != nil {
		return err
	}
	return r.sheet(content, r.FormValue("page"))
}

func (d *Desk) letterProof(r *request) error {
	l, err := r.ownLetter(r.PathValue("id"))
	if err != nil {
		return err
	}
	kind := courrier.ProofKind(r.PathValue("kind"))
	if !slices.Contains(courrier.ProofKinds(), kind) {
		return fmt.Errorf("proof: %w", courrier.ErrNotFound)
	}
	doc, err := d.cfg.Client.Proof(r.ctx(), l.ID, kind)
	if err != nil {
		return err
	}
	return r.download(string(kind)+".pdf", "application/pdf", doc.Content, true)
}
