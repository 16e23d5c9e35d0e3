package courrier

import "slices"

// Channel is a way to reach a customer.
type Channel string

// The channels.
const (
	ChannelEmail Channel = "email"
	ChannelPost  Channel = "post"
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
func (c Contact) InvoiceChannels(accountPostOff bool) []Channel {
	return channels(nil, c.possible(c.EmailOffInvoices, accountPostOff), false)
}

// ReminderChannels returns the channels by which a reminder may go, the one to
// use first: those of preference that are possible, by default e-mail, then
// post. The final reminder goes by post even when e-mail is possible or
// preferred, unless post is off or there is no postal address. None is a reason
// to hold.
func (c Contact) ReminderChannels(preference []Channel, final, accountPostOff bool) []Channel {
	return channels(preference, c.possible(c.EmailOffReminders, accountPostOff), final)
}

// channelSet is a set of channels.
type channelSet uint8

const (
	byEmail channelSet = 1 << iota
	byPost
)

func (ch Channel) set() channelSet {
	switch ch {
	case ChannelEmail:
		return byEmail
	case ChannelPost:
		return byPost
	}
	return 0
}

func (c Contact) possible(emailOff, accountPostOff bool) channelSet {
	var set channelSet
	if c.Email && !emailOff {
		set |= byEmail
	}
	if c.Post && !c.PostOff && !accountPostOff {
		set |= byPost
	}
	return set
}

// wanted returns the channels that a step may use at all.
func wanted(preference []Channel, final bool) channelSet {
	var set channelSet
	for _, ch := range preferred(preference, final) {
		set |= ch.set()
	}
	return set
}

func preferred(preference []Channel, final bool) []Channel {
	if len(preference) == 0 {
		preference = []Channel{ChannelEmail, ChannelPost}
	}
	if !final {
		return preference
	}
	rest := slices.DeleteFunc(slices.Clone(preference), func(ch Channel) bool { return ch == ChannelPost })
	return append([]Channel{ChannelPost}, rest...)
}

func channels(preference []Channel, possible channelSet, final bool) []Channel {
	return slices.DeleteFunc(slices.Clone(preferred(preference, final)), func(ch Channel) bool {
		return possible&ch.set() == 0
	})
}
