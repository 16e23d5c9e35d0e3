package mysendingbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// MetadataKey is the key under which each letter bears its [courrier.LetterID]
// at the carrier. The host's own metadata stays here.
const MetadataKey = "courrier_letter"

// Submit implements [courrier.Provider]: one POST /letters, never repeated.
func (p *Provider) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	const op = "submit"
	fields, err := p.form(s)
	if err != nil {
		return courrier.Receipt{}, fail(op, courrier.ErrInvalid, "invalid", err)
	}
	key, err := p.key(ctx, op, s.Letter.Account)
	if err != nil {
		return courrier.Receipt{}, err
	}
	body := rest.Multipart(fields)
	answer, err := p.rest.Do(ctx, rest.Call{
		Method:    http.MethodPost,
		Path:      []string{"letters"},
		Header:    http.Header{"Idempotency-Key": {idempotencyKey(s.ID, body)}},
		Body:      body,
		Authorize: key.authorize,
		Key:       string(s.Letter.Account),
		Timeout:   renderTimeout,
	})
	if err != nil {
		return courrier.Receipt{}, unanswered(op, courrier.ErrInDoubt, err)
	}
	if !answer.OK() {
		return courrier.Receipt{}, refused(op, effect(answer), answer, private(s.Letter, key)...)
	}
	l, err := p.read(answer)
	if err == nil && !l.bears(s.ID) {
		err = errors.New("the answer is about another letter")
	}
	if err != nil {
		return courrier.Receipt{}, unreadable(op, courrier.ErrInDoubt, answer, err)
	}
	return p.receipt(l, s.ID, courrier.SourceSubmit), nil
}

// idempotencyKey is that of a letter with its contents. What the carrier does with
// one key and two contents is not published, and a letter may be revised between
// two attempts.
func idempotencyKey(id courrier.LetterID, body rest.Body) string {
	return string(id) + "-" + body.Sum[:16]
}

// read returns the letter of an answer, which must be of the configured mode.
func (p *Provider) read(answer *rest.Answer) (wireLetter, error) {
	var l wireLetter
	if err := answer.JSON(&l); err != nil {
		return wireLetter{}, err
	}
	if l.ID == "" {
		return wireLetter{}, errors.New("the letter has no _id")
	}
	return l, p.sameMode(l)
}

func (p *Provider) sameMode(l wireLetter) error {
	if string(l.Mode) != p.mode() {
		return fmt.Errorf("the letter is of mode %.8q, asked for %q", l.Mode, p.mode())
	}
	return nil
}

// receipt is what a letter at the carrier says about its acceptance.
func (p *Provider) receipt(l wireLetter, id courrier.LetterID, source courrier.EventSource) courrier.Receipt {
	return courrier.Receipt{
		ProviderID:     string(l.ID),
		TrackingNumber: string(l.TrackingNumber),
		Price:          l.Price.V.Total.euros(),
		ExpectedOn:     l.ExpectedOn.date(),
		Events:         p.events(l, id, source),
	}
}

// form returns the fields of the request, in the order of the documentation and
// the documents in theirs.
func (p *Provider) form(s courrier.Submission) ([]rest.Field, error) {
	print := printOf(s.Letter)
	if err := p.check(s, print); err != nil {
		return nil, err
	}
	to, err := p.addressOf(s.Letter.To)
	if err != nil {
		return nil, nested("To", err)
	}
	fields := []rest.Field{{Name: "description", Content: []byte(s.ID)}}
	add := func(name, value string) {
		if value != "" {
			fields = append(fields, rest.Field{Name: name, Content: []byte(value)})
		}
	}
	to.addTo(add, "to")
	if s.Letter.From != (courrier.Sender{}) {
		from, err := p.addressOf(courrier.Recipient(s.Letter.From))
		if err != nil {
			return nil, nested("From", err)
		}
		from.addTo(add, "from")
	}
	for _, o := range p.options(s.Letter, print) {
		add(o.name, o.value)
	}
	add("metadata["+MetadataKey+"]", string(s.ID))
	for i, d := range s.Letter.Documents {
		file := "source_file"
		if i > 0 {
			file += "_" + strconv.Itoa(i+1)
		}
		// Names of documents are the host's: the carrier gets neutral ones.
		fields = append(fields, rest.Field{Name: file, FileName: fmt.Sprintf("document-%d.pdf", i+1), Type: "application/pdf",
			Content: d.Content})
		add(file+"_type", "file")
	}
	return fields, nil
}

func printOf(l courrier.Letter) courrier.PrintOptions {
	if l.Print == nil {
		return courrier.PrintOptions{}
	}
	return *l.Print
}

// check refuses what the carrier is known not to take, before anything is sent.
func (p *Provider) check(s courrier.Submission, print courrier.PrintOptions) error {
	var c courrier.Checks
	c.Require(s.ID != "", "ID", "is empty", "give the letter's id")
	for i, d := range s.Letter.Documents {
		c.Require(d.Content != nil, fmt.Sprintf("Documents[%d].Content", i), "is missing", "give the PDF's bytes")
	}
	return errors.Join(c.Err(), s.Letter.Validate(), onlyFields(p.Capabilities().Check(s.Letter, print)))
}

// onlyFields keeps what is wrong of an error, without its kind: a letter that the
// carrier cannot do is refused like any other wrong one.
func onlyFields(err error) error {
	var all []error
	for _, f := range courrier.FieldErrors(err) {
		all = append(all, f)
	}
	return errors.Join(all...)
}

func nested(field string, err error) error {
	var c courrier.Checks
	c.Nest(field, err)
	return c.Err()
}

func (a address) addTo(add func(name, value string), party string) {
	add(party+"[name]", a.Name)
	add(party+"[company]", a.Company)
	for i, line := range a.Lines {
		add(party+"[address_line"+strconv.Itoa(i+1)+"]", line)
	}
	add(party+"[address_postalcode]", a.Postcode)
	add(party+"[address_city]", a.Town)
	add(party+"[address_country]", a.nation)
}

type option struct{ name, value string }

var envelopes = map[courrier.Envelope]string{courrier.EnvelopeC4: "c4", courrier.EnvelopeC6: "c6"}

// options says everything that the carrier would otherwise decide by defaults
// that are not published, except what a letter leaves to it.
func (p *Provider) options(l courrier.Letter, print courrier.PrintOptions) []option {
	all := []option{
		{"color", either(print.Color, "color", "bw")},
		{"postage_type", p.postage[l.Service]},
		{"postage_speed", p.cfg.PostageSpeed},
		{"both_sides", strconv.FormatBool(print.Duplex)},
		{"address_placement", either(print.CarrierSheet, "insert_blank_page", "first_page")},
		{"envelope", envelopes[print.Envelope]},
		{"staple", strconv.FormatBool(print.Staple)},
		{"print_sender_address", strconv.FormatBool(p.cfg.PrintSender)},
	}
	if l.Service == courrier.ServiceRegisteredAR {
		// Without it the signed advice goes to the sender on paper and is never a proof here.
		all = append(all, option{"manage_delivery_proof", "true"})
	}
	if l.Returns != courrier.ReturnsDefault {
		all = append(all, option{"manage_returned_mail", strconv.FormatBool(l.Returns == courrier.ReturnsScanned)})
	}
	return all
}

func either(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

// private lists the texts that no error may show.
func private(l courrier.Letter, key Key) []string {
	all := []string{key.Reveal(), string(l.Account), l.Key}
	for _, r := range []courrier.Recipient{l.To, courrier.Recipient(l.From)} {
		a := r.Address
		all = append(all, r.Name, r.Company, r.Attention, a.Unit, a.Building, a.Street, a.Box, a.Postcode, a.City, a.State, a.RoutingLabel)
	}
	for _, d := range l.Documents {
		all = append(all, d.Name)
	}
	for _, v := range l.Metadata {
		all = append(all, v)
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}
