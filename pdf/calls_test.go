package pdf

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/internal/calldoc"
)

// occupied takes every place of a guard.
func occupied(g *guard) {
	for range cap(g.slots) {
		g.slots <- struct{}{}
	}
}

// ending is a writer in which a call ends: as one whose time is over, or as a parser
// that broke.
type ending func() error

func (e ending) Write(p []byte) (int, error) { return len(p), e() }

var (
	late    = ending(func() error { return context.DeadlineExceeded })
	crashed = ending(func() error { panic("a fault of the parser") })
)

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	ctx, short := t.Context(), Limits{Timeout: 20 * time.Millisecond, Concurrent: 1}
	inspector, assembler, previewer := NewInspector(short), NewAssembler(short), NewPreviewer(PreviewerConfig{Limits: short})
	maker, err := NewEvidenceMaker(Theme{}, short)
	require.NoError(t, err)
	drawing := NewPreviewer(PreviewerConfig{Rasterizer: Pdftoppm{Path: "/nothing/there"}})
	occupied(inspector.guard)
	occupied(assembler.guard)
	occupied(previewer.guard)
	occupied(maker.assembler.guard)
	composer, err := NewComposer()
	require.NoError(t, err)
	reminders, err := NewReminderComposer(ReminderComposerConfig{})
	require.NoError(t, err)
	page, err := composer.AddressPage(ctx, Letter{Recipient: []string{"A", "1 RUE DU BAC", "75007 PARIS"}}, Theme{})
	require.NoError(t, err)
	file := page.File
	nameAlone := InspectOptions{Layout: Layout{ID: "dl"}}
	garbage := Assembly{Parts: []Part{{File: []byte("no PDF")}}}
	faults, err := calldoc.Check(".", map[string][]func() error{
		"NewArtwork": {func() error { return calldoc.Error(NewArtwork(nil)) }},
		"Assembler.Assemble": {
			func() error {
				return calldoc.Error(assembler.Assemble(ctx, io.Discard, Assembly{Parts: []Part{{File: file}}}))
			},
			func() error { return calldoc.Error(NewAssembler(Limits{}).Assemble(ctx, io.Discard, Assembly{})) },
			func() error { return calldoc.Error(NewAssembler(Limits{}).Assemble(ctx, io.Discard, garbage)) },
			func() error {
				return calldoc.Error(NewAssembler(Limits{}).Assemble(ctx, late, Assembly{Parts: []Part{{File: file}}}))
			},
			func() error {
				return calldoc.Error(NewAssembler(Limits{}).Assemble(ctx, crashed, Assembly{Parts: []Part{{File: file}}}))
			},
		},
		"NewComposer":          {func() error { return calldoc.Error(NewComposer()) }},
		"Composer.AddressPage": {func() error { return calldoc.Error(composer.AddressPage(ctx, Letter{}, Theme{})) }},
		"Composer.Compose":     {func() error { return calldoc.Error(composer.Compose(ctx, Letter{}, Theme{})) }},
		"DocumentInspector.Inspect": {
			func() error { return calldoc.Error(DocumentInspector{}.Inspect(ctx, courrier.Document{}, true)) },
			func() error {
				return calldoc.Error(DocumentInspector{Inspector: inspector}.Inspect(ctx, courrier.NewDocument("a.pdf", file), true))
			},
		},
		"NewEvidenceMaker": {func() error { return calldoc.Error(NewEvidenceMaker(Theme{BodySize: 900}, Limits{})) }},
		"EvidenceMaker.Make": {func() error {
			ev := dunning.Evidence{Steps: []dunning.EvidenceStep{{Parts: []dunning.EvidencePart{{Kind: "letter", Content: file}}}}}
			return calldoc.Error(maker.Make(ctx, ev, courrier.Sender{}, courrier.French))
		}},
		"Inspector.Inspect": {
			func() error { return calldoc.Error(inspector.Inspect(ctx, file, InspectOptions{})) },
			func() error { return calldoc.Error(inspector.Inspect(ctx, file, nameAlone)) },
		},
		"Inspector.InspectReader": {
			func() error {
				return calldoc.Error(inspector.InspectReader(ctx, strings.NewReader(string(file)), InspectOptions{}))
			},
			func() error { return calldoc.Error(inspector.InspectReader(ctx, strings.NewReader("a"), nameAlone)) },
		},
		"Manifest.JSON":      {func() error { return calldoc.Error(Manifest{}.JSON()) }},
		"Pdftoppm.Rasterize": {func() error { return calldoc.Error(Pdftoppm{Path: "/nothing/there"}.Rasterize(ctx, file, 1, 100)) }},
		"Previewer.Overlay": {
			func() error { return calldoc.Error(previewer.Overlay(ctx, io.Discard, file, InspectOptions{})) },
			func() error { return calldoc.Error(drawing.Overlay(ctx, late, file, InspectOptions{})) },
			func() error { return calldoc.Error(drawing.Overlay(ctx, crashed, file, InspectOptions{})) },
			func() error {
				return calldoc.Error(drawing.Overlay(ctx, io.Discard, []byte("no PDF"), InspectOptions{}))
			},
		},
		"Previewer.Pages": {
			func() error { return calldoc.Error(previewer.Pages(ctx, file, InspectOptions{}, 1, 1, 100)) },
			func() error { return calldoc.Error(drawing.Pages(ctx, file, InspectOptions{}, 1, 1, 100)) },
			func() error { return calldoc.Error(drawing.Pages(ctx, file, InspectOptions{}, 0, 1, 100)) },
		},
		"Process.Inspect": {func() error {
			return calldoc.Error(Process{Path: "/nothing/there"}.Inspect(ctx, file, InspectOptions{}))
		}, func() error {
			return calldoc.Error(Process{}.Inspect(ctx, file, InspectOptions{}))
		}},
		"NewReminderComposer":               {func() error { return calldoc.Error(NewReminderComposer(ReminderComposerConfig{Address: "sideways"})) }},
		"ReminderComposer.Compose":          {func() error { return calldoc.Error(reminders.Compose(ctx, dunning.PrintedReminder{})) }},
		"ReminderComposer.ComposeStatement": {func() error { return calldoc.Error(reminders.ComposeStatement(ctx, dunning.AccountStatement{})) }},
		"Report.Err":                        {func() error { return refused(0, CodeCorrupt, "").Err("File") }},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
