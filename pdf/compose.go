package pdf

import (
	"context"
	"fmt"
	"sync"
)

// Composer sets letters. It parses its fonts once, so make one and keep it; it
// is safe for concurrent use.
type Composer struct {
	press *press
	sans  faces
	serif func() (faces, error)
}

// NewComposer returns a Composer. The only error is that of a broken build.
func NewComposer() (*Composer, error) {
	sans, err := newFaces(false)
	if err != nil {
		return nil, err
	}
	return &Composer{press: newPress(), sans: sans, serif: sync.OnceValues(func() (faces, error) { return newFaces(true) })}, nil
}

// Composed is a letter as a file.
type Composed struct {
	File          []byte // the PDF
	Pages         int
	SheetsSimplex int
	SheetsDuplex  int
	Substituted   []rune // what □ stands for where GlyphsSubstitute was asked for, each once, sorted
}

// Limits of a letter.
const (
	MaxLetterPages   = 200
	maxRecipient     = 7
	maxLetterRunes   = 400_000
	maxTableRows     = 5_000
	minBody, maxBody = 8.0, 12.0
)

// Compose sets the letter. The same letter gives the same bytes. Its errors
// are [courrier.FieldError]s: a missing or oversized part, or a character that
// the font has no glyph for.
func (c *Composer) Compose(ctx context.Context, l Letter, theme Theme) (Composed, error) {
	s, err := c.setter(l, theme)
	if err != nil {
		return Composed{}, err
	}
	s.checks.Require(len(l.Blocks) > 0, "Blocks", "is empty", "give the letter a text")
	s.checkFiles()
	s.checks.Require(!l.Date.IsZero(), "Date", "is empty", "give the date of the letter")
	s.prepareBlocks()
	if err := s.checks.Err(); err != nil {
		return Composed{}, err
	}
	s.firstPage()
	s.blocks()
	s.closing()
	s.foot()
	s.checks.Require(len(s.pages) <= MaxLetterPages, "Blocks", fmt.Sprintf("fill more than %d pages", MaxLetterPages), "shorten the letter")
	return s.composed(ctx)
}

// AddressPage sets a page with nothing but the sender and the recipient: a
// carrier sheet. Of the letter it takes Language, Layout, Sender and Recipient.
//
// Errors: [courrier.ErrInvalid].
func (c *Composer) AddressPage(ctx context.Context, l Letter, theme Theme) (Composed, error) {
	l = Letter{Language: l.Language, Layout: l.Layout, Sender: l.Sender, Recipient: l.Recipient, Date: l.Date, Glyphs: l.Glyphs}
	s, err := c.setter(l, theme)
	if err != nil {
		return Composed{}, err
	}
	if err := s.checks.Err(); err != nil {
		return Composed{}, err
	}
	s.newPage()
	s.sender()
	s.recipient()
	return s.composed(ctx)
}

func (c *Composer) faces(theme Theme) (faces, error) {
	if theme.Serif {
		return c.serif()
	}
	return c.sans, nil
}

// setter prepares all but the body. What it refuses of the letter's texts is in
// its checks, so that the body's are told together with them.
func (c *Composer) setter(l Letter, theme Theme) (*setter, error) {
	f, err := c.faces(theme)
	if err != nil {
		return nil, err
	}
	if l.Layout.ID == "" && l.Layout.Text.IsZero() {
		l.Layout, _ = LayoutByID(LayoutFrenchDL)
	}
	s := &setter{press: c.press, faces: f, theme: theme.withDefaults(), letter: l, layout: l.Layout, tree: newStructure()}
	var ok bool
	s.lang, ok = LanguageFor(l.Language)
	s.checks.Require(ok, "Language", "is not one of fr, en, de", "use one of these")
	l.Layout.check(&s.checks)
	size := s.theme.BodySize
	s.checks.Require(size >= minBody && size <= maxBody, "Theme.BodySize", "is not between 8 and 12 points", "choose a size in that range")
	s.checks.Require(len(l.Recipient) > 0 && len(l.Recipient) <= maxRecipient, "Recipient", "must have 1 to 7 lines",
		"give the lines of the address")
	s.checks.Require(l.Glyphs == GlyphsRefuse || l.Glyphs == GlyphsSubstitute, "Glyphs", "is unknown", "use one of the Glyphs constants")
	if err := s.checks.Err(); err != nil {
		return nil, err
	}
	s.prepareFrame()
	s.breakFooter()
	s.head = s.letter.Sender.Name
	s.bottom = s.bodyBottom()
	return s, nil
}

// composed draws the pages and counts them.
func (s *setter) composed(ctx context.Context) (Composed, error) {
	if err := s.checks.Err(); err != nil {
		return Composed{}, err
	}
	if err := ctx.Err(); err != nil {
		return Composed{}, err
	}
	file, err := s.render(rendering{conforms: true})
	if err != nil {
		return Composed{}, err
	}
	n := len(s.pages)
	return Composed{File: file, Pages: n, SheetsSimplex: sheets(n, false), SheetsDuplex: sheets(n, true), Substituted: s.substituted()}, nil
}
