package dunningtest_test

import (
	"errors"
	"testing"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/dunning/dunningtest"
)

func TestStandardPolicy(t *testing.T) {
	t.Parallel()
	host := dunningtest.NewHost(t)
	host.Owes("C-1", "F-1", "1200.00", "2026-03-02")
	host.Owes("C-2", "F-2", "80.00", "2026-03-02")
	host.Days(12)
	host.Pays("F-2", "80.00")
	host.Days(40)
	host.WantSent(
		"2026-03-02 email courtesy F-1",
		"2026-03-02 email courtesy F-2",
		"2026-03-09 email reminder-1 F-1",
		"2026-03-09 email reminder-1 F-2",
		"2026-03-17 email reminder-2 F-1",
		"2026-04-01 post formal-notice F-1",
	)
	if got := len(host.Mails()); got != 5 {
		t.Errorf("%d e-mails", got)
	}
}

// A person who never approves: the notice waits, and nothing follows it.
func TestReview(t *testing.T) {
	t.Parallel()
	host := dunningtest.NewHost(t)
	host.Review = func(r dunning.Reminder) bool { return r.Decision.Step.Kind != courrier.StepFormalNotice }
	host.Owes("C-1", "F-1", "1200.00", "2026-03-02")
	host.Days(60)
	if got := len(host.Waiting()); got != 1 {
		t.Fatalf("%d reminders wait", got)
	}
}

func TestAMailServerThatIsDown(t *testing.T) {
	t.Parallel()
	host := dunningtest.NewHost(t)
	host.Owes("C-1", "F-1", "1200.00", "2026-03-02")
	host.Customer("C-1", func(c *dunning.Customer) { c.Contact.Post = false })
	host.MailFails(errors.Join(courrier.ErrUnavailable))
	host.Days(2)
	host.WantSent()
	host.MailFails(nil)
	host.Days(10) // a courtesy is never late: the next step takes its place
	host.WantSent("2026-03-09 email reminder-1 F-1")
}

// A policy of a host's own, in the host's own test.
func ExampleHost() {
	var t *testing.T // of the test function
	host := dunningtest.NewHost(t, dunning.FirmPolicy())
	host.Owes("C-1", "F-1", "1200.00", "2026-03-02")
	host.Days(20)
	host.Pays("F-1", "1200.00")
	host.Days(20)
	host.WantSent("2026-03-09 email reminder-1 F-1", "2026-03-17 email reminder-2 F-1")
}
