package pdf

import (
	"slices"

	"github.com/courrier-go/courrier"
)

// Confidence says how well a layout's figures are founded.
type Confidence string

// The degrees of confidence.
const (
	ConfidenceSource   Confidence = "source"   // published by the named source
	ConfidenceInferred Confidence = "inferred" // derived from the envelope's size and published neighbours
)

// Layout is what an envelope leaves visible and what a carrier forbids on an
// A4 portrait page: data, to be completed or replaced by the host.
type Layout struct {
	ID       string `json:"id"`
	Country  string `json:"country"`  // ISO 3166-1 alpha-2 of the post that set it
	Envelope string `json:"envelope"` // trade name, such as "DL"

	// Window shows through the envelope, wherever the sheet slides in it.
	// Nothing but the address may be there. Zero: no window, the address is on
	// a carrier sheet or on the envelope.
	Window Box `json:"window"`
	// Address is where the recipient's lines may be.
	Address Box `json:"address"`
	// Text is where [Composer] writes them: inside Address.
	Text Box `json:"text"`
	// Label takes the label of registered mail. Zero: the carrier puts it on
	// the envelope or says nothing.
	Label Box `json:"label"`

	Margins    Margins    `json:"margins"` // not printed, or forbidden
	Folds      []float64  `json:"folds,omitempty"`
	Confidence Confidence `json:"confidence"`
	Source     string     `json:"source"`

	// Tolerances say how strictly the zones are held; the zero value as the
	// layouts of this package are.
	Tolerances Tolerances `json:"tolerances,omitzero"`
}

// Tolerances are what an inspection forgives. A zero field takes its default.
type Tolerances struct {
	Edge   float64  `json:"edge,omitempty"`   // mm that something may reach into the window or the label; default 0.5
	Size   float64  `json:"size,omitempty"`   // mm by which a page may differ from A4; default 2 (ISO 216 allows 2)
	White  float64  `json:"white,omitempty"`  // share of light, 0 to 1, from which a pixel of an image is paper; default 0.9
	Speck  float64  `json:"speck,omitempty"`  // mm² of dark pixels of an image in a zone that are dust of a scanner; default 0.25
	Margin Severity `json:"margin,omitempty"` // of what stands in a margin; default warning
}

func (t Tolerances) edge() float64  { return orDefault(t.Edge, 0.5) }
func (t Tolerances) size() float64  { return orDefault(t.Size, a4Tolerance) }
func (t Tolerances) white() float64 { return min(orDefault(t.White, 0.9), 1) }
func (t Tolerances) speck() float64 { return orDefault(t.Speck, 0.25) }

func orDefault(v, standard float64) float64 {
	if v > 0 {
		return v
	}
	return standard
}

// Margins are widths in millimetres along the page's edges.
type Margins struct {
	Top    float64 `json:"top"`
	Right  float64 `json:"right"`
	Bottom float64 `json:"bottom"`
	Left   float64 `json:"left"`
}

func (m Margins) inside() Box {
	return Box{m.Left, m.Top, a4Width - m.Left - m.Right, a4Height - m.Top - m.Bottom}
}

// printable are the margins that scaling keeps free: of a layout that says
// nothing, those of [LayoutCarrierSheet].
func (l Layout) printable() Margins {
	if l.ID == "" && l.Margins == (Margins{}) {
		return edge
	}
	return l.Margins
}

// boxes are the four forbidden strips of a page of this size.
func (m Margins) boxes(w, h float64) []Box {
	all := []Box{
		{0, 0, w, m.Top}, {w - m.Right, 0, m.Right, h}, {0, h - m.Bottom, w, m.Bottom}, {0, 0, m.Left, h},
	}
	return slices.DeleteFunc(all, func(b Box) bool { return b.W <= 0 || b.H <= 0 })
}

// The identifiers of the layouts that come with the package.
const (
	LayoutFrenchDL           = "fr-dl"
	LayoutFrenchDLRegistered = "fr-dl-registered"
	LayoutFrenchC4           = "fr-c4"
	LayoutCarrierSheet       = "carrier-sheet"
	LayoutPingenRight        = "pingen-right"
	LayoutGermanLeft         = "de-left"
	LayoutGermanRegistered   = "de-left-registered"
	LayoutDIN5008A           = "din5008-a"
	LayoutDIN5008B           = "din5008-b"
	LayoutSwissRight         = "ch-right"
	LayoutSwissLeft          = "ch-left"
	LayoutBritishDL          = "gb-dl"
)

// edge is what German online post asks to keep free at every edge; no French
// carrier publishes its figure.
var edge = Margins{5, 5, 5, 5}

// frenchText lies inside the boxes of KOMA-Script's NF layout and of EDICS.
var frenchText = Box{112, 56, 83, 24}

// commonText lies inside these and inside a Pingen-type window on the right.
var commonText = Box{118, 60, 77, 20}

// Layouts returns the layouts of the package, sorted by ID. They are copies:
// change one and pass it on.
func Layouts() []Layout {
	return []Layout{
		{
			ID: LayoutCarrierSheet, Country: "FR", Envelope: "any", Margins: edge, Confidence: ConfidenceInferred,
			Source: "the address stands on a sheet of its own; margins: as de-left",
		},
		{
			ID: LayoutSwissLeft, Country: "CH", Envelope: "C5/6 window left", Margins: edge,
			Window: Box{20, 35.5, 100, 45}, Address: Box{20, 35.5, 100, 45}, Text: Box{25, 42, 80, 36},
			Folds: []float64{105, 210}, Confidence: ConfidenceSource, Source: "KOMA-Script SNleft.lco",
		},
		{
			ID: LayoutSwissRight, Country: "CH", Envelope: "C5/6 window right", Margins: edge,
			Window: Box{112, 45, 90, 45}, Address: Box{112, 45, 90, 45}, Text: Box{118, 52, 78, 36},
			Folds: []float64{105, 210}, Confidence: ConfidenceSource, Source: "KOMA-Script SN.lco",
		},
		{
			ID: LayoutGermanLeft, Country: "DE", Envelope: "DL window left", Margins: edge,
			Window: Box{22, 60, 85.5, 25.5}, Address: Box{22, 60, 85.5, 25.5}, Text: Box{25, 61, 80, 24},
			Folds: []float64{105, 210}, Confidence: ConfidenceSource, Source: "German online post, letter upload documentation",
		},
		{
			ID: LayoutGermanRegistered, Country: "DE", Envelope: "DL window left", Margins: edge,
			Window: Box{22, 60, 85.5, 25.5}, Address: Box{22, 68, 85.5, 17.5}, Text: Box{25, 68, 80, 17},
			Label: Box{22, 60, 85.5, 8},
			Folds: []float64{105, 210}, Confidence: ConfidenceSource,
			Source: "German online post, letter upload documentation (Einschreiben); label: what the smaller box leaves",
		},
		{
			ID: LayoutDIN5008A, Country: "DE", Envelope: "DL window left", Margins: edge,
			Window: Box{20, 27, 85, 45}, Address: Box{20, 27, 85, 45}, Text: Box{25, 44.7, 75, 27.3},
			Folds: []float64{87, 192}, Confidence: ConfidenceSource, Source: "DIN 5008 form A, by KOMA-Script DINmtext.lco",
		},
		{
			ID: LayoutDIN5008B, Country: "DE", Envelope: "DL window left", Margins: edge,
			Window: Box{20, 45, 85, 45}, Address: Box{20, 45, 85, 45}, Text: Box{25, 62.7, 75, 27.3},
			Folds: []float64{105, 210}, Confidence: ConfidenceSource, Source: "DIN 5008 form B, by KOMA-Script DIN.lco",
		},
		{
			ID: LayoutFrenchC4, Country: "FR", Envelope: "C4", Margins: edge, Confidence: ConfidenceInferred,
			Source: "French carriers print the address of a C4 envelope on a carrier sheet; margins: as de-left",
		},
		{
			ID: LayoutFrenchDL, Country: "FR", Envelope: "DL window right", Margins: edge,
			Window: Box{95, 34, 105, 56}, Address: Box{100, 35, 100, 53}, Text: frenchText,
			Folds: []float64{99, 198}, Confidence: ConfidenceInferred,
			Source: "address: KOMA-Script NF.lco (y 35-80) and EDICS (y 55-88) together; window: " +
				"a 45 x 100 mm window 20 mm from right and bottom of a 110 x 220 mm envelope, with slack",
		},
		{
			ID: LayoutFrenchDLRegistered, Country: "FR", Envelope: "DL window right", Margins: edge,
			Window: Box{95, 34, 105, 56}, Address: Box{110, 55, 85, 33}, Text: frenchText, Label: Box{95, 34, 105, 21},
			Folds: []float64{99, 198}, Confidence: ConfidenceInferred,
			Source: "address: EDICS, which leaves room above for the barcode of registered mail; label: what it leaves of the window",
		},
		{
			ID: LayoutBritishDL, Country: "GB", Envelope: "DL window left", Margins: Margins{5, 15, 5, 15},
			Window: Box{24.6, 39.5, 95.4, 26.8}, Address: Box{24.6, 39.5, 95.4, 26.8}, Text: Box{26, 40.5, 85, 25},
			Folds: []float64{99, 198}, Confidence: ConfidenceSource,
			Source: "GOV.UK Notify letters (alphagov/notifications-template-preview); folds: thirds",
		},
		{
			ID: LayoutPingenRight, Country: "CH", Envelope: "window right", Margins: edge,
			Window: Box{118, 60, 85.5, 25.5}, Address: Box{118, 60, 85.5, 25.5}, Text: commonText,
			Confidence: ConfidenceSource, Source: "Odoo snailmail cover page",
		},
	}
}

// check refuses a layout that is a name alone. Without zones nothing would be looked at,
// and the address would stand beside the window.
func (l Layout) check(c *courrier.Checks) {
	zones := []Box{l.Window, l.Address, l.Text, l.Label}
	empty := l.Margins == (Margins{}) && !slices.ContainsFunc(zones, func(b Box) bool { return !b.IsZero() })
	c.Require(l.ID == "" || !empty, "Layout", "has an ID and no zones", "take it whole from LayoutByID")
}

// LayoutByID finds a layout of the package.
func LayoutByID(id string) (Layout, bool) {
	all := Layouts()
	i := slices.IndexFunc(all, func(l Layout) bool { return l.ID == id })
	if i < 0 {
		return Layout{}, false
	}
	return all[i], true
}
