package lapostetest

import (
	"time"
)

// Outcome is what becomes of the sendings submitted from then on.
type Outcome string

// The outcomes. Ordinary letters are never blocked or cancelled, and nothing is
// known of them once the post has them, save that they came back, if asked for.
const (
	Delivered        Outcome = ""
	Rejected         Outcome = "rejected"          // Maileva refuses the sending after its analysis
	RecipientRefused Outcome = "recipient refused" // PROCESSED_WITH_ERRORS, and the recipient REJECTED
	Blocked          Outcome = "blocked"           // waits for money for two days, then goes on
	Cancelled        Outcome = "cancelled"         // CANCELED before production
	Unclaimed        Outcome = "unclaimed"         // comes back: N03
	RefusedMail      Outcome = "refused"           // comes back: N05
	UnknownAddressee Outcome = "unknown addressee" // comes back: N02
	Undeliverable    Outcome = "undeliverable"     // comes back: N07
	Stuck            Outcome = "stuck"             // never leaves PENDING
	GlobalProofOnly  Outcome = "global proof only" // delivered; no deposit proof of the recipient's own
)

// SetOutcome decides about the sendings submitted from now on.
func (s *Server) SetOutcome(o Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcome = o
}

// begin plans the journey of a sending just submitted. The lock is held.
func (x *sending) begin(o Outcome) {
	s := x.book.s
	x.all("PENDING")
	if !x.book.registered && (o == Blocked || o == Cancelled) {
		o = Delivered
	}
	switch o {
	case Stuck:
		return
	case Rejected:
		s.after(5*time.Minute, func() { x.reject() })
		return
	case Cancelled:
		s.after(5*time.Minute, func() { x.all("CANCELED") })
		return
	}
	delay := time.Duration(0)
	if o == Blocked {
		s.after(time.Minute, func() { x.all("BLOCKED") })
		delay = 48 * time.Hour
	}
	s.after(delay+5*time.Minute, func() { x.accept() })
	if x.book.registered {
		s.after(delay+2*time.Hour, func() { x.all("PREPARING") })
	}
	s.after(delay+24*time.Hour, func() { x.process(o) })
}

// all gives the sending and its recipients one status, where both know it.
func (x *sending) all(status string) {
	x.enter(status, x.book.s.now)
	known := x.book.registered || status == "PENDING"
	for _, to := range x.to {
		if known {
			to.enter(status, x.book.s.now)
		}
	}
}

func (x *sending) reject() {
	x.enter("REJECTED", x.book.s.now)
	x.detail = "The document cannot be converted"
	for _, to := range x.to {
		to.enter(x.book.either("REJECTED", "SENDING_REJECTED"), x.book.s.now)
	}
	x.notify("ON_STATUS_REJECTED")
}

func (x *sending) accept() {
	x.all("ACCEPTED")
	for _, d := range x.documents {
		d.extra = object{"pages_count": 1, "sheets_count": 1, "converted_size": len(d.content)}
	}
	x.notify("ON_STATUS_ACCEPTED")
}

func (x *sending) process(o Outcome) {
	s := x.book.s
	x.processed = s.now
	if o == RecipientRefused {
		x.enter("PROCESSED_WITH_ERRORS", s.now)
		for _, to := range x.to {
			to.enter("REJECTED", s.now)
		}
		x.notify("ON_STATUS_PROCESSED_WITH_ERRORS")
		return
	}
	x.enter("PROCESSED", s.now)
	for _, to := range x.to {
		to.enter("PROCESSED", s.now)
		to.more["postage_price"] = 1.52
	}
	x.notify("ON_STATUS_PROCESSED")
	if !x.book.registered {
		x.ordinary(o)
		return
	}
	for _, to := range x.to {
		(&journey{s: s, x: x, to: to}).registered(o)
	}
}

// ordinary plans the only thing that may still be heard of an ordinary letter.
func (x *sending) ordinary(o Outcome) {
	switch o {
	case Undeliverable, Unclaimed, RefusedMail, UnknownAddressee:
	default:
		return
	}
	if x.options["treat_undelivered_mail"] != true {
		return
	}
	s := x.book.s
	s.after(12*24*time.Hour, func() {
		for _, to := range x.to {
			at := stamp(s.now)
			to.more["last_delivery_status"], to.more["last_delivery_status_date"], to.more["undelivered_mail_date"] = "N10", at, at
			to.events = append(to.events, object{"status": "N10", "label": "PND", "date": at})
		}
	})
}

// journey is a registered letter on its way.
type journey struct {
	s  *Server
	x  *sending
	to *recipient
}

var returns = map[Outcome]struct{ code, reason string }{
	Unclaimed:        {"LP19", "N03"},
	RefusedMail:      {"LP22", "N05"},
	UnknownAddressee: {"LP21", "N02"},
	Undeliverable:    {"LP20", "N07"},
}

// registered plans a registered letter from the factory's door on. The lock is held.
func (j *journey) registered(o Outcome) {
	j.to.more["registered_number"] = j.s.nextNumber()
	j.to.more["postage_class"] = "REGISTERED_MAIL_J3"
	j.to.more["reference"] = "13N16000002"
	j.delivery("LP02", "EPCCFM")
	j.suivi("PC1")
	j.s.after(time.Hour, func() { j.proof("content_proof", "ON_CONTENT_PROOF_RECEIVED") })
	j.s.after(8*time.Hour, func() { j.delivery("LP03", "AECCFM"); j.suivi("ET1"); j.deposit(o) })
	j.s.after(26*time.Hour, func() { j.delivery("LP14", "AARCFM"); j.mainStatus("DELIVERING", "LP14"); j.suivi("MD2") })
	if _, back := returns[o]; back {
		j.comesBack(o)
		return
	}
	j.s.after(28*time.Hour, func() {
		j.delivery("LP15", "LIVCFM")
		j.mainStatus("DELIVERED", "LP15")
		j.suivi("DI1")
	})
	if j.x.options["acknowledgement_of_receipt"] == true {
		j.s.after(72*time.Hour, func() {
			j.delivery("LP18", "PODDSP")
			j.proof("acknowledgement_of_receipt", "ON_ACKNOWLEDGEMENT_OF_RECEIPT_RECEIVED")
		})
	}
}

func (j *journey) deposit(o Outcome) {
	now := j.s.now
	id := newID()
	j.x.proofs = append(j.x.proofs, object{"id": id, "date": stamp(now), "sending_id": j.x.id,
		"url": "/global_deposit_proofs/" + id + "/download", "archive_date": stamp(now)})
	j.x.notify("ON_GLOBAL_DEPOSIT_PROOF_RECEIVED")
	if o != GlobalProofOnly {
		j.proof("deposit_proof", "ON_DEPOSIT_PROOF_RECEIVED")
	}
}

// comesBack plans the way back of a letter that was not delivered.
func (j *journey) comesBack(o Outcome) {
	back := returns[o]
	wait := 30 * time.Hour
	if o == Unclaimed {
		j.s.after(28*time.Hour, func() {
			j.delivery("LP09", "RENAVI")
			j.mainStatus("FIRST_PRESENTATION", "LP09")
			j.suivi("AG1")
		})
		wait = 17 * 24 * time.Hour
	}
	j.s.after(wait, func() {
		j.delivery(back.code, "REN")
		j.mainStatus("UNDELIVERED", back.code)
		j.suivi("RE1")
	})
	j.s.after(wait+72*time.Hour, func() {
		j.delivery("LP17", "LIVREO")
		j.suivi("DI2")
		if j.x.options["returned_mail_scanning"] == true {
			j.to.more["undelivered_mail_reason"] = back.reason
			j.proof("undelivered_mail", "ON_UNDELIVERED_MAIL_RECEIVED")
		}
	})
}

func (j *journey) delivery(code, provider string) {
	j.to.addDelivery(code, provider, j.s.now)
}

func (to *recipient) addDelivery(code, provider string, at time.Time) {
	to.events = append(to.events, object{
		"date": stamp(at), "code": code, "label": "label of " + code, "location": "LOGNES PIC",
		"source": "La Poste", "code_provider": provider, "creation_date": stamp(at),
	})
	to.more["last_delivery_status"], to.more["last_delivery_status_date"] = code, stamp(at)
}

func (j *journey) mainStatus(category, code string) {
	j.to.addMain(category, code, j.s.now)
	switch category {
	case "FIRST_PRESENTATION", "DELIVERED", "UNDELIVERED":
		j.notify("ON_MAIN_DELIVERY_STATUS_" + category)
	}
}

func (to *recipient) addMain(category, code string, at time.Time) {
	item := object{
		"date": stamp(at), "category": category, "code": code, "label": "label of " + code,
		"source": "La Poste", "location": "IVRY BIEVRE PDC1", "creation_date": stamp(at),
	}
	to.main = append(to.main, item)
	to.more["last_main_delivery_status"] = item
}

func (j *journey) proof(name, event string) {
	now := stamp(j.s.now)
	j.to.more[name+"_date"], j.to.more[name+"_archive_date"] = now, now
	j.to.more[name+"_url"] = "/sendings/" + j.x.id + "/recipients/" + j.to.id + "/download_" + name
	j.notify(event)
}

func (j *journey) suivi(code string) {
	j.s.addSuivi(text(j.to.more, "registered_number"), code, j.s.now)
}

// SetStatus puts a submitted sending, and where recipient is not empty its
// recipients, into a status, whatever its journey.
func (s *Server) SetStatus(sendingID, status, recipient string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sendings[sendingID]
	x.enter(status, s.now)
	for _, to := range x.to {
		if recipient != "" {
			to.enter(recipient, s.now)
		}
	}
}

// AddDelivery adds a delivery status to the recipients of a sending; with a
// category it is a main one.
func (s *Server) AddDelivery(sendingID, code, category string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, to := range s.sendings[sendingID].to {
		if category != "" {
			to.addMain(category, code, s.now)
			continue
		}
		to.addDelivery(code, "", s.now)
	}
}

// SetRecipientField sets a member of the recipients of a sending.
func (s *Server) SetRecipientField(sendingID, field string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, to := range s.sendings[sendingID].to {
		to.more[field] = value
	}
}
