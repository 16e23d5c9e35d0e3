package pdf_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/pdf"
)

// TestCasesEvidence holds evidence files to what lawyers have met, under the ids of
// the project's list.
func TestCasesEvidence(t *testing.T) {
	for id, run := range map[string]func(*testing.T){
		"paper-19": onlyTrueDates,
		"paper-20": noTextMakesItFail,
		"paper-21": aFileToRead,
		"paper-22": composedFilesConform,
	} {
		t.Run(id, run)
	}
}

// made by a maker with its defaults, in French.
func evidenceOf(t require.TestingT, ev dunning.Evidence) pdf.EvidenceFile {
	maker, err := pdf.NewEvidenceMaker(pdf.Theme{}, pdf.Limits{})
	require.NoError(t, err)
	out, err := maker.Make(context.Background(), ev, printedNotice(courrier.French).From, courrier.French)
	require.NoError(t, err)
	return out
}

// evidencePages reads the text of an evidence file's own pages, each string on a
// line, and holds them to the list as far as pages of others allow.
func evidencePages(t require.TestingT, out pdf.EvidenceFile) []string {
	c := openChecklist(t, out.File)
	faults := c.run()
	exhibits := slices.ContainsFunc(out.Manifest.Parts, func(p pdf.ManifestPart) bool { return p.First > 0 })
	claims := []string{foreign, "6.6.4", "UA 5", "6.6.2.3.1"}
	for _, f := range faults {
		clause, _, _ := strings.Cut(f, ":")
		require.True(t, exhibits && slices.Contains(claims, clause), "%s", f)
	}
	pages := make([]string, out.Manifest.Pages)
	for _, p := range c.texts {
		pages[p.page-1] += strings.TrimRight(plainSpaces(p.text), " ") + "\n"
	}
	return pages
}

func registered(t *testing.T) dunning.EvidenceStep { return evidence(t).Steps[1] }

func onlyTrueDates(t *testing.T) {
	yearOne := courrier.MustDate("0001-01-01")
	for name, c := range map[string]struct {
		change   func(*dunning.EvidenceStep)
		has, not []string
	}{
		"delivered, never returned": {func(s *dunning.EvidenceStep) { s.ReturnedOn = yearOne }, []string{"Distribué le\n7 mai 2026",
			"Première présentation\n7 mai 2026"}, []string{"Retourné"}},
		"ordinary letter": {func(s *dunning.EvidenceStep) {
			s.Service, s.Status = courrier.ServiceStandard, courrier.StatusPosted
			s.PresentedOn, s.DeliveredOn, s.ReturnedOn = yearOne, yearOne, yearOne
		}, []string{"Déposé le\n5 mai 2026", "déposé, 5 mai 2026"}, []string{"Distribué", "Retourné", "présentation"}},
		"returned": {func(s *dunning.EvidenceStep) {
			s.Status, s.DeliveredOn, s.ReturnedOn, s.Return = courrier.StatusReturned, courrier.Date{}, courrier.MustDate("2026-05-20"), courrier.ReturnUnclaimed
		}, []string{"Retourné le\n20 mai 2026", "Motif du retour\nnon réclamé"}, []string{"Distribué le"}},
		"nothing happened": {func(s *dunning.EvidenceStep) {
			*s = dunning.EvidenceStep{Kind: s.Kind, State: dunning.ReminderProposed, SentOn: yearOne,
				Log: []dunning.ReminderAct{{At: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC), Act: "proposed"}}}
		}, []string{"non envoyé", "4 mai 2026 à 11:00 – proposé à la validation"}, []string{" le\n", "1er janvier"}},
	} {
		t.Run(name, func(t *testing.T) {
			ev := evidence(t)
			ev.Steps = ev.Steps[1:]
			c.change(&ev.Steps[0])
			out := evidenceOf(t, ev)
			text := strings.Join(evidencePages(t, out), "\f")
			manifest, err := out.Manifest.JSON()
			require.NoError(t, err)
			for _, want := range c.has {
				require.Contains(t, text, want)
			}
			for _, never := range append(c.not, "janvier 1\n", "/0001") {
				require.NotContains(t, text, never)
			}
			require.NotContains(t, string(manifest), "0001-01-01")
		})
	}
	t.Run("any", func(t *testing.T) {
		step := registered(t)
		step.Parts = nil
		rapid.Check(t, func(r *rapid.T) {
			s := step
			dates := map[string]*courrier.Date{"Envoyé le": &s.SentOn, "Déposé le": &s.PostedOn, "Première présentation": &s.PresentedOn,
				"Distribué le": &s.DeliveredOn, "Retourné le": &s.ReturnedOn}
			for _, label := range []string{"Envoyé le", "Déposé le", "Première présentation", "Distribué le", "Retourné le"} {
				*dates[label] = rapid.SampledFrom([]courrier.Date{{}, yearOne, courrier.MustDate("2026-02-03"),
					courrier.MustDate("2027-12-31")}).Draw(r, label)
			}
			text := strings.Join(evidencePages(r, evidenceOf(r, dunning.Evidence{Invoice: "F1", On: courrier.MustDate("2028-01-01"),
				Steps: []dunning.EvidenceStep{s}})), "\f")
			for label, on := range dates {
				happened := !on.IsZero() && *on != yearOne
				require.Equal(r, happened, strings.Contains(text, label+"\n"), label)
				require.True(r, !happened || strings.Contains(text, label+"\n"+(*on).Text(courrier.French)+"\n"), label)
			}
		})
	})
}

func noTextMakesItFail(t *testing.T) {
	ev := evidence(t)
	const odd = "✓ 😀 漢字 שלום مرحبا ₺ e\u0301 \u2028\x00\xff"
	ev.Invoice, ev.Customer = "F✓1", "漢"
	ev.Steps[0].Text, ev.Steps[0].Message.Subject = "Bonjour "+odd+"\n\n- un 😀", "Sujet "+odd
	ev.Steps[0].To = []string{"漢@example.test"}
	ev.Steps[0].Reason, ev.Steps[0].Log[0].Note, ev.Steps[0].Log[0].Actor = odd, odd, "✓"
	ev.Steps[1].Tracking, ev.Steps[1].Parts[0].Name = "😀", "preuve ✓.pdf"
	maker, err := pdf.NewEvidenceMaker(pdf.Theme{}, pdf.Limits{})
	require.NoError(t, err)
	out, err := maker.Make(t.Context(), ev, courrier.Sender{Company: "Société ✓", Address: courrier.Address{Street: "漢"}}, courrier.French)
	require.NoError(t, err)
	pages := evidencePages(t, out)
	text := strings.Join(pages, "\f")
	require.Contains(t, text, "Bonjour □ □ □□ □□□□ □□□□□ □ é")
	require.Contains(t, pages[0], "□ remplace un caractère")
	require.Contains(t, pages[0], "Société □")
	require.Contains(t, text, "□@example.test")
	manifest, err := out.Manifest.JSON()
	require.NoError(t, err)
	var back pdf.Manifest
	require.NoError(t, json.Unmarshal(manifest, &back))
	require.Equal(t, strings.ToValidUTF8(ev.Steps[0].Text, "\ufffd"), back.Evidence.Steps[0].Text, "the manifest holds the exact text")
	require.Equal(t, ev.Steps[0].To, back.Evidence.Steps[0].To)

	plain := evidencePages(t, evidenceOf(t, evidence(t)))
	require.NotContains(t, plain[0], "□", "nothing is said where nothing was replaced")

	rapid.Check(t, func(r *rapid.T) {
		any := func(name string) string { return rapid.String().Draw(r, name) }
		step := dunning.EvidenceStep{
			Reminder: dunning.ReminderID(any("id")), Kind: courrier.StepKind(any("kind")), State: dunning.ReminderState(any("state")),
			Reason:  any("reason"),
			Channel: courrier.Channel(any("channel")), Status: courrier.Status(any("status")), To: []string{any("to"),
				strings.Repeat(any("to"), 50)}, Tracking: any("tracking"),
			Text: strings.Repeat(any("text")+"\n\n", 5), Message: dunning.Message{Subject: any("subject"), Body: any("body")},
			Log: []dunning.ReminderAct{{At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Act: any("act"), Note: any("note"),
				Actor: courrier.ActorID(any("actor"))}},
			Parts: []dunning.EvidencePart{{Kind: any("part"), Name: any("name"), Content: []byte(any("content"))}},
		}
		ev := dunning.Evidence{Invoice: dunning.InvoiceID(any("invoice")), Customer: courrier.CustomerID(any("customer")),
			Zone: any("zone"), Steps: []dunning.EvidenceStep{step, step}}
		evidencePages(r, evidenceOf(r, ev))
	})
}

// What an earlier system sent is told as that: it has a day, and no proof.
func TestEvidenceOfAnEarlierSystem(t *testing.T) {
	t.Parallel()
	on := courrier.MustDate("2026-03-10")
	step := dunning.EvidenceStep{
		Reminder: "imported-1", Imported: true, Kind: courrier.StepReminder, State: dunning.ReminderSent, Channel: courrier.ChannelPost, SentOn: on,
		Lines: []dunning.ReminderLine{{Invoice: "F-1", Occurrence: 1}}, Log: []dunning.ReminderAct{{At: on.In(time.UTC).AddDate(0, 1, 0), Act: "imported"}},
	}
	out := evidenceOf(t, dunning.Evidence{Account: "acme", Customer: "c1", Invoice: "F-1", On: on.AddDays(60), Steps: []dunning.EvidenceStep{step}})
	save(t, "evidence-imported.pdf", out.File)
	pages := evidencePages(t, out)
	require.NotContains(t, pages[0], "envoyé", "what became of it nobody here knows")
	text := strings.ReplaceAll(strings.Join(pages, "\n"), "\n", " ")
	for _, want := range []string{"10 mars 2026", "repris d’un système antérieur", "ni document ni preuve n’en sont conservés ici"} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "0,00")
}

// A task is told with who did it and when, and with no sum: nobody was asked for it in
// writing.
func TestEvidenceOfATask(t *testing.T) {
	t.Parallel()
	on := courrier.MustDate("2026-03-10")
	step := dunning.EvidenceStep{
		Reminder: "call-1", Task: dunning.TaskCall, Kind: courrier.StepReminder, State: dunning.ReminderSent, Channel: courrier.ChannelTask, SentOn: on,
		Total: courrier.MustAmount("120", "EUR"), Lines: []dunning.ReminderLine{{Invoice: "F-1", Occurrence: 1}},
		Log: []dunning.ReminderAct{{At: on.In(time.UTC), Act: "done", Actor: "ann", Note: "paie vendredi"}},
	}
	undone := step
	undone.SentOn, undone.State, undone.Reason, undone.Log = courrier.Date{}, dunning.ReminderSkipped, "not done in time", step.Log[:0]
	ev := dunning.Evidence{Account: "acme", Customer: "c1", Invoice: "F-1", On: on.AddDays(60), Steps: []dunning.EvidenceStep{step}, Unsent: []dunning.EvidenceStep{undone}}
	out := evidenceOf(t, ev)
	save(t, "evidence-task.pdf", out.File)
	pages := evidencePages(t, out)
	text := strings.ReplaceAll(strings.Join(pages, "\n"), "\n", " ")
	require.NotContains(t, text, "Montant réclamé")
	require.NotContains(t, strings.ToLower(text), "envoyé", "nothing was")
	for _, want := range []string{"Tâche : appel", "Fait le 10 mars 2026", "fait (paie vendredi), ann", "personne", "Tâche : appel, non fait", "non fait dans le délai"} {
		require.Contains(t, text, want)
	}
}

// Each task that the library names has words in the file, in both languages.
func TestEvidenceNamesEachTask(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../dunning/task.go")
	require.NoError(t, err)
	names := regexp.MustCompile(`(?m)^\tTask\w+ += "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	require.GreaterOrEqual(t, len(names), 5)
	maker, err := pdf.NewEvidenceMaker(pdf.Theme{}, pdf.Limits{})
	require.NoError(t, err)
	for language, label := range map[courrier.Language]string{courrier.French: "Tâche : ", courrier.English: "Task: "} {
		told := map[string]bool{}
		for _, name := range append(names, []string{"", "of_the_host"}) {
			step := dunning.EvidenceStep{Reminder: "r", Task: name[1], State: dunning.ReminderSent, SentOn: courrier.MustDate("2026-03-10")}
			out, err := maker.Make(t.Context(), dunning.Evidence{Invoice: "F-1", Steps: []dunning.EvidenceStep{step}}, printedNotice(language).From, language)
			require.NoError(t, err)
			_, rest, found := strings.Cut(strings.Join(evidencePages(t, out), "\n"), "1. "+label)
			require.True(t, found, "%s %s", language, name[1])
			words, _, _ := strings.Cut(rest, " – ")
			told[words] = true
			if language == courrier.French {
				require.Equal(t, name[1] == "of_the_host", words == name[1], "%s has no words", name[1])
			}
		}
		require.Len(t, told, len(names)+1)
	}
}

// threeEmailsAndANotice is the case of a year: what a lawyer gets most often.
func threeEmailsAndANotice(t *testing.T) dunning.Evidence {
	ev := evidence(t)
	text := "Madame, Monsieur,\n\nSauf erreur de notre part, la facture FA-2026-0142 du 2 mars 2026, échue le 1er avril 2026, n'a pas " +
		"été réglée. Il s'agit sans doute d'un oubli.\n\n" +
		"- FA-2026-0142, échéance 1er avril 2026, reste dû 1 274,40 €\n\nNous vous remercions de procéder à son règlement sous huit " +
		"jours, par virement.\n\nBien cordialement,\nAtelier Verne SAS\n8 quai du Port, 44000 Nantes"
	var steps []dunning.EvidenceStep
	for i, day := range []string{"2026-03-25", "2026-04-07", "2026-04-20"} {
		s := ev.Steps[0]
		s.InDoubt, s.SentOn, s.Text = false, courrier.MustDate(day), text
		s.Kind = []courrier.StepKind{courrier.StepCourtesy, courrier.StepReminder, courrier.StepReminder}[i]
		at := s.SentOn.In(time.UTC).Add(8 * time.Hour)
		s.Log = []dunning.ReminderAct{{At: at, Act: "approved by the policy"}, {At: at.Add(time.Minute), Act: "e-mail begun"},
			{At: at.Add(2 * time.Minute), Act: "e-mail sent"}}
		steps = append(steps, s)
	}
	ev.Steps = append(steps, ev.Steps[1])
	return ev
}

func aFileToRead(t *testing.T) {
	ev := threeEmailsAndANotice(t)
	out := evidenceOf(t, ev)
	save(t, "evidence-year.pdf", out.File)
	require.Less(t, out.Manifest.Pages, 8)
	pages := evidencePages(t, out)
	for _, want := range []string{
		"Dossier de preuves", "Créancier", "Atelier Verne SAS", "Débiteur", "BOULANGERIE MARTIN SARL", "1 342,17 €", "Les étapes en bref",
		"Rappel avant échéance",
		"25 mars 2026", "distribué, 7 mai 2026", "Pièces", string(out.Manifest.Parts[0].Sum),
	} {
		require.Contains(t, pages[0], want)
	}
	own := 0
	for i, page := range pages {
		require.Contains(t, page, fmt.Sprintf("Page %d/%d", i+1, len(pages)))
		if !slices.ContainsFunc(out.Manifest.Parts, func(p pdf.ManifestPart) bool { return p.First <= i+1 && i+1 <= p.Last }) {
			own++
			require.Greater(t, strings.Count(page, "\n"), 15, "page %d holds a few lines only", i+1)
		}
	}
	text := strings.Join(pages, "\f")
	require.Equal(t, 1, strings.Count(text, "Créancier"), "the parties are named once")
	for title, row := range map[string]string{
		"1. Rappel avant échéance – 25 mars 2026": "1\n25 mars 2026\nRappel avant échéance\npar e-mail\nenvoyé\n%d\n",
		"2. Relance – 7 avril 2026":               "2\n7 avril 2026\nRelance\npar e-mail\nenvoyé\n%d\n",
		"3. Relance – 20 avril 2026":              "3\n20 avril 2026\nRelance\npar e-mail\nenvoyé\n%d\n",
		"4. Mise en demeure – 4 mai 2026":         "4\n4 mai 2026\nMise en demeure\npar courrier\ndistribué, 7 mai 2026\n%d\n",
	} {
		at := strings.Index(text, title)
		require.Positive(t, at, title)
		require.Contains(t, pages[0], fmt.Sprintf(row, strings.Count(text[:at], "\f")+1), "the cover says where the step is")
	}
	for _, p := range out.Manifest.Parts {
		if p.First > 0 {
			require.Greater(t, p.First, own, "exhibits follow the chronology")
			require.Contains(t, pages[p.First-1], "Pièce ")
		}
	}
	// No letter window: text runs over the whole width at its height.
	c := openChecklist(t, out.File)
	c.run()
	require.True(t, slices.ContainsFunc(c.texts, func(p placed) bool {
		return p.page == 1 && p.x < 90 && p.y > 841.89-90/0.3528 && p.y < 841.89-34/0.3528
	}))
}

// composedFilesConform names what is e-mailed or archived: see also
// TestComposedLettersConform.
func composedFilesConform(t *testing.T) {
	conforms(t, compose(t, benchLetter(t), pdf.Theme{}).File)
	ev := threeEmailsAndANotice(t)
	ev.Steps = ev.Steps[:3]
	conforms(t, evidenceOf(t, ev).File)
	composer, err := pdf.NewReminderComposer(pdf.ReminderComposerConfig{})
	require.NoError(t, err)
	doc, err := composer.Compose(t.Context(), printedNotice(courrier.French))
	require.NoError(t, err)
	conforms(t, doc.Content)
}
