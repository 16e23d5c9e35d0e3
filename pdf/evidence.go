package pdf

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// EvidenceFile is the file of [dunning.Evidence] with what anyone needs to
// check it.
type EvidenceFile struct {
	File     []byte   // one PDF: contents, then each step with its documents
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

// EvidenceMaker makes evidence files. It is safe for concurrent use.
type EvidenceMaker struct {
	composer  *Composer
	inspector *Inspector
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
	return &EvidenceMaker{composer: c, inspector: NewInspector(l), assembler: NewAssembler(l), theme: theme, fileBytes: l.withDefaults().FileBytes}, nil
}

// section is one step's page with the documents that follow it.
type section struct {
	title  string
	blocks []Block
	first  int // its page in the file
	pages  int
	parts  []evidencePart
}

type evidencePart struct {
	dunning.EvidencePart
	first, pages int
	note         string
}

// ownPages is the room left for each section's own pages.
const ownPages = 256 << 10

// Make makes the file of a case, written for the creditor named by from. A
// document that is no longer stored, or does not fit into the file, is listed
// with the reason and its SHA-256.
func (m *EvidenceMaker) Make(ctx context.Context, ev dunning.Evidence, from courrier.Sender, lang courrier.Language) (EvidenceFile, error) {
	words := evidenceWordsIn(lang)
	words.zone = time.UTC
	if zone, err := time.LoadLocation(ev.Zone); err == nil {
		words.zone = zone
	}
	sections := make([]section, len(ev.Steps))
	room := m.fileBytes - int64(len(ev.Steps)+2)*ownPages
	for i, step := range ev.Steps {
		var err error
		if sections[i], err = m.section(ctx, i, step, words, &room); err != nil {
			return EvidenceFile{}, fmt.Errorf("evidence step %d: %w", i+1, err)
		}
		page, err := m.page(ctx, ev, from, words, sections[i].blocks, Numbering{})
		if err != nil {
			return EvidenceFile{}, fmt.Errorf("evidence step %d: %w", i+1, err)
		}
		sections[i].pages = page.Pages
	}
	contents, total, err := m.contents(ctx, ev, sections, from, words)
	if err != nil {
		return EvidenceFile{}, fmt.Errorf("evidence contents: %w", err)
	}
	return m.assemble(ctx, ev, from, words, contents, total, sections)
}

func (m *EvidenceMaker) section(ctx context.Context, n int, step dunning.EvidenceStep, w evidenceWords, room *int64) (section, error) {
	s := section{title: fmt.Sprintf(w.step, n+1, w.titleOf(step))}
	for _, p := range step.Parts {
		part := evidencePart{EvidencePart: p}
		switch report, err := m.inspect(ctx, p); {
		case err != nil:
			return s, err
		case p.Missing:
			part.note = w.purged
		case report.Pages == 0 || report.Verdict == VerdictRefuse || int64(len(p.Content)) > *room:
			part.note = w.unreadable
		default:
			part.pages = report.Pages
			*room -= int64(len(p.Content))
		}
		s.parts = append(s.parts, part)
	}
	s.blocks = w.stepBlocks(s.title, step, s.parts)
	return s, nil
}

func (m *EvidenceMaker) inspect(ctx context.Context, p dunning.EvidencePart) (Report, error) {
	if p.Missing {
		return Report{}, nil
	}
	return m.inspector.Inspect(ctx, p.Content, InspectOptions{})
}

// page composes a page of the file itself. It is a letter to nobody: what would
// be the address says what the file is.
func (m *EvidenceMaker) page(ctx context.Context, ev dunning.Evidence, from courrier.Sender, w evidenceWords, blocks []Block, n Numbering) (Composed, error) {
	lines, err := from.Lines()
	if err != nil {
		return Composed{}, err
	}
	return m.composer.Compose(ctx, Letter{
		Language: w.language, Date: ev.On, Sender: Sender{Name: lines[0], Lines: lines[1:]},
		Recipient: []string{w.file, w.invoice + " " + string(ev.Invoice)}, Blocks: blocks, Numbering: n,
	}, m.theme)
}

// contents composes the first pages and returns how many the file has. Their
// number decides the page numbers they show, so they are composed again until it
// no longer changes.
func (m *EvidenceMaker) contents(ctx context.Context, ev dunning.Evidence, sections []section, from courrier.Sender, w evidenceWords) ([]byte, int, error) {
	pages := 1
	for range 4 {
		next := pages + 1
		for i := range sections {
			next = sections[i].place(next)
		}
		done, err := m.page(ctx, ev, from, w, w.contentBlocks(ev, sections), Numbering{First: 1, Of: next - 1})
		if err != nil || done.Pages == pages {
			return done.File, next - 1, err
		}
		pages = done.Pages
	}
	return nil, 0, fmt.Errorf("%w: the table of contents does not settle", courrier.ErrUnsupported)
}

// place gives the section and its parts their pages, and returns the next one.
func (s *section) place(next int) int {
	s.first = next
	next += s.pages
	for i := range s.parts {
		if s.parts[i].pages > 0 {
			s.parts[i].first = next
			next += s.parts[i].pages
		}
	}
	return next
}

func (m *EvidenceMaker) assemble(ctx context.Context, ev dunning.Evidence, from courrier.Sender, w evidenceWords, contents []byte, total int, sections []section) (EvidenceFile, error) {
	as := Assembly{Parts: []Part{{Name: "contents", File: contents, Bookmark: w.contents}}}
	out := EvidenceFile{Manifest: Manifest{Evidence: ev}}
	for i, s := range sections {
		cover, err := m.page(ctx, ev, from, w, s.blocks, Numbering{First: s.first, Of: total})
		if err != nil {
			return EvidenceFile{}, fmt.Errorf("evidence step %d: %w", i+1, err)
		}
		as.Parts = append(as.Parts, Part{Name: "step " + strconv.Itoa(i+1), File: cover.File, Bookmark: s.title})
		for _, p := range s.parts {
			entry := ManifestPart{Step: i + 1, Kind: p.Kind, Name: p.Name, Sum: p.Sum, Note: p.note}
			if p.pages > 0 {
				as.Parts = append(as.Parts, Part{Name: p.Name, File: p.Content, Bookmark: w.partName(p.Kind), Nested: true})
				entry.First, entry.Last = p.first, p.first+p.pages-1
			}
			out.Manifest.Parts = append(out.Manifest.Parts, entry)
		}
	}
	var file bytes.Buffer
	done, err := m.assembler.Assemble(ctx, &file, as)
	if err != nil {
		return EvidenceFile{}, err
	}
	if done.Pages != total {
		return EvidenceFile{}, fmt.Errorf("%w: the file has %d pages, its contents say %d", courrier.ErrUnsupported, done.Pages, total)
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
	fields                                                  [15]string
	parts                                                   map[string]string
	values                                                  map[string]string // of the library's codes
	acts                                                    map[string]string // of a log
	delivery, again, byHand, doubt, at                      string
	zone                                                    *time.Location
}

var evidenceLanguages = map[courrier.Language]evidenceWords{
	courrier.French: {
		language: "fr", file: "DOSSIER DE PREUVES", invoice: "FACTURE", contents: "Sommaire", step: "Étape %d : %s", page: "page",
		purged: "non conservé : durée de conservation écoulée", unreadable: "fichier joint à part : il ne s’insère pas dans ce dossier",
		intro:     "Ce dossier réunit, dans l’ordre, chaque relance de cette facture, son texte, ses dates et ses preuves. Le manifeste qui l’accompagne donne l’empreinte SHA-256 de chaque pièce : chacun peut la recalculer.",
		documents: "Pièces", text: "Texte envoyé", log: "Journal",
		kinds:    map[courrier.StepKind]string{courrier.StepCourtesy: "rappel avant échéance", courrier.StepReminder: "relance", courrier.StepFormalNotice: "mise en demeure"},
		fields:   [15]string{"État", "Motif", "Canal", "Destinataire", "Service", "Envoyé le", "État du pli", "Déposé le", "Première présentation", "Distribué le", "Retourné le", "Motif du retour", "Numéro de suivi", "Montant réclamé", "Référence"},
		delivery: "envoi du document", again: "nouvel envoi", byHand: "hors plan", at: " à ",
		doubt: "Le serveur de messagerie n’a pas confirmé cet envoi : il a pu ne pas partir.",
		acts: map[string]string{
			"approved by the policy": "décidé par le plan", "proposed": "proposé à la validation", "proposed by hand": "proposé à la main", "sent by hand": "envoyé à la main",
			"approved": "validé", "revised": "modifié", "snoozed": "reporté", "skipped": "abandonné", "cancelled": "annulé", "suppressed": "retenu",
			"back to review": "remis à valider", "joined another reminder": "réuni à une autre relance",
			"e-mail begun": "e-mail en cours d’envoi", "e-mail sent": "e-mail envoyé", "e-mail refused": "e-mail refusé", "e-mail came back": "e-mail revenu",
			"e-mail delayed": "e-mail retardé", "e-mail put off": "e-mail remis à plus tard",
			"e-mail sent, or begun: its server did not answer":         "e-mail envoyé ou en cours : le serveur n’a pas répondu",
			"sent, or begun: the process ended before it was recorded": "e-mail envoyé ou en cours : l’issue n’a pas été enregistrée",
			"letter handed over": "courrier remis", "letter not handed over": "courrier non remis", "letter withdrawn": "courrier retiré",
			"letter accepted by the carrier": "courrier accepté par l’opérateur", "letter sent again": "courrier envoyé de nouveau",
		},
		parts: map[string]string{"letter": "courrier", "attachment": "pièce jointe", "deposit": "preuve de dépôt", "content": "preuve de contenu", "delivery": "preuve de distribution", "receipt": "avis de réception", "return": "preuve de retour", "loss": "attestation de perte"},
		values: map[string]string{
			"cancelled": "annulé", "posted": "déposé", "in_transit": "en cours d’acheminement", "awaiting_pickup": "en instance au bureau de poste", "delivered": "distribué",
			"returning": "en cours de retour", "returned": "retourné à l’expéditeur", "lost": "perdu", "submitted": "confié à l’opérateur", "accepted": "accepté par l’opérateur",
			"printed": "imprimé", "queued": "en attente d’envoi", "held": "retenu", "unknown": "envoi à vérifier",
			"paid": "réglé", "disputed": "contesté", "paused": "client mis en pause", "promised": "paiement promis", "snoozed": "reporté", "excluded": "exclu des relances",
			"insolvent": "procédure collective", "contact_delay": "délai entre deux relances", "no_channel": "aucun canal possible", "changed": "montants modifiés",
			"address changed": "adresse modifiée", "withdrawn": "retiré", "mail server not available": "serveur de messagerie indisponible",
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
		kinds:    map[courrier.StepKind]string{courrier.StepCourtesy: "courtesy before the due date", courrier.StepReminder: "reminder", courrier.StepFormalNotice: "formal notice"},
		fields:   [15]string{"State", "Reason", "Channel", "Recipient", "Service", "Sent on", "State of the item", "Posted on", "First presented", "Delivered on", "Returned on", "Reason of return", "Tracking number", "Amount claimed", "Reference"},
		delivery: "delivery of the document", again: "sent again", byHand: "outside any plan", at: " at ",
		doubt: "The mail server did not confirm this message: it may not have left.",
		parts: map[string]string{"letter": "letter", "attachment": "attachment", "deposit": "proof of deposit", "content": "proof of content", "delivery": "proof of delivery", "receipt": "advice of receipt", "return": "proof of return", "loss": "statement of loss"},
	},
}

func evidenceWordsIn(lang courrier.Language) evidenceWords {
	if w, ok := evidenceLanguages[lang]; ok {
		return w
	}
	return evidenceLanguages[courrier.English]
}

// contentBlocks lists the steps and documents with their first pages.
func (w evidenceWords) contentBlocks(ev dunning.Evidence, sections []section) []Block {
	blocks := []Block{Paragraph("**" + w.contents + "**"), Paragraph(w.intro)}
	for i, s := range sections {
		rows := []Field{{w.page + " " + strconv.Itoa(s.first), w.dateOf(ev.Steps[i])}}
		for _, p := range s.parts {
			if p.pages > 0 {
				rows = append(rows, Field{w.page + " " + strconv.Itoa(p.first), w.partName(p.Kind)})
			} else {
				rows = append(rows, Field{"–", w.partName(p.Kind) + ", " + p.note})
			}
		}
		blocks = append(blocks, Details{Title: s.title, Rows: rows})
	}
	return blocks
}

// titleOf names a step by what it was.
func (w evidenceWords) titleOf(step dunning.EvidenceStep) string {
	title := w.kinds[step.Kind]
	switch {
	case step.Delivery != "":
		title = w.delivery
	case step.AdHoc:
		title += ", " + w.byHand
	}
	if step.Again {
		title += ", " + w.again
	}
	return title
}

func (w evidenceWords) partName(kind string) string {
	if name, ok := w.parts[kind]; ok {
		return name
	}
	return kind
}

func (w evidenceWords) dateOf(step dunning.EvidenceStep) string {
	if step.SentOn.IsZero() {
		return w.value(string(step.State))
	}
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
func (w evidenceWords) stepBlocks(title string, step dunning.EvidenceStep, parts []evidencePart) []Block {
	date := func(d courrier.Date) string { return courrier.FormatDate(d, courrier.Language(w.language)) }
	amount := courrier.FormatAmount(step.Total, courrier.Language(w.language))
	if step.Total.IsZero() {
		amount = ""
	}
	values := [15]string{
		w.value(string(step.State)), w.value(step.Reason), w.value(string(step.Channel)), strings.Join(step.To, "\n"), w.value(string(step.Service)), date(step.SentOn),
		w.value(string(step.Status)), date(step.PostedOn), date(step.PresentedOn), date(step.DeliveredOn), date(step.ReturnedOn), w.value(string(step.Return)),
		step.Tracking, amount, string(step.Reminder),
	}
	var rows []Field
	for i, v := range values {
		if v != "" {
			rows = append(rows, Field{w.fields[i], v})
		}
	}
	blocks := []Block{Details{Title: title, Rows: rows}}
	if step.InDoubt {
		blocks = append(blocks, Paragraph(w.doubt))
	}
	blocks = append(blocks, w.textBlocks(step)...)
	if len(parts) > 0 {
		docs := make([]Field, len(parts))
		for i, p := range parts {
			docs[i] = Field{w.partName(p.Kind), "SHA-256\n" + string(p.Sum)}
		}
		blocks = append(blocks, Details{Title: w.documents, Rows: docs})
	}
	acts := make([]string, len(step.Log))
	for i, a := range step.Log {
		at := a.At.In(w.zone)
		acts[i] = date(courrier.DateOf(at)) + w.at + at.Format("15:04") + " – " + escapeMarks(w.act(a))
	}
	if len(acts) > 0 {
		blocks = append(blocks, Paragraph("**"+w.log+"**"), List{Items: acts})
	}
	return blocks
}

// act is one line of a log in the file's language.
func (w evidenceWords) act(a dunning.ReminderAct) string {
	text := a.Act
	if known, ok := w.acts[a.Act]; ok {
		text = known
	}
	if a.Note != "" {
		text += " (" + w.value(a.Note) + ")"
	}
	if a.Actor != "" {
		text += ", " + string(a.Actor)
	}
	return text
}

// textBlocks are the text: of an e-mail all of it, of a letter what its list of
// invoices, which the letter itself shows, leaves.
func (w evidenceWords) textBlocks(step dunning.EvidenceStep) []Block {
	body := step.Message.Body
	if step.Text != "" {
		body = escapeMarks(step.Text)
	}
	if body == "" || step.Again {
		return nil
	}
	blocks := []Block{Paragraph("**" + w.text + "**"), Paragraph("**" + escapeMarks(step.Message.Subject) + "**")}
	for _, text := range strings.Split(body, "\n\n") {
		if text = strings.TrimSpace(text); text != "" && text != dunning.TableMark {
			blocks = append(blocks, textBlock(text))
		}
	}
	return blocks
}

func escapeMarks(s string) string { return strings.ReplaceAll(s, "*", `\*`) }
