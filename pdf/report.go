package pdf

import (
	"fmt"
	"slices"

	"github.com/courrier-go/courrier"
)

// Report is what an inspection found. It holds no text of the document, so it
// may be stored and logged.
type Report struct {
	Verdict       Verdict      `json:"verdict"`
	Bytes         int          `json:"bytes"`
	Pages         int          `json:"pages"`
	SheetsSimplex int          `json:"sheets_simplex"`
	SheetsDuplex  int          `json:"sheets_duplex"`
	Encryption    Encryption   `json:"encryption,omitempty"`
	PageSizes     []PageReport `json:"page_sizes,omitempty"`
	Findings      []Finding    `json:"findings,omitempty"`
}

// PageReport is one page as it is seen: cropped, turned and scaled.
type PageReport struct {
	Width  float64 `json:"width"`  // mm
	Height float64 `json:"height"` // mm
	A4     bool    `json:"a4"`     // portrait, to 2 mm
	Blank  bool    `json:"blank,omitempty"`
}

// Verdict sums up a report.
type Verdict string

// The verdicts.
const (
	VerdictPrint  Verdict = "print"  // prints as it is
	VerdictCheck  Verdict = "check"  // prints, perhaps not as the user saw it: show the findings
	VerdictRefuse Verdict = "refuse" // does not print
)

// Encryption says how a file is locked.
type Encryption string

// The ways a file is locked.
const (
	EncryptionNone        Encryption = ""
	EncryptionPermissions Encryption = "permissions" // opens without a password
	EncryptionPassword    Encryption = "password"    // does not
	EncryptionUnknown     Encryption = "unknown"     // in a way nobody here can undo
)

// Finding is one thing the sender should know before the file is printed.
type Finding struct {
	Code     Code      `json:"code"`
	Severity Severity  `json:"severity"`
	Pages    []int     `json:"pages,omitempty"` // from 1, ascending; none: the whole file
	Box      *Box      `json:"box,omitempty"`   // around everything that the finding is about, over all its pages
	Ink      []InkKind `json:"ink,omitempty"`   // what is there, for findings about zones
	Remedies []Remedy  `json:"remedies,omitempty"`
	Detail   string    `json:"detail,omitempty"` // a size, a font name, a bound, or "crash"; never text of the document
}

// Severity of a finding.
type Severity string

// The severities.
const (
	SeverityInfo    Severity = "info"
	SeverityWarning Severity = "warning"
	SeverityError   Severity = "error"
)

// Remedy is what can be done about a finding.
type Remedy string

// The remedies. Carrier sheet, scale and flatten are options of [Assembler].
const (
	RemedyCarrierSheet Remedy = "carrier-sheet" // put a sheet with the address in front
	RemedyShift        Remedy = "shift"         // move what is in the zone
	RemedyScale        Remedy = "scale"         // fit the page into A4
	RemedyFlatten      Remedy = "flatten"       // draw form fields and annotations into the page
	RemedyUnlock       Remedy = "unlock"        // save the file without a password
	RemedyReplace      Remedy = "replace"       // export the file anew from the program that made it
	RemedyEmbedFonts   Remedy = "embed-fonts"   // export the file with its fonts
	RemedySplit        Remedy = "split"         // send fewer or smaller files
	RemedyLook         Remedy = "look"          // compare the preview with what was meant
)

// Code identifies a kind of finding for good: hosts translate it.
type Code string

// The codes.
const (
	CodeTooLarge            Code = "too-large"
	CodeNotPDF              Code = "not-pdf"
	CodeCorrupt             Code = "corrupt"
	CodeNoPages             Code = "no-pages"
	CodeTooComplex          Code = "too-complex"
	CodePassword            Code = "password"
	CodeEncryptionUnknown   Code = "encryption-unknown"
	CodeRestricted          Code = "restricted"
	CodePrintForbidden      Code = "print-forbidden"
	CodeRepaired            Code = "repaired"
	CodePageMissing         Code = "page-missing"
	CodePageDamaged         Code = "page-damaged"
	CodePageUnreadable      Code = "page-unreadable"
	CodePageBlank           Code = "page-blank"
	CodePageSize            Code = "page-size"
	CodePageLandscape       Code = "page-landscape"
	CodePageSizeUnknown     Code = "page-size-unknown"
	CodePageScaled          Code = "page-scaled"
	CodePageTrimmed         Code = "page-trimmed"
	CodeFontNotEmbedded     Code = "font-not-embedded"
	CodeHiddenLayers        Code = "hidden-layers"
	CodeLayersDiffer        Code = "layers-differ"
	CodeJavaScript          Code = "javascript"
	CodeEmbeddedFiles       Code = "embedded-files"
	CodeFormFields          Code = "form-fields"
	CodeFormNotDrawn        Code = "form-not-drawn"
	CodeFormXFA             Code = "form-xfa"
	CodeAnnotations         Code = "annotations"
	CodeAnnotationsScreen   Code = "annotations-screen-only"
	CodeAnnotationsNotDrawn Code = "annotations-not-drawn"
	CodeSigned              Code = "signed"
	CodeWindow              Code = "window-intrusion"
	CodeNoAddress           Code = "window-no-address"
	CodeLabel               Code = "label-intrusion"
	CodeMargin              Code = "margin-intrusion"
	CodeImageUnread         Code = "image-unread"
)

// CodeInfo documents a code.
type CodeInfo struct {
	Code     Code
	Severity Severity
	Remedies []Remedy
	Meaning  string
}

// Codes returns every code with what it means, in the order of a report.
func Codes() []CodeInfo {
	return []CodeInfo{
		{CodeTooLarge, SeverityError, []Remedy{RemedySplit}, "the file is larger than the limit; it was not read"},
		{CodeNotPDF, SeverityError, []Remedy{RemedyReplace}, "neither a PDF header in the first 1,024 bytes nor the objects of a PDF"},
		{CodeCorrupt, SeverityError, []Remedy{RemedyReplace}, "the file cannot be read, not even by scanning it for its objects"},
		{CodeNoPages, SeverityError, []Remedy{RemedyReplace}, "the file reads, but has no page"},
		{CodeTooComplex, SeverityError, []Remedy{RemedyReplace, RemedySplit}, "a bound of time, memory or work was hit; the detail names it"},
		{CodePassword, SeverityError, []Remedy{RemedyUnlock}, "the file opens only with a password"},
		{CodeEncryptionUnknown, SeverityError, []Remedy{RemedyUnlock}, "the file is encrypted in a way that cannot be undone here"},
		{CodePrintForbidden, SeverityError, []Remedy{RemedyUnlock}, "the file opens, but its author does not allow printing"},
		{CodeRestricted, SeverityInfo, nil, "the file opens without a password and restricts other uses than printing; assembling removes that"},
		{CodeRepaired, SeverityWarning, []Remedy{RemedyLook, RemedyReplace}, "the file is damaged and was read as viewers repair it; parts may be lost"},
		{CodePageMissing, SeverityError, []Remedy{RemedyReplace}, "a page is announced but not in the file; some programs print a blank one instead"},
		{CodePageDamaged, SeverityWarning, []Remedy{RemedyLook, RemedyReplace}, "part of a page's content cannot be read"},
		{CodePageUnreadable, SeverityError, []Remedy{RemedyReplace}, "nothing of a page's content can be read; most programs show it blank"},
		{CodePageBlank, SeverityInfo, []Remedy{RemedyLook}, "nothing on the page leaves ink, and it costs a page"},
		{CodePageSize, SeverityWarning, []Remedy{RemedyScale}, "the page as seen is not A4"},
		{CodePageLandscape, SeverityWarning, []Remedy{RemedyScale}, "the page as seen is wider than high"},
		{CodePageSizeUnknown, SeverityWarning, []Remedy{RemedyLook, RemedyReplace}, "no size of the page can be read; it is taken for A4, and by some programs for another"},
		{CodePageScaled, SeverityInfo, nil, "the page will be scaled, or turned, to fit; the detail is its own size"},
		{CodePageTrimmed, SeverityWarning, []Remedy{RemedyLook}, "the page is cut to its trim box: bleed and printers' marks beyond it are not printed"},
		{CodeFontNotEmbedded, SeverityWarning, []Remedy{RemedyEmbedFonts, RemedyLook}, "the printer will put a font of its own in place of this one"},
		{CodeHiddenLayers, SeverityInfo, []Remedy{RemedyLook}, "the file holds layers that are switched off and will not be printed"},
		{CodeLayersDiffer, SeverityWarning, []Remedy{RemedyLook}, "layers are seen on screen and not printed, or the other way round, as the file wants it"},
		{CodeJavaScript, SeverityWarning, []Remedy{RemedyFlatten, RemedyLook}, "scripts may change what is seen on screen; they do not run at the printer"},
		{CodeEmbeddedFiles, SeverityInfo, nil, "files are attached inside; they are not printed"},
		{CodeFormFields, SeverityWarning, []Remedy{RemedyFlatten}, "form fields: some printers leave them out or draw them anew"},
		{CodeFormNotDrawn, SeverityError, []Remedy{RemedyReplace}, "form fields hold values that neither the file draws nor we can: a letter without a glyph, a script from right to left"},
		{CodeFormXFA, SeverityError, []Remedy{RemedyReplace}, "an XFA form: its pages exist only inside Adobe's programs"},
		{CodeAnnotations, SeverityInfo, []Remedy{RemedyFlatten}, "annotations are printed"},
		{CodeAnnotationsScreen, SeverityWarning, []Remedy{RemedyLook, RemedyFlatten}, "annotations are seen on screen and not printed"},
		{CodeAnnotationsNotDrawn, SeverityError, []Remedy{RemedyFlatten, RemedyReplace}, "annotations are printed that the file does not draw, and each viewer in its own way; the detail is the kind"},
		{CodeSigned, SeverityInfo, nil, "signed electronically; paper does not carry that, and assembling drops it"},
		{CodeWindow, SeverityError, []Remedy{RemedyCarrierSheet, RemedyShift}, "something other than the address shows in the envelope's window"},
		{CodeNoAddress, SeverityError, []Remedy{RemedyCarrierSheet, RemedyShift}, "no text stands where the address must be"},
		{CodeLabel, SeverityError, []Remedy{RemedyCarrierSheet, RemedyShift}, "something stands where the label of registered mail goes"},
		{CodeMargin, SeverityWarning, []Remedy{RemedyScale}, "something stands in the margin that is not printed"},
		{CodeImageUnread, SeverityWarning, []Remedy{RemedyLook, RemedyCarrierSheet}, "an image that cannot be looked into lies over the window, the label or a margin"},
	}
}

// Find returns the finding with this code.
func (r Report) Find(code Code) (Finding, bool) {
	i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Code == code })
	if i < 0 {
		return Finding{}, false
	}
	return r.Findings[i], true
}

// Err returns a [courrier.FieldError] for each finding that forbids printing,
// joined, with the given name of the field; nil when there is none.
func (r Report) Err(field string) error {
	var c courrier.Checks
	for _, f := range r.Findings {
		if f.Severity != SeverityError {
			continue
		}
		rule := string(f.Code)
		if len(f.Pages) > 0 {
			rule += fmt.Sprintf(" on pages %v", f.Pages)
		}
		if f.Detail != "" {
			rule += " (" + f.Detail + ")"
		}
		c.Require(false, field, rule, fmt.Sprintf("remedies: %v", f.Remedies))
	}
	return c.Err()
}

// findings collects what a report lists: one finding for each code and detail.
type findings struct{ list []Finding }

func (fs *findings) add(code Code, page int, detail string) *Finding {
	i := slices.IndexFunc(fs.list, func(f Finding) bool { return f.Code == code && f.Detail == detail })
	if i < 0 {
		fs.list = append(fs.list, Finding{Code: code, Detail: detail})
		i = len(fs.list) - 1
	}
	f := &fs.list[i]
	if page > 0 && (len(f.Pages) == 0 || f.Pages[len(f.Pages)-1] != page) {
		f.Pages = append(f.Pages, page)
	}
	return f
}

func (fs *findings) addInk(code Code, page int, m mark) *Finding {
	f := fs.add(code, page, "")
	if f.Box == nil {
		b := m.box
		f.Box = &b
	} else {
		b := f.Box.extend(m.box.X, m.box.Y).extend(m.box.Right(), m.box.Bottom())
		f.Box = &b
	}
	if !slices.Contains(f.Ink, m.kind) {
		f.Ink = append(f.Ink, m.kind)
	}
	return f
}

// finish completes each finding from the table of codes, sorts them as the
// table does, and draws the verdict.
func (r *Report) finish(fs findings) {
	r.Verdict = VerdictPrint
	for _, info := range Codes() {
		for _, f := range fs.list {
			if f.Code != info.Code {
				continue
			}
			f.Remedies = info.Remedies
			if f.Severity == "" {
				f.Severity = info.Severity
			}
			if f.Box != nil {
				b := f.Box.rounded()
				f.Box = &b
			}
			slices.Sort(f.Ink)
			slices.Sort(f.Pages)
			f.Pages = slices.Compact(f.Pages)
			r.Findings = append(r.Findings, f)
			r.Verdict = r.Verdict.worse(f.Severity)
		}
	}
}

func (v Verdict) worse(s Severity) Verdict {
	switch {
	case s == SeverityError:
		return VerdictRefuse
	case s == SeverityWarning && v == VerdictPrint:
		return VerdictCheck
	}
	return v
}
