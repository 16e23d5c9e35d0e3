package policies_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
	"github.com/courrier-go/courrier/dunning/dunningtest"
	"github.com/courrier-go/courrier/examples/policies"
)

// ninetyDays is what leaves from 2 March 2026 on, by policy. F-1 and F-2 are one
// customer's, F-3 is paid on the evening of the 21st of March.
var ninetyDays = map[string][]string{
	"agicap": {
		"2026-03-09 email courtesy F-1",
		"2026-03-09 email courtesy F-3",
		"2026-03-17 email reminder-1 F-1",
		"2026-03-17 email reminder-1 F-3",
		"2026-03-24 email courtesy F-2",
		"2026-03-31 email reminder-2 F-1+F-2",
		"2026-04-13 post letter F-1+F-2",
		"2026-04-28 post formal-notice F-1+F-2",
	},
	"chaser": {
		"2026-03-09 email courtesy F-1",
		"2026-03-09 email courtesy F-3",
		"2026-03-16 email reminder-1 F-1",
		"2026-03-16 email reminder-1 F-3",
		"2026-03-23 email courtesy F-2",
		"2026-03-23 email reminder-2 F-1",
		"2026-03-30 email reminder-3 F-1+F-2",
		"2026-04-06 task call F-1",
		"2026-04-13 post last F-1",
		"2026-04-20 task call F-2",
		"2026-04-27 post last F-2",
		"2026-05-11 task collector F-1",
		"2026-05-25 task collector F-2",
	},
	"erpnext": {
		"2026-03-23 post first-notice F-1",
		"2026-04-01 post second-notice F-1",
		"2026-04-08 post first-notice F-2",
		"2026-04-15 post second-notice F-2",
		"2026-04-15 post third-notice F-1",
		"2026-04-27 post third-notice F-2",
	},
	"invoice-ninja": {
		"2026-03-09 email reminder-1 F-1",
		"2026-03-09 email reminder-1 F-3",
		"2026-03-19 email reminder-2 F-1",
		"2026-03-19 email reminder-2 F-3",
		"2026-03-23 email reminder-1 F-2",
		"2026-03-26 email reminder-3 F-1",
		"2026-04-02 email reminder-2 F-2",
		"2026-04-09 email reminder-3 F-2",
		"2026-04-25 email endless F-1",
		"2026-05-09 email endless F-2",
		"2026-05-25 email endless F-1",
	},
	"killbill": {
		"2026-03-12 email warning F-1",
		"2026-03-12 email warning F-3",
		"2026-03-22 email blocked F-1",
		"2026-03-26 email warning F-2",
		"2026-04-01 email cancelled F-1+F-2",
	},
	"lago": {
		"2026-03-13 email attempt F-1",
		"2026-03-18 email attempt F-1",
		"2026-03-23 email attempt F-1",
		"2026-03-27 email attempt F-2",
		"2026-04-01 email attempt F-2",
		"2026-04-06 email attempt F-2",
	},
	"oca-3-times": {
		"2026-03-23 email level-1 F-1",
		"2026-04-06 email level-1 F-2",
		"2026-04-30 email level-2 F-1+F-2",
		"2026-05-11 post level-3 F-1+F-2",
	},
	"oca-no-follow": nil,
	"odoo": {
		"2026-03-27 email reminder-1 F-1+F-2",
		"2026-04-13 post letter F-1+F-2",
		"2026-04-21 task call F-1",
		"2026-05-05 task call F-2",
	},
	"payt": {
		"2026-03-13 email reminder-1 F-1",
		"2026-03-13 email reminder-1 F-3",
		"2026-03-20 email reminder-2 F-1",
		"2026-03-20 email reminder-2 F-3",
		"2026-03-27 post reminder-3 F-1+F-2",
		"2026-04-06 post formal-notice F-1+F-2",
		"2026-04-21 task collector F-1+F-2",
	},
	"sellsy": {
		"2026-03-16 email reminder-1 F-1",
		"2026-03-16 email reminder-1 F-3",
		"2026-03-27 email reminder-2 F-1+F-2",
		"2026-04-13 post letter F-1+F-2",
		"2026-04-27 post formal-notice F-1+F-2",
	},
	"upflow": {
		"2026-03-05 email courtesy F-1",
		"2026-03-05 email courtesy F-3",
		"2026-03-16 email reminder-1 F-1",
		"2026-03-16 email reminder-1 F-3",
		"2026-03-20 email courtesy F-2",
		"2026-03-24 email reminder-2 F-1",
		"2026-03-30 email reminder-1 F-2",
		"2026-04-03 email reminder-3 F-1+F-2",
		"2026-04-07 task call F-1",
		"2026-04-13 post formal-notice F-1",
		"2026-04-20 task call F-2",
		"2026-04-27 post formal-notice F-2",
	},
}

func TestNinetyDays(t *testing.T) {
	t.Parallel()
	for name, want := range ninetyDays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy, err := policies.Read(name)
			require.NoError(t, err)
			host := dunningtest.NewHost(t, policy)
			owes(host)
			host.Days(20)
			host.Pays("F-3", "60.00")
			host.Days(70)
			host.WantSent(want...)
		})
	}
}

func TestEachFileIsRun(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		require.Contains(t, ninetyDays, strings.TrimSuffix(file, ".json"))
	}
}

// owes sets up who owes what: one customer two invoices, and another a small one.
func owes(host *dunningtest.Host) {
	for _, i := range []struct {
		customer               courrier.CustomerID
		number, euros, due, on string
	}{
		{"C-1", "F-1", "1200.00", "2026-03-12", "2026-02-10"},
		{"C-1", "F-2", "300.00", "2026-03-26", "2026-02-24"},
		{"C-2", "F-3", "60.00", "2026-03-12", "2026-02-10"},
	} {
		host.Invoice(i.customer, dunning.Invoice{
			ID: dunning.InvoiceID(i.number), Number: i.number, IssuedOn: courrier.MustDate(i.on),
			Parts: dunning.Due(courrier.MustDate(i.due), courrier.MustAmount(i.euros, "EUR")),
		})
	}
}
