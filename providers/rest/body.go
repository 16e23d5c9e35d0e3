package rest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"strings"
)

// Body is what a call sends. The zero Body is none.
type Body struct {
	Type string
	Size int64
	Open func() io.Reader // from the start, each time
	Sum  string           // of a multipart form: the same for the same fields, and no others
}

func (b Body) reader() (io.Reader, error) { return b.Open(), nil }

// Bytes returns a body of one piece.
func Bytes(contentType string, b []byte) Body {
	return Body{Type: contentType, Size: int64(len(b)), Open: func() io.Reader { return bytes.NewReader(b) }}
}

// JSON returns v in JSON.
func JSON(v any) (Body, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return Body{}, fmt.Errorf("encode body: %w", err)
	}
	return Bytes("application/json", b), nil
}

// Form returns values as a form.
func Form(v url.Values) Body {
	return Bytes("application/x-www-form-urlencoded", []byte(v.Encode()))
}

// Field is one field of a multipart form, in the order of the slice it is in.
type Field struct {
	Name     string
	Content  []byte
	FileName string // set for a file
	Type     string // content type of a file; empty: application/octet-stream
}

// Multipart returns a form that may hold files. The contents are not copied. The
// boundary comes from a hash of the fields: the same form is the same bytes when
// it is sent again, and no content can hold it by chance or on purpose.
func Multipart(fields []Field) Body {
	boundary := boundaryOf(fields)
	var pieces [][]byte
	var head bytes.Buffer
	w := multipart.NewWriter(&head)
	if err := w.SetBoundary(boundary); err != nil {
		panic("rest: a hexadecimal boundary is always valid: " + err.Error())
	}
	cut := func() {
		pieces = append(pieces, bytes.Clone(head.Bytes()))
		head.Reset()
	}
	for _, f := range fields {
		if _, err := w.CreatePart(f.header()); err != nil {
			panic("rest: a buffer takes every part: " + err.Error())
		}
		cut()
		pieces = append(pieces, f.Content)
	}
	w.Close()
	cut()
	var size int64
	for _, p := range pieces {
		size += int64(len(p))
	}
	return Body{Type: w.FormDataContentType(), Size: size, Sum: boundary, Open: func() io.Reader {
		readers := make([]io.Reader, len(pieces))
		for i, p := range pieces {
			readers[i] = bytes.NewReader(p)
		}
		return io.MultiReader(readers...)
	}}
}

func boundaryOf(fields []Field) string {
	h := sha256.New()
	for _, f := range fields {
		fmt.Fprintf(h, "%q %q %q %d\n", f.Name, f.FileName, f.Type, len(f.Content))
		h.Write(f.Content)
	}
	return hex.EncodeToString(h.Sum(nil)[:20])
}

var quoted = strings.NewReplacer("\\", "\\\\", `"`, "%22", "\r", "%0D", "\n", "%0A")

func (f Field) header() textproto.MIMEHeader {
	h := textproto.MIMEHeader{}
	disposition := `form-data; name="` + quoted.Replace(f.Name) + `"`
	if f.FileName != "" {
		disposition += `; filename="` + quoted.Replace(f.FileName) + `"`
		contentType := f.Type
		if contentType == "" {
			contentType = "application/octet-stream"
		}
		h.Set("Content-Type", contentType)
	}
	h.Set("Content-Disposition", disposition)
	return h
}

// JSON decodes the answer into v, numbers as [json.Number] where v leaves it
// open. Its error holds nothing of the body.
func (a *Answer) JSON(v any) error { return DecodeJSON(a.Body, v) }

// DecodeJSON decodes one JSON value. Its error holds nothing of the body.
func DecodeJSON(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return fmt.Errorf("unexpected JSON: field %q is not a %s", kind.Field, kind.Type)
		}
		return fmt.Errorf("not the expected JSON, after %d bytes", d.InputOffset())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}
