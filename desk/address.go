package desk

import (
	"strings"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/postal"
)

// addressFields are those of the form of a recipient.
var addressFields = []string{"company", "name", "attention", "unit", "building", "street", "box", "postcode", "city", "state", "country"}

// form reads fields of a form.
func (r *request) form(fields []string) map[string]string {
	values := map[string]string{}
	for _, f := range fields {
		values[f] = strings.TrimSpace(r.PostFormValue(f))
	}
	return values
}

// recipientOf is whom a form names.
func recipientOf(form map[string]string) courrier.Recipient {
	return courrier.Recipient{Company: form["company"], Name: form["name"], Attention: form["attention"], Address: courrier.Address{
		Unit: form["unit"], Building: form["building"], Street: form["street"], Box: form["box"],
		Postcode: form["postcode"], City: form["city"], State: form["state"], Country: form["country"],
	}}
}

// formOf is the form that names a recipient.
func formOf(to courrier.Recipient) map[string]string {
	a := to.Address
	return map[string]string{
		"company": to.Company, "name": to.Name, "attention": to.Attention, "unit": a.Unit, "building": a.Building, "street": a.Street, "box": a.Box,
		"postcode": a.Postcode, "city": a.City, "state": a.State, "country": a.Country,
	}
}

// country is a country with its name, as the post of France reads it on a letter.
type country struct{ Code, Name string }

func countries() []country {
	var all []country
	for _, code := range courrier.Countries() {
		all = append(all, country{code, postal.CountryLines()[code]})
	}
	return all
}
