package pdf

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/courrier-go/courrier"
)

// EvidenceFile is the file of [courrier.Evidence] with what anyone needs to
// check it.
type EvidenceFile struct {
	File     []byte   // one PDF: contents, then each step with its documents
	Manifest Manifest // of the file and of every part
}

// Manifest lists the parts of an evidence file with their SHA-256, so that each
// can be compared with the original. Its JSON form is handed in with the file.
type Manifest struct {
	Evidence courrier.Evidence `json:"evidence"`
	File     courrier.Sum      `json:"file"` // of the PDF
	Pages    int               `json:"pages"`
	Parts    []ManifestPart    `json:"parts"`
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

// EvidenceMaker makes evidence files. It is safe for concurrent use.
type EvidenceMaker struct {
	composer  *Composer
	inspector *Inspector
	assembler *Assembler
	theme     Theme
}

// NewEvidenceMaker returns a maker of evidence files.
func NewEvidenceMaker(theme Theme, l Limits) (*EvidenceMaker, error) {
	c, err := NewComposer()
	if err != nil {
		return nil, err
	}
	return &EvidenceMaker{composer: c, inspector: NewInspector(l), assembler: NewAssembler(l), theme: theme}, nil
}

// section is one step's page with the documents that follow it.
type section struct {
	cover []byte
	pages int
	parts []evidencePart
}

type evidencePart struct {
	courrier.EvidencePart
	pages int
	note  string
}

// Make makes the file of a case, written for the creditor named by from. A
// document that is no longer stored, or cannot be read, is listed with the
// reason and its SHA-256.
func (m *EvidenceMaker) Make(ctx context.Context, ev courrier.Evidence, from courrier.Sender, lang courrier.Language) (EvidenceFile, error) {
	words := evidenceWordsIn(lang)
	sections := make([]section, len(ev.Steps))
	for i, step := range ev.Steps {
		var err error
		if sections[i], err = m.section(ctx, ev, i, step, from, words); err != nil {
			return EvidenceFile{}, fmt.Errorf("evidence step %d: %w", i+1, err)
		}
	}
	contents, pages, err := m.contents(ctx, ev, sections, from, words)
	if err != nil {
		return EvidenceFile{}, fmt.Errorf("evidence contents: %w", err)
	}
	return m.assemble(ctx, ev, contents, pages, sections)
}

func (m *EvidenceMaker) section(ctx context.Context, ev courrier.Evidence, n int, step courrier.EvidenceStep, from courrier.Sender, w evidenceWords) (section, error) {
	var s section
	for _, p := range step.Parts {
		part := evidencePart{EvidencePart: p}
		switch report, err := m.inspect(ctx, p); {
		case err != nil:
			return s, err
		case p.Missing:
			part.note = w.purged
		case report.Pages == 0 || report.Verdict == VerdictRefuse:
			part.note = w.unreadable
		default:
			part.pages = report.Pages
		}
		s.parts = append(s.parts, part)
	}
	page, err := m.page(ctx, ev, from, w, fmt.Sprintf(w.step, n+1, w.kinds[step.Kind]), w.stepBlocks(step, s.parts))
	s.cover, s.pages = page.File, page.Pages
	return s, err
}

func (m *EvidenceMaker) inspect(ctx context.Context, p courrier.EvidencePart) (Report, error) {
	if p.Missing {
		return Report{}, nil
	}
	return m.inspector.Inspect(ctx, p.Content, InspectOptions{})
}

// page composes a page of the file itself. It is a letter to nobody: what would
// be the address says what the file is.
func (m *EvidenceMaker) page(ctx context.Context, ev courrier.Evidence, from courrier.Sender, w evidenceWords, title string, blocks []Block) (Composed, error) {
	lines, err := from.Lines()
	if err != nil {
		return Composed{}, err
	}
	return m.composer.Compose(ctx, Letter{
		Language: w.language, Date: ev.On, Sender: Sender{Name: lines[0], Lines: lines[1:]},
		Recipient: []string{w.file, w.invoice + " " + string(ev.Invoice)}, Subject: title, Blocks: blocks,
	}, m.theme)
}

// contents composes the first pages. Their number decides the page numbers they
// show, so they are composed again until it no longer changes.
func (m *EvidenceMaker) contents(ctx context.Context, ev courrier.Evidence, sections []section, from courrier.Sender, w evidenceWords) ([]byte, int, error) {
	pages := 1
	for range 4 {
		done, err := m.page(ctx, ev, from, w, w.contents, w.contentBlocks(ev, sections, pages))
		if err != nil || done.Pages == pages {
			return done.File, done.Pages, err
		}
		pages = done.Pages
	}
	return nil, 0, fmt.Errorf("%w: the table of contents does not settle", courrier.ErrUnsupported)
}

func (m *EvidenceMaker) assemble(ctx context.Context, ev courrier.Evidence, contents []byte, pages int, sections []section) (EvidenceFile, error) {
	as := Assembly{Parts: []Part{{Name: "contents", File: contents}}}
	out := EvidenceFile{Manifest: Manifest{Evidence: ev}}
	next := pages + 1
	for i, s := range sections {
		as.Parts = append(as.Parts, Part{Name: "step " + strconv.Itoa(i+1), File: s.cover})
		next += s.pages
		for _, p := range s.parts {
			entry := ManifestPart{Step: i + 1, Kind: p.Kind, Name: p.Name, Sum: p.Sum, Note: p.note}
			if p.pages > 0 {
				as.Parts = append(as.Parts, Part{Name: p.Name, File: p.Content})
				entry.First, entry.Last = next, next+p.pages-1
				next += p.pages
			}
			out.Manifest.Parts = append(out.Manifest.Parts, entry)
		}
	}
	var file bytes.Buffer
	done, err := m.assembler.Assemble(ctx, &file, as)
	if err != nil {
		return EvidenceFile{}, err
	}
	if done.Pages != next-1 {
		return EvidenceFile{}, fmt.Errorf("%w: the file has %d pages, its contents say %d", courrier.ErrUnsupported, done.Pages, next-1)
	}
	out.File = file.Bytes()
	out.Manifest.File, out.Manifest.Pages = courrier.SumOf(out.File), done.Pages
	return out, nil
}

// evidenceWords are the file's own words in a language.
type evidenceWords struct {
	language                                                string
	file, invoice, contents, step, page, purged, unreadable string
	intro, documents, text, log                             string
	kinds                                                   map[courrier.StepKind]string
	fields                                                  [12]string
	parts                                                   map[string]string
	values                                                  map[string]string // of the library's codes
}

var evidenceLanguages = map[courrier.Language]evidenceWords{
	courrier.French: {
		language: "fr", file: "DOSSIER DE PREUVES", invoice: "FACTURE", contents: "Sommaire", step: "Étape %d : %s", page: "page",
		purged: "non conservé : durée de conservation écoulée", unreadable: "fichier joint à part : il ne s’insère pas dans ce dossier",
		intro:     "Ce dossier réunit, dans l’ordre, chaque relance de cette facture, son texte, ses dates et ses preuves. Le manifeste qui l’accompagne donne l’empreinte SHA-256 de chaque pièce : chacun peut la recalculer.",
		documents: "Pièces", text: "Texte envoyé", log: "Journal",
		kinds:  map[courrier.StepKind]string{courrier.StepCourtesy: "rappel avant échéance", courrier.StepReminder: "relance", courrier.StepFormalNotice: "mise en demeure"},
		fields: [12]string{"État", "Canal", "Service", "Envoyé le", "Déposé le", "Première présentation", "Distribué le", "Retourné le", "Motif du retour", "Numéro de suivi", "Montant réclamé", "Référence"},
		parts:  map[string]string{"letter": "courrier", "attachment": "pièce jointe", "deposit": "preuve de dépôt", "content": "preuve de contenu", "delivery": "preuve de distribution", "receipt": "avis de réception", "return": "preuve de retour", "loss": "attestation de perte"},
		values: map[string]string{
			"proposed": "à valider", "approved": "validé", "sending": "en cours d’envoi", "sent": "envoyé", "postponed": "reporté", "skipped": "non envoyé", "failed": "échec",
			"email": "par e-mail", "post": "par courrier", "standard": "lettre verte", "economy": "lettre économique", "priority": "lettre prioritaire",
			"tracked": "lettre suivie", "registered": "lettre recommandée", "registered_ar": "lettre recommandée avec avis de réception",
			"electronic_registered": "lettre recommandée électronique", "unclaimed": "non réclamé", "refused": "refusé", "unknown_addressee": "destinataire inconnu",
			"bad_address": "adresse erronée", "no_access": "boîte inaccessible", "deceased": "destinataire décédé", "damaged": "endommagé", "other": "autre",
		},
	},
	courrier.English: {
		language: "en", file: "EVIDENCE FILE", invoice: "INVOICE", contents: "Contents", step: "Step %d: %s", page: "page",
		purged: "not kept: its retention is over", unreadable: "handed in apart: it does not fit into this file",
		intro:     "This file holds, in order, each reminder of this invoice with its text, its dates and its proofs. The manifest beside it gives the SHA-256 of every part, which anyone can compute again.",
		documents: "Documents", text: "Text as sent", log: "Log",
		kinds:  map[courrier.StepKind]string{courrier.StepCourtesy: "courtesy before the due date", courrier.StepReminder: "reminder", courrier.StepFormalNotice: "formal notice"},
		fields: [12]string{"State", "Channel", "Service", "Sent on", "Posted on", "First presented", "Delivered on", "Returned on", "Reason of return", "Tracking number", "Amount claimed", "Reference"},
		parts:  map[string]string{"letter": "letter", "attachment": "attachment", "deposit": "proof of deposit", "content": "proof of content", "delivery": "proof of delivery", "receipt": "advice of receipt", "return": "proof of return", "loss": "statement of loss"},
	},
}

func evidenceWordsIn(lang courrier.Language) evidenceWords {
	if w, ok := evidenceLanguages[lang]; ok {
		return w
	}
	return evidenceLanguages[courrier.English]
}

// contentBlocks lists the steps and documents with their first pages, the
// contents themselves taking so many.
func (w evidenceWords) contentBlocks(ev courrier.Evidence, sections []section, pages int) []Block {
	blocks := []Block{Paragraph(w.intro)}
	next := pages + 1
	for i, s := range sections {
		rows := []Field{{w.page + " " + strconv.Itoa(next), w.dateOf(ev.Steps[i])}}
		next += s.pages
		for _, p := range s.parts {
			label := p.note
			if p.pages > 0 {
				label = w.page + " " + strconv.Itoa(next)
				next += p.pages
			}
			rows = append(rows, Field{label, w.partName(p.Kind)})
		}
		blocks = append(blocks, Details{Title: fmt.Sprintf(w.step, i+1, w.kinds[ev.Steps[i].Kind]), Rows: rows})
	}
	return blocks
}

func (w evidenceWords) partName(kind string) string {
	if name, ok := w.parts[kind]; ok {
		return name
	}
	return kind
}

func (w evidenceWords) dateOf(step courrier.EvidenceStep) string {
	return courrier.FormatDate(step.SentOn, courrier.Language(w.language)) + " " + w.value(string(step.Channel))
}

// value is a state, channel, service or reason in the file's language.
func (w evidenceWords) value(code string) string {
	if text, ok := w.values[code]; ok {
		return text
	}
	return strings.ReplaceAll(code, "_", " ")
}

// stepBlocks describe one step: its facts, its text, its documents, its log.
func (w evidenceWords) stepBlocks(step courrier.EvidenceStep, parts []evidencePart) []Block {
	date := func(d courrier.Date) string { return courrier.FormatDate(d, courrier.Language(w.language)) }
	values := [12]string{
		w.value(string(step.State)), w.value(string(step.Channel)), w.value(string(step.Service)), date(step.SentOn), date(step.PostedOn), date(step.PresentedOn),
		date(step.DeliveredOn), date(step.ReturnedOn), w.value(string(step.Return)), step.Tracking,
		courrier.FormatAmount(step.Total, courrier.Language(w.language)), string(step.Reminder),
	}
	var rows []Field
	for i, v := range values {
		if v != "" {
			rows = append(rows, Field{w.fields[i], v})
		}
	}
	blocks := []Block{Details{Rows: rows}}
	if step.Message.Body != "" {
		blocks = append(blocks, Paragraph("**"+w.text+"**"), Paragraph("**"+escapeMarks(step.Message.Subject)+"**"))
		for _, text := range strings.Split(step.Message.Body, "\n\n") {
			if text = strings.TrimSpace(text); text != "" && text != courrier.TableMark {
				blocks = append(blocks, textBlock(text))
			}
		}
	}
	if len(parts) > 0 {
		docs := make([]Field, len(parts))
		for i, p := range parts {
			docs[i] = Field{w.partName(p.Kind), "SHA-256 " + string(p.Sum)}
		}
		blocks = append(blocks, Details{Title: w.documents, Rows: docs})
	}
	acts := make([]string, len(step.Log))
	for i, a := range step.Log {
		acts[i] = strings.TrimSpace(a.At.Format("2006-01-02 15:04 MST") + " " + string(a.Actor) + " " + a.Act + " " + a.Note)
	}
	if len(acts) > 0 {
		blocks = append(blocks, Paragraph("**"+w.log+"**"), List{Items: acts})
	}
	return blocks
}

func escapeMarks(s string) string { return strings.ReplaceAll(s, "*", `\*`) }
