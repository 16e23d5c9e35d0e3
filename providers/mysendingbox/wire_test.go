package mysendingbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
)

// Every request that the adapter can make, as it goes over the wire.
func TestRequests(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(t *testing.T, w *world){
		"submit_standard": func(t *testing.T, w *world) {
			w.submit(t, submission("lt-1", courrier.ServiceStandard))
		},
		"submit_registered_ar": func(t *testing.T, w *world) {
			s := submission("lt-2", courrier.ServiceRegisteredAR)
			s.Letter.Print = &courrier.PrintOptions{Color: true, Duplex: true, CarrierSheet: true, Staple: true, Envelope: courrier.EnvelopeC4}
			s.Letter.Returns = courrier.ReturnsScanned
			s.Letter.Documents = append(s.Letter.Documents, courrier.NewDocument("annexe-1.pdf", s.Letter.Documents[0].Content), courrier.NewDocument("annexe-2.pdf", s.Letter.Documents[0].Content))
			w.submit(t, s)
		},
		"submit_abroad": func(t *testing.T, w *world) {
			s := submission("lt-3", courrier.ServicePriority)
			s.Letter.From = courrier.Sender{}
			s.Letter.Returns = courrier.ReturnsToSender
			s.Letter.To = courrier.Recipient{Name: "Frau Ilse Jäger", Address: courrier.Address{Street: "Kurfürstendamm 21", Postcode: "10719", City: "Berlin", Country: "DE"}}
			w.submit(t, s)
		},
		"quote": func(t *testing.T, w *world) {
			l := submission("", courrier.ServiceRegistered).Letter
			l.Print = &courrier.PrintOptions{Duplex: true, CarrierSheet: true}
			_, err := w.provider.Quote(t.Context(), l)
			require.NoError(t, err)
		},
		"find": func(t *testing.T, w *world) {
			ref := w.submit(t, submission("lt-4", courrier.ServiceStandard))
			w.recorder.take()
			ref.ProviderID = ""
			_, err := w.provider.Find(t.Context(), ref)
			require.NoError(t, err)
		},
		"track": func(t *testing.T, w *world) {
			ref := w.submit(t, submission("lt-5", courrier.ServiceStandard))
			w.recorder.take()
			_, err := w.provider.Track(t.Context(), []courrier.Reference{ref})
			require.NoError(t, err)
		},
		"cancel": func(t *testing.T, w *world) {
			ref := w.submit(t, submission("lt-6", courrier.ServiceStandard))
			w.recorder.take()
			require.NoError(t, w.provider.Cancel(t.Context(), ref))
		},
		"cancel_twice": func(t *testing.T, w *world) {
			ref := w.submit(t, submission("lt-7", courrier.ServiceStandard))
			require.NoError(t, w.provider.Cancel(t.Context(), ref))
			w.recorder.take()
			require.NoError(t, w.provider.Cancel(t.Context(), ref))
		},
		"proof": func(t *testing.T, w *world) {
			ref := w.submit(t, submission("lt-8", courrier.ServiceRegistered))
			w.Happen(ref.ProviderID, "letter.accepted", "letter.filing_proof")
			w.recorder.take()
			_, err := w.provider.Proof(t.Context(), ref, courrier.ProofOfDeposit)
			require.NoError(t, err)
		},
		"list": func(t *testing.T, w *world) {
			w.Behave(mysendingboxtest.Behaviour{PageSize: 2})
			for _, id := range []courrier.LetterID{"a", "b", "c"} {
				w.submit(t, submission(id, courrier.ServiceStandard))
			}
			w.recorder.take()
			require.Len(t, collect(t, w.provider.Letters(t.Context(), account, mysendingbox.ListFilter{PostageType: "verte"})), 3)
		},
		"invoices": func(t *testing.T, w *world) {
			w.Bill(3)
			all := collect(t, w.provider.Invoices(t.Context(), account, mysendingbox.InvoiceFilter{From: courrier.MustDate("2026-01-01"), To: courrier.MustDate("2026-12-31"), Status: "waiting"}))
			require.Len(t, all, 3)
			_, err := w.provider.InvoiceFile(t.Context(), account, all[0].ID)
			require.NoError(t, err)
		},
		"accounts": func(t *testing.T, w *world) {
			accounts := newAccounts(t, w, newItems(), nil)
			_, err := accounts.Open(t.Context(), opening())
			require.NoError(t, err)
			require.NoError(t, accounts.ChangeEmail(t.Context(), account, "compta@bakery.test"))
			_, err = accounts.Probe(t.Context(), account)
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			make(t, w)
			sent := w.recorder.take()
			require.NotContains(t, sent, mysendingboxtest.LiveKey)
			require.NotContains(t, sent, "confidential", "the host's metadata stays with the host")
			require.NotContains(t, sent, "facture-martin", "names of documents stay with the host")
			golden(t, name+".http", sent)
		})
	}
}

// What the carrier read, past the encoding.
func TestLetterAsTheCarrierReadsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *mysendingbox.Config) {
		c.PostageSpeed, c.PrintSender = "express", true
		c.Postage = map[courrier.Service]string{courrier.ServiceEconomy: "destineo_esprit_libre_seuil_1"}
	})
	s := submission("lt-1", courrier.ServiceEconomy)
	s.Letter.To = courrier.Recipient{Name: "M. Jean Petit", Address: courrier.Address{
		Unit: "Appt 4", Building: "Escalier B", Street: "3 bis, rue de l'Été", Box: "BP 12", Postcode: "59000", City: "Lille", Country: "FR"}}
	w.submit(t, s)
	form := w.Forms()[0]
	for field, want := range map[string]string{
		"to[name]": "M. Jean Petit", "to[company]": "", "to[address_line1]": "Appt 4 Escalier B", "to[address_line2]": "3 BIS RUE DE L ETE", "to[address_line3]": "BP 12",
		"to[address_postalcode]": "59000", "to[address_city]": "LILLE", "to[address_country]": "France",
		"from[company]": "Ateliers Bréhat SARL", "from[address_line1]": "4 IMPASSE DU VERGER",
		"postage_type": "destineo_esprit_libre_seuil_1", "postage_speed": "express", "print_sender_address": "true",
		"color": "bw", "both_sides": "false", "address_placement": "first_page", "metadata[courrier_letter]": "lt-1",
		"source_file_type": "file", "manage_delivery_proof": "", "manage_returned_mail": "",
	} {
		require.Equal(t, want, form[field], field)
	}
}

func TestAddressesThatDoNotFit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	s := submission("lt-1", courrier.ServiceStandard)
	s.Letter.To = courrier.Recipient{Name: "M. Jean Petit", Address: courrier.Address{
		Unit: "Appartement 4, deuxième étage gauche", Building: "Escalier B", Street: "3 rue", Box: "BP 12", Postcode: "59000", City: "Lille", Country: "FR"}}
	_, err := w.provider.Submit(t.Context(), s)
	require.ErrorIs(t, err, courrier.ErrInvalid)
	require.Equal(t, "To.Address.Unit", courrier.FieldErrors(err)[0].Field)
	require.Empty(t, w.Accepted(mysendingbox.MetadataKey))

	s.Letter.To = courrier.Recipient{Company: "Coopérative des maraîchers du val de Saône", Address: courrier.Address{
		Street: "3 rue", Postcode: "59000", City: "Lille", Country: "FR"}}
	_, err = w.provider.Submit(t.Context(), s)
	require.Equal(t, "To.Company", courrier.FieldErrors(err)[0].Field)
	require.Empty(t, w.Accepted(mysendingbox.MetadataKey))
}

// The carrier's own fields, filled from the form of each country.
func TestAddressesAbroadAsTheCarrierReadsThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		to   courrier.Recipient
		want [7]string // name, company, line 1, line 2, postcode, town, country
	}{
		{courrier.Recipient{Name: "Aoife Byrne", Address: courrier.Address{Street: "1 Main Street", City: "Cork", Country: "IE"}},
			[7]string{"Aoife Byrne", "", "1 Main Street", "", "00000", "CORK", "IRLANDE"}},
		{courrier.Recipient{Company: "Halsted Tools Inc.", Name: "Ms Dana Whitlock", Address: courrier.Address{
			Street: "2210 S Halsted St Ste 300", Postcode: "60608", City: "Chicago", State: "Illinois", Country: "US"}},
			[7]string{"Ms Dana Whitlock", "Halsted Tools Inc.", "2210 S Halsted St Ste 300", "", "60608", "CHICAGO IL", "ETATS UNIS"}},
		{courrier.Recipient{Company: "Lagune SARL", Address: courrier.Address{Street: "Rue des Jardins", Box: "06 BP 37", City: "Abidjan 06", Country: "CI"}},
			[7]string{"", "Lagune SARL", "Rue des Jardins", "06 BP 37", "00000", "ABIDJAN 06", "COTE D IVOIRE"}},
		{courrier.Recipient{Name: "Szabó Dénes", Address: courrier.Address{Street: "Dob utca 12.", Postcode: "1072", City: "Budapest", Country: "HU"}},
			[7]string{"Szabó Dénes", "", "Dob utca 12.", "", "1072", "BUDAPEST", "HONGRIE"}},
	} {
		w := newWorld(t, nil)
		s := submission("lt-1", courrier.ServiceStandard)
		s.Letter.To = c.to
		w.submit(t, s)
		form := w.Forms()[0]
		for i, field := range []string{"name", "company", "address_line1", "address_line2", "address_postalcode", "address_city", "address_country"} {
			require.Equal(t, c.want[i], form["to["+field+"]"], "%s %s", c.to.Address.Country, field)
		}
	}
}

func TestConfigNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	_, err := mysendingbox.New(mysendingbox.Config{
		BaseURL: "carrier.test", Rate: -1, MaxSheets: -1, PostageSpeed: "slow", WebhookSecrets: []string{"short"},
		Postage: map[courrier.Service]string{"pigeon": "x"},
	})
	var fields []string
	for _, f := range courrier.FieldErrors(err) {
		fields = append(fields, f.Field)
	}
	require.Equal(t, []string{"Credentials", "Rate", "MaxSheets", "PostageSpeed", "WebhookSecrets", "Postage", "BaseURL"}, fields)
	_, err = mysendingbox.New(mysendingbox.Config{Credentials: mysendingbox.FixedKey(mysendingbox.NewKey(mysendingboxtest.TestKey))})
	require.NoError(t, err)
}

func TestPostageCanBeWithdrawnAndAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *mysendingbox.Config) {
		c.Postage = map[courrier.Service]string{courrier.ServicePriority: "", courrier.ServiceTracked: "suivie"}
	})
	services := w.provider.Capabilities().Services
	require.NotContains(t, services, courrier.ServicePriority)
	require.Contains(t, services, courrier.ServiceTracked)
	_, err := w.provider.Submit(t.Context(), submission("lt-1", courrier.ServiceTracked))
	require.ErrorIs(t, err, courrier.ErrRejected, "the carrier no longer sells it")
	require.ErrorContains(t, err, "postage_type")
}
