package dunning

import (
	"slices"

	"github.com/courrier-go/courrier"
)

// Contact says how a customer can be reached, and how the customer, or the
// account for that customer, does not want to be.
type Contact struct {
	Email             bool `json:"email,omitempty"` // there is an e-mail address to use
	Post              bool `json:"post,omitempty"`  // there is a postal address to use
	EmailOffInvoices  bool `json:"email_off_invoices,omitempty"`
	EmailOffReminders bool `json:"email_off_reminders,omitempty"`
	PostOff           bool `json:"post_off,omitempty"` // never by post
}

// InvoiceChannels returns the channels by which an invoice may go, the one to
// use first: e-mail when there is an address, else post. E-mail is switched off
// per customer only, post for a whole account too. None is a reason to hold.
func (c Contact) InvoiceChannels(accountPostOff bool) []courrier.Channel {
	return channels(nil, c.possible(c.EmailOffInvoices, accountPostOff), false)
}

// ReminderChannels returns the channels by which a reminder may go, the one to
// use first: those of preference that are possible, by default e-mail, then
// post. The final reminder goes by post even when e-mail is possible or
// preferred, unless post is off or there is no postal address. None is a reason
// to hold.
func (c Contact) ReminderChannels(preference []courrier.Channel, final, accountPostOff bool) []courrier.Channel {
	return channels(preference, c.possible(c.EmailOffReminders, accountPostOff), final)
}

// channelSet is a set of channels.
type channelSet uint8

const (
	byEmail channelSet = 1 << iota
	byPost
	byPerson // of a task: always possible, for it needs no address
)

func setOf(ch courrier.Channel) channelSet {
	switch ch {
	case courrier.ChannelEmail:
		return byEmail
	case courrier.ChannelPost:
		return byPost
	case courrier.ChannelTask:
		return byPerson
	}
	return 0
}

func (c Contact) possible(emailOff, accountPostOff bool) channelSet {
	set := byPerson
	if c.Email && !emailOff {
		set |= byEmail
	}
	if c.Post && !c.PostOff && !accountPostOff {
		set |= byPost
	}
	return set
}

// wanted returns the channels that a step may use at all.
func wanted(preference []courrier.Channel, final bool) channelSet {
	var set channelSet
	for _, ch := range preferred(preference, final) {
		set |= setOf(ch)
	}
	return set
}

func preferred(preference []courrier.Channel, final bool) []courrier.Channel {
	if len(preference) == 0 {
		preference = []courrier.Channel{courrier.ChannelEmail, courrier.ChannelPost}
	}
	if !final {
		return preference
	}
	rest := slices.DeleteFunc(slices.Clone(preference), func(ch courrier.Channel) bool { return ch == courrier.ChannelPost })
	return append([]courrier.Channel{courrier.ChannelPost}, rest...)
}

func channels(preference []courrier.Channel, possible channelSet, final bool) []courrier.Channel {
	return slices.DeleteFunc(slices.Clone(preferred(preference, final)), func(ch courrier.Channel) bool {
		return possible&setOf(ch) == 0
	})
}
