package dunning_test

import (
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestReminderChannels(t *testing.T) {
	t.Parallel()
	email, post := courrier.ChannelEmail, courrier.ChannelPost
	both := dunning.Contact{Email: true, Post: true}
	for _, tt := range []struct {
		name       string
		contact    dunning.Contact
		preference []courrier.Channel
		final      bool
		accountOff bool
		want       []courrier.Channel
	}{
		{"e-mail when there is an address", both, nil, false, false, []courrier.Channel{email, post}},
		{"else post", dunning.Contact{Post: true}, nil, false, false, []courrier.Channel{post}},
		{"the final one by post", both, nil, true, false, []courrier.Channel{post, email}},
		{"the final one by post even if e-mail is preferred", both, []courrier.Channel{email}, true, false, []courrier.Channel{post, email}},
		{"unless post is off", dunning.Contact{Email: true, Post: true, PostOff: true}, nil, true, false, []courrier.Channel{email}},
		{"unless post is off for the account", both, nil, true, true, []courrier.Channel{email}},
		{"e-mail off for reminders", dunning.Contact{Email: true, Post: true, EmailOffReminders: true}, nil, false, false, []courrier.Channel{post}},
		{"e-mail off for invoices is another matter", dunning.Contact{Email: true, EmailOffInvoices: true}, nil, false, false, []courrier.Channel{email}},
		{"the step's preference", both, []courrier.Channel{post, email}, false, false, []courrier.Channel{post, email}},
		{"only what the step allows", both, []courrier.Channel{post}, false, false, []courrier.Channel{post}},
		{"nothing left", dunning.Contact{Email: true, PostOff: true, Post: true, EmailOffReminders: true}, nil, true, false, []courrier.Channel{}},
	} {
		require.Equal(t, tt.want, tt.contact.ReminderChannels(tt.preference, tt.final, tt.accountOff), tt.name)
	}
}

func TestInvoiceChannels(t *testing.T) {
	t.Parallel()
	c := dunning.Contact{Email: true, Post: true}
	require.Equal(t, []courrier.Channel{courrier.ChannelEmail, courrier.ChannelPost}, c.InvoiceChannels(false))
	require.Equal(t, []courrier.Channel{courrier.ChannelEmail}, c.InvoiceChannels(true))
	c.EmailOffInvoices = true
	require.Equal(t, []courrier.Channel{courrier.ChannelPost}, c.InvoiceChannels(false))
	require.Empty(t, c.InvoiceChannels(true))
}

// TestDecisionsFollowTheChannelRule: never a channel that is off, and silence is
// always a hold with that reason.
func TestDecisionsFollowTheChannelRule(t *testing.T) {
	check(t, func(t *rapid.T) {
		w := genWorld(t, shape{})
		w.c.AccountPostOff = rapid.Bool().Draw(t, "accountOff")
		w.c.Customer.Contact.EmailOffReminders = rapid.Bool().Draw(t, "emailOff")
		contact := w.c.Customer.Contact
		out := w.evaluator(t).Evaluate(w.c, w.h, w.genToday(t))
		for _, d := range out.Decisions {
			for _, ch := range d.Channels {
				require.True(t, ch != courrier.ChannelPost || contact.Post && !contact.PostOff && !w.c.AccountPostOff)
				require.True(t, ch != courrier.ChannelEmail || contact.Email && !contact.EmailOffReminders)
			}
			if d.Final && contact.Post && !contact.PostOff && !w.c.AccountPostOff {
				require.Equal(t, courrier.ChannelPost, d.Channels[0])
			}
		}
	})
}
