// Package policies writes the reminders of other products as policies of this library:
// data that a host stores and edits, and no code. Each file says what a company that
// comes from there would ask for: the channels, the order and the rules of that product.
// The days are ordinary ones, and yours to change; those of oca-3-times are its defaults.
//
//	upflow, agicap, payt, sellsy, chaser    services for collecting
//	odoo, erpnext, invoice-ninja            invoicing and accounting
//	oca-3-times, oca-no-follow              account_credit_control of the OCA
//	killbill, lago                          billing of subscriptions
//
// The tests run each for ninety days.
package policies

import (
	"embed"
	"io/fs"

	"github.com/courrier-go/courrier"
)

//go:embed *.json
var files embed.FS

// Read returns a policy by the name of its file, without ".json".
//
// Errors: [fs.ErrNotExist]; [courrier.ErrInvalid] for a file that is no valid policy.
func Read(name string) (courrier.ReminderPolicy, error) {
	data, err := fs.ReadFile(files, name+".json")
	if err != nil {
		return courrier.ReminderPolicy{}, err
	}
	return courrier.ParsePolicy(data)
}
