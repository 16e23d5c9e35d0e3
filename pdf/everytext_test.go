package pdf_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/pdf"
)

// fullLetter has every part that a letter can have, each once.
func fullLetter() pdf.Letter {
	l := plainLetter()
	l.Recipient = slices.Clone(l.Recipient)
	l.Sender = pdf.Sender{Name: "Atelier Verne", Lines: []string{"8 quai du Port"}}
	l.Place, l.Delivery, l.Subject = "Nantes", "Lettre recommandée", "Facture"
	l.References = []pdf.Field{{Label: "Référence", Value: "1"}}
	l.Signature = pdf.Signature{Name: "Jeanne Verne", Title: "Gérante"}
	l.Enclosures, l.Footer = []string{"une facture"}, []string{"RCS Nantes"}
	l.Blocks = []pdf.Block{
		pdf.Paragraph("Bonjour"), pdf.List{Items: []string{"un"}},
		pdf.Details{Title: "Pour payer", Rows: []pdf.Field{{Label: "IBAN", Value: "FR76"}}},
		pdf.InvoiceTable{Rows: invoices(1), Lines: []pdf.SumLine{{Label: "Frais", Amount: eur("1")}}},
		pdf.QRCode{Payload: "x", Title: "Code", Caption: "à lire", Alt: "un code"},
	}
	return l
}

// texts calls visit with a setter for each text of a letter that is printed.
func texts(v reflect.Value, path string, visit func(field string, set func(string))) {
	switch v.Kind() {
	case reflect.String:
		visit(strings.TrimPrefix(path, "."), v.SetString)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !slices.Contains([]string{"Layout", "Language", "Payload", "Glyphs"}, f.Name) {
				texts(v.Field(i), path+"."+f.Name, visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Interface: // what it holds is changed in a copy
		inner := reflect.New(v.Elem().Type()).Elem()
		inner.Set(v.Elem())
		texts(inner, path, func(field string, set func(string)) {
			visit(field, func(text string) { set(text); v.Set(inner) })
		})
	}
}

// TestEveryText puts odd texts into each field of a letter: each is set, and all of
// it is in the letter, or refused by the field's name.
func TestEveryText(t *testing.T) {
	t.Parallel()
	var fields []string
	l := fullLetter()
	texts(reflect.ValueOf(&l).Elem(), "", func(field string, _ func(string)) { fields = append(fields, field) })
	require.Len(t, fields, 25)
	with := func(field, text string) pdf.Letter {
		l := fullLetter()
		texts(reflect.ValueOf(&l).Elem(), "", func(f string, set func(string)) {
			if f == field {
				set(text)
			}
		})
		return l
	}
	spoken := func(field string) bool { return strings.HasSuffix(field, ".Alt") } // said by a screen reader, not set
	for name, text := range map[string]string{
		"Hebrew": "a שלום b", "Arabic as it is shaped": "a \ufe8d b", "Adlam": "𞤀", "emoji": "a 😀 b", "private use": "\ue000", "bytes": "a\xffb",
	} {
		t.Run("refused/"+name, func(t *testing.T) {
			for _, field := range fields {
				_, refused := composeOrRefuse(t, with(field, text))
				require.Equal(t, spoken(field), len(refused) == 0, field)
				require.True(t, spoken(field) || refused[0].Field == field, "%s is refused as %v", field, refused)
			}
		})
	}
	for name, text := range map[string]string{
		"a paragraph": numbered(120, "mot"), "a word": strings.Repeat("abcdefghij", 40), "blank": " \u00a0", "a mark alone": "\u0301",
		"a tab": "a\tb", "bold without an end": "**a", "a zero": "a\x00b",
	} {
		t.Run("set/"+name, func(t *testing.T) {
			for _, field := range fields {
				out, refused := composeOrRefuse(t, with(field, text))
				if len(refused) > 0 {
					part, _, _ := strings.Cut(refused[0].Field, "[")
					require.True(t, strings.HasPrefix(field, part), "%s is refused as %v", field, refused)
					continue
				}
				conforms(t, out.File)
				if name == "a paragraph" && !spoken(field) {
					holds(t, out, strings.Fields(text)...) // a label's lines stand beside those of its value
				}
			}
		})
	}
}
