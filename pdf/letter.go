package pdf

import (
	"github.com/courrier-go/courrier"
)

// Letter is a letter in plain parts. Only Recipient, Date and Blocks are
// required; what is empty leaves no gap. Texts may be given as typed: the
// letter's language brings its own spaces, quotes and hyphenation rules.
type Letter struct {
	Language string // BCP 47: "fr", "en", "de" and their regions; default "fr"
	Layout   Layout // of the envelope; default LayoutFrenchDL

	Sender    Sender
	Recipient []string // the lines of the address, 1 to 7
	// EmptyWindow is for carriers that print the address themselves: nothing is
	// set in the window, and a line below it names the recipient.
	EmptyWindow bool

	Place      string
	Date       courrier.Date
	Delivery   string // how it travels, such as "Lettre recommandée avec avis de réception"
	References []Field
	Subject    string
	Blocks     []Block
	Signature  Signature
	Enclosures []string
	Numbering  Numbering
	Footer     []string // small lines at the foot of each page, such as the company's registration

	Glyphs GlyphPolicy    // what becomes of characters that cannot be set; default GlyphsRefuse
	Files  []EmbeddedFile // files that travel inside, such as an electronic invoice: they make the letter PDF/A-3u
}

// EmbeddedFile is a file inside the letter's file (ISO 19005-3, 6.8). It is not
// printed.
type EmbeddedFile struct {
	Name         string // with its ending, without a path: "factur-x.xml"
	MediaType    string // "text/xml"
	Relationship FileRelationship
	Description  string
	Content      []byte
}

// FileRelationship says what an embedded file is to the letter.
type FileRelationship string

// The relationships of ISO 19005-3, 6.8.
const (
	FileSource      FileRelationship = "Source"      // the letter was made from it
	FileData        FileRelationship = "Data"        // it holds figures of the letter
	FileAlternative FileRelationship = "Alternative" // it says the same in another form
	FileSupplement  FileRelationship = "Supplement"  // it adds to the letter
	FileUnspecified FileRelationship = "Unspecified"
)

var fileRelationships = []FileRelationship{FileSource, FileData, FileAlternative, FileSupplement, FileUnspecified}

// Numbering counts a letter's pages within a file that it is a part of. Its zero
// value counts them within the letter, and not at all when there is one.
type Numbering struct {
	First int // number of the letter's first page in the file
	Of    int // pages of the file
}

// Sender is who writes.
type Sender struct {
	Name  string
	Lines []string // address, telephone, e-mail
	Logo  *Artwork
}

// Field is a label and its value.
type Field struct{ Label, Value string }

// Signature closes the letter. It stays with the last lines before it.
type Signature struct {
	Name  string
	Title string
	Image *Artwork // the handwritten signature
}

func (s Signature) isZero() bool { return s.Name == "" && s.Title == "" && s.Image == nil }

// Block is one part of a letter's body: [Paragraph], [List], [Details],
// [InvoiceTable] or [QRCode].
type Block interface{ isBlock() }

// Paragraph is running text. Between two pairs of asterisks it is **bold**;
// a backslash takes the next asterisk as it is; a line feed breaks the line.
type Paragraph string

// List is a list of paragraphs.
type List struct {
	Items    []string
	Numbered bool
}

// Details is a framed list of labels and values, such as how to pay.
type Details struct {
	Title string
	Rows  []Field
}

// InvoiceTable lists invoices and sums them up. All amounts of a table have
// the same unit. It flows over pages with its header repeated.
type InvoiceTable struct {
	Rows    []InvoiceRow
	Columns []Column  // default: number, issued, due, amount, open, and credited, paid and penalties where any row has them
	Lines   []SumLine // below the total, such as the fixed recovery compensation and what is due in the end
}

// InvoiceRow is one invoice. Zero dates and amounts leave their cell empty.
type InvoiceRow struct {
	Number    string
	IssuedOn  courrier.Date
	DueOn     courrier.Date
	Amount    courrier.Amount
	Credited  courrier.Amount // by credit notes
	Paid      courrier.Amount
	Open      courrier.Amount
	Penalties courrier.Amount
	DaysLate  int // since the day it was due; 0 leaves its cell empty
}

// SumLine is a labelled amount below a table.
type SumLine struct {
	Label  string
	Amount courrier.Amount
	Strong bool
}

// Column is a column of an [InvoiceTable].
type Column string

// The columns.
const (
	ColumnNumber    Column = "number"
	ColumnIssued    Column = "issued"
	ColumnDue       Column = "due"
	ColumnAmount    Column = "amount"
	ColumnCredited  Column = "credited"
	ColumnPaid      Column = "paid"
	ColumnOpen      Column = "open"
	ColumnPenalties Column = "penalties"
	ColumnTotal     Column = "total" // open and penalties together
	ColumnDaysLate  Column = "days_late"
)

func (Paragraph) isBlock()    {}
func (List) isBlock()         {}
func (Details) isBlock()      {}
func (InvoiceTable) isBlock() {}

// Theme adjusts how letters look. The zero Theme is black on white with a deep
// blue accent, in Liberation Sans.
type Theme struct {
	Accent    RGB     // of the subject, rules and table heads; the zero RGB is the default
	Serif     bool    // Liberation Serif instead of Sans
	BodySize  float64 // in points, 8 to 12; default 10
	FoldMarks bool    // small marks where the letter is folded
}

// RGB is a colour.
type RGB struct{ R, G, B uint8 }

var (
	ink         = RGB{0x1a, 0x1a, 0x1a}
	grey        = RGB{0x5f, 0x66, 0x6e}
	paleRule    = RGB{0xc9, 0xce, 0xd6}
	paleFill    = RGB{0xf3, 0xf5, 0xf8}
	deepBlue    = RGB{0x1f, 0x3a, 0x5f}
	defaultBody = 10.0
)

func (t Theme) withDefaults() Theme {
	if t.Accent == (RGB{}) {
		t.Accent = deepBlue
	}
	if t.BodySize == 0 {
		t.BodySize = defaultBody
	}
	return t
}
