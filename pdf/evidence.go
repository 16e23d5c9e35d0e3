package pdf

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// EvidenceFile is the file of [dunning.Evidence] with what anyone needs to
// check it.
type EvidenceFile struct {
	File     []byte   // one PDF: a cover, the steps in order, then every exhibit on pages of its own
	Manifest Manifest // of the file and of every part
}

// Manifest lists the parts of an evidence file with their SHA-256, so that each
// can be compared with the original. Its JSON form is handed in with the file.
type Manifest struct {
	Evidence dunning.Evidence `json:"evidence"`
	File     courrier.Sum     `json:"file"` // of the PDF
	Pages    int              `json:"pages"`
	Parts    []ManifestPart   `json:"parts"`
}

// ManifestPart is one document as it lies in the file.
type ManifestPart struct {
	Step  int          `json:"step"` // from 1
	Kind  string       `json:"kind"`
	Name  string       `json:"name"`
	Sum   courrier.Sum `json:"sha256"`          // of the document itself
	First int          `json:"first,omitempty"` // page of the file; 0: not included
	Last  int          `json:"last,omitempty"`
	Note  string       `json:"note,omitempty"` // why it is not included
}

// JSON writes the manifest, indented, in an order that does not change.
func (m Manifest) JSON() ([]byte, error) { return json.MarshalIndent(m, "", "  ") }

// evidenceBody is the size of an evidence file's text, in points: it holds more
// than a letter, and is read at a desk.
const evidenceBody = 9.0

// EvidenceMaker makes evidence files. It is safe for concurrent use.
type EvidenceMaker struct {
	composer  *Composer
	faces     faces
	assembler *Assembler
	theme     Theme
	fileBytes int64
}

// NewEvidenceMaker returns a maker of evidence files.
func NewEvidenceMaker(theme Theme, l Limits) (*EvidenceMaker, error) {
	c, err := NewComposer()
	if err != nil {
		return nil, err
	}
	if theme.BodySize == 0 {
		theme.BodySize = evidenceBody
	}
	f, err := c.faces(theme)
	if err != nil {
		return nil, err
	}
	return &EvidenceMaker{composer: c, faces: f, assembler: NewAssembler(l), theme: theme, fileBytes: l.withDefaults().FileBytes}, nil
}

// exhibit is a document of a step.
type exhibit struct {
	dunning.EvidencePart
	number      int // from 1
	step        int // from 0
	file        []byte
	first, last int    // pages of the evidence file; 0: it is not in it
	pages       int    // of the document
	note        string // why it is not in it
}

// ownPages is the room left for the file's own pages.
const ownPages = 256 << 10

// Make makes the file of a case, written for the creditor named by from. No text
// makes it fail: □ stands for characters that cannot be set, and the manifest
// holds them. A document that is no longer stored, cannot be read or does not fit
// into the file is listed with the reason and its SHA-256. A date that a host left
// empty, or that lies before the year 1900, did not happen and is written nowhere.
// The maker is busy when as many calls are in flight as may be. Errors of ctx come besides.
//
// Errors: [courrier.ErrUnavailable] (busy).
func (m *EvidenceMaker) Make(ctx context.Context, ev dunning.Evidence, from courrier.Sender, lang courrier.Language) (EvidenceFile, error) {
	ev = onlyWhatHappened(ev)
	exhibits, err := m.exhibits(ctx, ev, evidenceWordsIn(lang))
	if err != nil {
		return EvidenceFile{}, err
	}
	d := m.dossier(ev, from, lang, exhibits)
	if err := d.settle(); err != nil {
		return EvidenceFile{}, err
	}
	file, err := d.file(ctx, m.assembler.guard.limits)
	if err != nil {
		return EvidenceFile{}, fmt.Errorf("evidence: %w", err)
	}
	out := EvidenceFile{File: file, Manifest: Manifest{Evidence: ev, File: courrier.SumOf(file), Pages: len(d.pages)}}
	for _, x := range exhibits {
		out.Manifest.Parts = append(out.Manifest.Parts, ManifestPart{
			Step: x.step + 1, Kind: x.Kind, Name: x.Name, Sum: x.Sum, First: x.first, Last: x.last, Note: x.note,
		})
	}
	return out, nil
}

// firstYear is the first that a date of a case can lie in: earlier ones are what
// an empty moment becomes.
const firstYear = 1900

// onlyWhatHappened returns the case without dates that are none.
func onlyWhatHappened(ev dunning.Evidence) dunning.Evidence {
	ev.Steps = slices.Concat(ev.Steps, ev.Unsent) // what left stands first
	ev.Unsent = nil
	for i := range ev.Steps {
		s := &ev.Steps[i]
		for _, d := range []*courrier.Date{&s.SentOn, &s.PostedOn, &s.PresentedOn, &s.DeliveredOn, &s.ReturnedOn} {
			if y, _, _ := d.Civil(); y < firstYear {
				*d = courrier.Date{}
			}
		}
		s.Log = slices.Clone(s.Log)
		for k := range s.Log {
			if s.Log[k].At.Year() < firstYear {
				s.Log[k].At = time.Time{}
			}
		}
	}
	return ev
}

// exhibits reads the documents of all steps.
func (m *EvidenceMaker) exhibits(ctx context.Context, ev dunning.Evidence, w evidenceWords) ([]*exhibit, error) {
	var out []*exhibit
	room := m.fileBytes - int64(len(ev.Steps)+2)*ownPages
	for i, step := range ev.Steps {
		for _, p := range step.Parts {
			x := &exhibit{EvidencePart: p, number: len(out) + 1, step: i}
			if err := m.read(ctx, x, w, &room); err != nil {
				return nil, fmt.Errorf("evidence step %d: %w", i+1, err)
			}
			out = append(out, x)
		}
	}
	return out, nil
}

// read has the assembler bring a document's pages to A4: what comes out is ours,
// whatever came in. Its own files are told from what a busy machine answers.
func (m *EvidenceMaker) read(ctx context.Context, x *exhibit, w evidenceWords, room *int64) error {
	switch {
	case x.Missing:
		x.note = w.purged
		return nil
	case int64(len(x.Content)) > *room:
		x.note = w.unreadable
		return nil
	}
	var file bytes.Buffer
	done, err := m.assembler.Assemble(ctx, &file, Assembly{Parts: []Part{{File: x.Content, Fit: FitA4}}})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, courrier.ErrUnavailable):
		return err
	case err != nil || int64(file.Len()) > *room:
		x.note = w.unreadable
		return nil //nolint:nilerr // what cannot be read is listed and handed in apart
	}
	*room -= int64(file.Len())
	x.file, x.pages = file.Bytes(), done.Pages
	return nil
}

// partyLines are a party's lines as a letter prints them, or as they were given
// where they are no address.
func partyLines(from courrier.Sender) []string {
	if lines, err := from.Lines(); err == nil {
		return lines
	}
	a := from.Address
	all := []string{from.Company, from.Name, a.Unit, a.Building, a.Street, a.Box, strings.TrimSpace(a.Postcode + " " + a.City), a.Country}
	return slices.DeleteFunc(all, func(s string) bool { return strings.TrimSpace(s) == "" })
}
