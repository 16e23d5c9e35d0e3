package dunning_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/email"
)

func aLogo(t testing.TB) []byte {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 120, 60))))
	return b.Bytes()
}

// payLinks gives an office a field of each kind, and a text that uses them.
func payLinks(o *office) {
	o.plans.Fields = dunning.Fields{
		"pay_link": {Kind: dunning.FieldURL, Label: map[courrier.Language]string{courrier.French: "Payer en ligne", courrier.English: "Pay online"}},
		"order":    {Kind: dunning.FieldText, Optional: true},
	}
	o.plans.Texts = dunning.Texts{"reminder-1": {courrier.French: {
		Subject: "Relance {invoices}",
		Body:    "Bonjour {customer},\n\n**{total}** restent dus, commande {order} ({pay_link}).\n\n{table}\n\n{pay_link}\n\n- un\n- deux **{total}**\n\nMerci,",
	}}}
}

func value(name, v string) map[string]string { return map[string]string{name: v} }

const link = "https://pay.acme.example/i/FA-12?amount=999.00"

// E-mails as companies send them: what a person saw, what the mailer got, what is on
// record and what a lawyer hands in are the same bytes.
func htmlMails(t *testing.T) {
	t.Run("the same bytes", theSameBytes)
	t.Run("one source", oneSource)
	t.Run("values are checked before anything is proposed", valuesAreChecked)
	t.Run("several invoices", linksOfSeveral)
	t.Run("copies", copiesAreASet)
	t.Run("a copy that comes back", aCopyComesBack)
	t.Run("owners", ownersWrite)
	t.Run("safe names", safeNames)
	t.Run("layouts", layoutsOfHosts)
	t.Run("a layout with a figure of its own", layoutWithAFigure)
	t.Run("edited", editedLinks)
}

// linked returns an office with one e-mail under review that has a link, a logo, an
// attachment and copies.
func linked(t *testing.T) (*office, dunning.ReminderID) {
	o, id := proposed(t, dunning.Contact{Email: true})
	payLinks(o)
	o.plans.Logo, o.plans.AttachInvoices, o.plans.Footer = aLogo(t), true, "Acme SAS\nRCS Paris 552 100 554"
	o.plans.Copies = dunning.Copies{Cc: []email.Box{{Name: "Claire", Address: "claire@acme.example"}}, Bcc: []email.Box{{Address: "archive@acme.example"}}}
	o.mend = func(d *dunning.DebtorDetails) {
		d.Documents[0].File = courrier.NewDocument("N-i1.pdf", []byte("%PDF-N-i1"))
	}
	o.change("c1", func(c *dunning.Case) { c.Invoices[0].Values = value("pay_link", link) })
	return o, id
}

func theSameBytes(t *testing.T) {
	t.Parallel()
	o, id := linked(t)
	seen := o.preview(id).Email
	require.Contains(t, seen.HTML, `href="`+link+`"`)
	o.approve(id)
	o.work()
	require.Len(t, o.mails, 1)
	require.Equal(t, *seen, o.mails[0], "what the mailer got")

	rem := o.reminder(id)
	kept := *rem.Email
	kept.HTML = o.content(rem.Page.Sum)
	require.Empty(t, rem.Email.HTML, "lists of reminders stay small")
	for _, docs := range [][]courrier.Document{kept.Attachments, kept.Inline} {
		for i := range docs {
			docs[i].Content = []byte(o.content(docs[i].Sum))
		}
	}
	require.Equal(t, shown(t, *seen, slices.Concat(seen.Attachments, seen.Inline)), shown(t, kept, slices.Concat(kept.Attachments, kept.Inline)), "what is on record")

	ev, err := o.dunning.Evidence(o.Ctx, "acme", "i1")
	require.NoError(t, err)
	step := ev.Steps[0]
	require.Equal(t, seen.Text, step.Text)
	require.Equal(t, []string{"claire@acme.example", "archive@acme.example"}, step.Copies)
	handed := map[string]string{}
	for _, p := range step.Parts {
		handed[p.Kind] = string(p.Content)
	}
	require.Equal(t, map[string]string{"attachment": "%PDF-N-i1", "html": seen.HTML, "image": string(o.plans.Logo)}, handed)
}

func (o *office) content(sum courrier.Sum) string {
	o.T.Helper()
	content, err := o.Client.Content(o.Ctx, sum)
	require.NoError(o.T, err)
	return string(content)
}

// Text and HTML say the same, each in its own form, and the HTML fetches nothing.
func oneSource(t *testing.T) {
	t.Parallel()
	o, id := linked(t)
	m := o.preview(id).Email
	require.Equal(t, "Bonjour Client c1,\n\n120,00\u00a0€ restent dus, commande  ("+link+").\n\n- N-i1, échéance 1er mars 2026, montant 120,00\u00a0€, reste dû 120,00\u00a0€\n\n"+
		"Payer en ligne\u00a0: "+link+"\n\n- un\n- deux 120,00\u00a0€\n\nMerci,\nAcme SAS\n\n-- \nAcme SAS\nRCS Paris 552 100 554\n", m.Text)
	for _, part := range []string{
		"<strong>120,00\u00a0€</strong>", `<th scope="col">Échéance</th>`, `<td class="n">120,00` + "\u00a0€</td>", "<li>un</li>", ">Payer en ligne</a>",
		`<html lang="fr">`, "prefers-color-scheme: dark", "max-width:600px", `src="cid:logo.png@` + m.ID + `" width="80" height="40"`, "<!--[if mso]>",
	} {
		require.Contains(t, m.HTML, part)
	}
	require.Equal(t, "logo.png", m.Inline[0].Name)
	for _, address := range regexp.MustCompile(`(?i)(?:src|href|background)="([^"]*)"|url\(|@import`).FindAllStringSubmatch(m.HTML, -1) {
		require.True(t, address[1] == link || strings.HasPrefix(address[1], "cid:"), "%q", address)
	}
	require.True(t, o.preview(id).Check.Report.OK(), "%+v", o.preview(id).Check)
}

// What a host gives for its placeholders is checked as the library's own are: what is
// wrong is told with its place, and no reminder is made of it.
func valuesAreChecked(t *testing.T) {
	t.Parallel()
	field := func(kind dunning.FieldKind) dunning.Fields {
		return dunning.Fields{"pay_link": {Kind: kind, Label: map[courrier.Language]string{courrier.French: "Payer"}}}
	}
	url, text := field(dunning.FieldURL), field(dunning.FieldText)
	for _, c := range []struct {
		fields dunning.Fields
		value  string
		wrong  string // "": it is right
	}{
		{url, link, ""},
		{url, "https://pay.example/a?b=c&d=%C3%A9#e", ""},
		{url, "", "Case.Customer.Values[pay_link]: is missing"},
		{url, "http://pay.example/", "scheme"},
		{url, "javascript:alert(1)", "scheme"},
		{url, "JavaScript:alert(1)", "scheme"},
		{url, "data:text/html;base64,PHA+", "scheme"},
		{url, "ftp://pay.example/", "scheme"},
		{url, "//pay.example/", "scheme"},
		{url, "pay.example/1", "scheme"},
		{url, "https://", "names no host"},
		{url, "https:///x", "names no host"},
		{url, "https://bank.example@evil.example/", "or a user"},
		{url, `https://pay.example/"><script>`, "RFC 3986"},
		{url, "https://pay.example/\r\nBcc: x", "RFC 3986"},
		{url, "https://pay.example/ a", "RFC 3986"},
		{url, "https://pаy.example/", "RFC 3986"}, // a Cyrillic letter
		{url, "https://pay.example/{total}", "RFC 3986"},
		{url, "https://pay.example/" + strings.Repeat("a", 1500), "is over 1500 bytes"},
		{text, "PO 12-34 & Fils", ""},
		{text, "l’été * 2", ""},
		{text, "<b>x</b>", "marks"},
		{text, "{total}", "marks"},
		{text, "**gras**", "marks"},
		{text, "- item", "marks"},
		{text, "a\n\nb", "line ends"},
		{text, "a\u202eb", "not seen"},
		{text, "\xff", "UTF-8"},
		{text, "payez 9 999,00 €", "has a sum"},
		{text, "1.200,00 EUR", "has a sum"},
		{text, strings.Repeat("a", 201), "is over 200 characters"},
	} {
		for _, place := range []string{"customer", "invoice"} {
			o := newOffice(t)
			o.plans.Fields = c.fields
			o.plans.Texts = dunning.Texts{"reminder-1": {courrier.French: {Subject: "R", Body: "{total}\n\n{pay_link}"}}}
			require.NoError(t, o.plans.Validate())
			o.owe("c1", both, bill("i1", "2026-03-01"))
			o.change("c1", func(cs *dunning.Case) {
				if place == "customer" {
					cs.Customer.Values = value("pay_link", c.value)
				} else {
					cs.Invoices[0].Values = value("pay_link", c.value)
				}
			})
			o.noon("2026-03-10")
			report, err := o.dunning.RunDay(o.Ctx, day("2026-03-10"), o.stream())
			require.NoError(t, err)
			_, byHand := o.dunning.SendNow(o.Ctx, dunning.ByHand{Account: "acme", Customer: "c1", Key: "k", Invoices: []dunning.InvoiceID{"i1"}, Text: dunning.Text{Subject: "S", Body: "{pay_link}"}, Again: "to see"})
			if c.wrong == "" {
				require.Empty(t, report.Errors, "%q", c.value)
				require.NoError(t, byHand)
				continue
			}
			for _, err := range []error{errors.Join(report.Errors...), byHand} {
				var wrong *courrier.FieldError
				require.ErrorAs(t, err, &wrong, "%q", c.value)
				require.ErrorContains(t, err, c.wrong, "%q", c.value)
				require.Contains(t, wrong.Field, "Values[pay_link]")
				if len(c.value) > 3 {
					require.NotContains(t, err.Error(), c.value)
				}
			}
			require.Empty(t, o.queue(dunning.ReminderFilter{}), "%q", c.value)
		}
	}
	o := newOffice(t)
	payLinks(o)
	o.plans.Texts["reminder-1"][courrier.French] = dunning.Text{Subject: "S", Body: "{pay_lnk}"}
	require.ErrorContains(t, o.plans.Validate(), "pay_lnk")
	o.owe("c1", both, bill("i1", "2026-03-01"))
	o.noon("2026-03-10")
	report, err := o.dunning.RunDay(o.Ctx, day("2026-03-10"), o.stream())
	require.NoError(t, err)
	require.ErrorContains(t, errors.Join(report.Errors...), "pay_lnk")
	require.Empty(t, o.queue(dunning.ReminderFilter{}))
	for name, f := range map[string]dunning.Field{
		"total": {Kind: dunning.FieldText}, "Pay": {Kind: dunning.FieldText}, "a b": {Kind: dunning.FieldText}, "x": {Kind: "html"}, "y": {Kind: dunning.FieldURL},
		"z": {Kind: dunning.FieldURL, Label: map[courrier.Language]string{courrier.French: "<b>"}},
	} {
		require.ErrorIs(t, dunning.Fields{name: f}.Validate(), courrier.ErrInvalid, name)
	}
}

// About several invoices a link alone in its paragraph is a list of theirs; the
// customer's own link is one for all of them.
func linksOfSeveral(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	payLinks(o)
	o.plans.Texts["reminder-1"][courrier.French] = dunning.Text{Subject: "S", Body: "{total}\n\n{pay_link}\n\n{order}"}
	o.owe("c1", both, bill("i1", "2026-03-01"), bill("i2", "2026-03-02"))
	o.change("c1", func(c *dunning.Case) {
		c.Invoices[0].Values, c.Invoices[1].Values = value("pay_link", link), value("pay_link", link+"2")
	})
	o.day("2026-03-10")
	require.Contains(t, o.mails[0].Text, "- N-i1\u00a0: "+link+"\n- N-i2\u00a0: "+link+"2\n")
	require.Equal(t, 1, strings.Count(o.mails[0].HTML, `href="`+link+`"`))
	require.Equal(t, 1, strings.Count(o.mails[0].HTML, `href="`+link+`2"`))
	require.NotContains(t, o.mails[0].Text, "{", "what is optional and missing falls away")

	o.owe("c2", both, bill("i3", "2026-03-01"), bill("i4", "2026-03-02"))
	o.change("c2", func(c *dunning.Case) {
		c.Invoices[0].Values, c.Customer.Values = value("pay_link", link), value("pay_link", link+"all")
	})
	o.day("2026-03-10")
	require.Contains(t, o.mails[1].Text, "Payer en ligne\u00a0: "+link+"all\n")
}

// Copies of the account, the customer and the step are one set: nobody gets an e-mail
// twice, and a person may choose others.
func copiesAreASet(t *testing.T) {
	t.Parallel()
	at := func(names ...string) []email.Box {
		var all []email.Box
		for _, name := range names {
			all = append(all, email.Box{Address: name + "@acme.example"})
		}
		return all
	}
	o, id := proposed(t, dunning.Contact{Email: true})
	o.plans.Copies = dunning.Copies{Cc: at("a", "A", "b"), Bcc: at("x", "b")}
	o.plans.StepCopies = map[string]dunning.Copies{"reminder-1": {Cc: at("c"), Bcc: at("y", "to")}, "other": {Cc: at("never")}}
	o.mend = func(d *dunning.DebtorDetails) {
		d.Mail = append(at("to", "TO"), d.Mail...)
		d.Copies = dunning.Copies{Cc: at("d", "a"), Bcc: at("x", "z")}
	}
	m := o.preview(id).Email
	require.Equal(t, append(at("to"), email.Box{Address: "c1@example.com"}), m.To)
	require.Equal(t, at("a", "b", "d", "c"), m.Cc)
	require.Equal(t, at("x", "z", "y"), m.Bcc)

	_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Copies: &dunning.Copies{Cc: []email.Box{{Address: "nobody"}}}})
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = o.dunning.Revise(o.Ctx, id, dunning.Edit{Copies: &dunning.Copies{Bcc: at("only")}})
	require.NoError(t, err)
	m = o.preview(id).Email
	require.Empty(t, m.Cc)
	require.Equal(t, at("only"), m.Bcc)
	o.plans.Copies.Cc = []email.Box{{Address: "a@b@c"}}
	require.ErrorContains(t, o.plans.Validate(), "Copies.Cc[0]")
}

// A copy that comes back says nothing about the customer: no letter is spent on it.
func aCopyComesBack(t *testing.T) {
	t.Parallel()
	copied := email.Box{Address: "archive@acme.example"}
	for _, c := range []struct {
		name    string
		of      []string
		outcome email.BounceOutcome
		state   dunning.ReminderState
	}{
		{"a copy", []string{copied.Print()}, email.BounceAddress, dunning.ReminderSent},
		{"a copy, given up", []string{copied.Print()}, email.BounceFailed, dunning.ReminderSent},
		{"the customer", []string{email.Box{Address: "C1@example.com"}.Print()}, email.BounceAddress, dunning.ReminderApproved},
		{"nobody knows whose", nil, email.BounceAddress, dunning.ReminderProposed},
		{"delayed", nil, email.BounceDelayed, dunning.ReminderSent},
	} {
		o := newOffice(t)
		o.plans.Copies.Bcc = []email.Box{copied}
		o.owe("c1", both, bill("i1", "2026-03-01"))
		o.day("2026-03-10")
		sent := o.only(dunning.ReminderFilter{})
		rem, err := o.dunning.Bounced(o.Ctx, sent.ID, c.outcome, c.of...)
		require.NoError(t, err)
		require.Equal(t, c.state, rem.State, c.name)
		notes, err := o.dunning.Notes(o.Ctx, "acme", "c1")
		require.NoError(t, err)
		require.Equal(t, c.state == dunning.ReminderApproved, len(notes.BadMail) == 1, c.name)
	}
}

// E-mails come from the mailbox of their owner.
func ownersWrite(t *testing.T) {
	t.Parallel()
	o, id := proposed(t, dunning.Contact{Email: true})
	anne := dunning.Mailbox{From: email.Box{Name: "Anne", Address: "anne@acme.example"}, ReplyTo: email.Box{Address: "recouvrement@acme.example"}}
	o.plans.Mailboxes = map[courrier.ActorID]dunning.Mailbox{"anne": anne}
	require.Equal(t, o.plans.MailFrom, o.preview(id).Email.From)
	who := courrier.ActorID("anne")
	_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Assignee: &who})
	require.NoError(t, err)
	m := o.preview(id).Email
	require.Equal(t, anne, dunning.Mailbox{From: m.From, ReplyTo: m.ReplyTo})
	o.plans.Mailboxes["bob"] = dunning.Mailbox{From: email.Box{Address: "bob"}}
	require.ErrorContains(t, o.plans.Validate(), `Mailboxes["bob"].From`)
}

// Whatever a file was called, it reaches the customer under a name that is a name, and
// no two under the same.
func safeNames(t *testing.T) {
	t.Parallel()
	o, id := proposed(t, dunning.Contact{Email: true})
	o.plans.AttachInvoices = true
	names := []string{"FA-1.pdf", "FA-1.pdf", "Facture: 12|a.pdf", "facture\u202efdp.exe", "NUL.pdf"}
	o.mend = func(d *dunning.DebtorDetails) {
		d.Documents = nil
		for i, name := range names {
			d.Documents = append(d.Documents, dunning.InvoiceDocument{Invoice: "i1", File: courrier.NewDocument(name, fmt.Appendf(nil, "%%PDF-%d", i))})
		}
	}
	var got []string
	for _, doc := range o.preview(id).Email.Attachments {
		got = append(got, doc.Name)
	}
	require.Equal(t, []string{"FA-1.pdf", "FA-1 (2).pdf", "Facture_ 12_a.pdf", "facture_fdp.exe", "_NUL.pdf"}, got)
}

// A host may have its own layout, as long as it shows all of a message.
func layoutsOfHosts(t *testing.T) {
	t.Parallel()
	o, id := linked(t)
	layout, err := email.NewLayout(strings.Replace(email.LayoutText(), "#1b5a94", "#aa0000", -1))
	require.NoError(t, err)
	o.plans.Layout = layout
	require.Contains(t, o.preview(id).Email.HTML, "#aa0000")
	o.plans.TextOnly = true
	m := o.preview(id).Email
	require.Empty(t, m.HTML)
	require.Empty(t, m.Inline)
}

// The checker reads what the layout says too.
func layoutWithAFigure(t *testing.T) {
	t.Parallel()
	o, id := linked(t)
	for said, ok := range map[string]bool{"Merci de votre confiance.": true, "Vous nous devez 9 999,99 € en tout.": false} {
		layout, err := email.NewLayout(strings.Replace(email.LayoutText(), "{{with .Footer}}", "<tr><td>"+said+"</td></tr>{{with .Footer}}", 1))
		require.NoError(t, err)
		o.plans.Layout = layout
		check := o.preview(id).Check
		require.Equal(t, ok, check.Report.OK(), "%s: %+v", said, check)
		require.Contains(t, check.Text, said)
	}
}

// A link that a person moved is a link still; one that a person typed is text.
func editedLinks(t *testing.T) {
	t.Parallel()
	o, id := linked(t)
	body := "Bonjour,\n\nvoici le lien " + link + " et un autre : https://evil.example/x\n\n**{total}**"
	_, err := o.dunning.Revise(o.Ctx, id, dunning.Edit{Body: &body})
	require.NoError(t, err)
	m := o.preview(id).Email
	require.Contains(t, m.HTML, `<a href="`+link+`">`)
	require.NotContains(t, m.HTML, `href="https://evil`)
	wrong := "{nonsense}"
	_, err = o.dunning.Revise(o.Ctx, id, dunning.Edit{Body: &wrong})
	require.ErrorContains(t, err, "nonsense")
	body = "<script>alert(1)</script> & <b>{total}</b>"
	_, err = o.dunning.Revise(o.Ctx, id, dunning.Edit{Body: &body})
	require.NoError(t, err)
	require.NotContains(t, o.preview(id).Email.HTML, "<script>")
	require.Contains(t, o.preview(id).Email.HTML, "&lt;script&gt;")
}
