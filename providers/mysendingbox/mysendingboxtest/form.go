package mysendingboxtest

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// maxBody is the longest request the fake reads.
const maxBody = 64 << 20

// fields is a request as a flat form: nested names in brackets, files apart.
type fields struct {
	values    map[string]string
	files     map[string][]byte
	multipart bool
}

// parse reads a request in any of the encodings that the carrier takes.
func parse(r *http.Request) (fields, error) {
	f := fields{values: map[string]string{}, files: map[string][]byte{}}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return f, errors.New("Content-Type is missing")
	}
	body := io.LimitReader(r.Body, maxBody)
	switch kind {
	case "application/json":
		var v map[string]any
		d := json.NewDecoder(body)
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			return f, errors.New("malformed JSON")
		}
		f.flatten("", v)
	case "application/x-www-form-urlencoded":
		raw, err := io.ReadAll(body)
		if err != nil {
			return f, err
		}
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			return f, errors.New("malformed form")
		}
		for k, v := range form {
			f.values[bracketed(k)] = v[len(v)-1]
		}
	case "multipart/form-data":
		f.multipart = true
		return f, f.readParts(multipart.NewReader(body, params["boundary"]))
	default:
		return f, errors.New("unknown Content-Type")
	}
	return f, nil
}

func (f fields) readParts(r *multipart.Reader) error {
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errors.New("malformed multipart body")
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return errors.New("malformed multipart body")
		}
		if part.FileName() != "" {
			f.files[bracketed(part.FormName())] = content
			continue
		}
		f.values[bracketed(part.FormName())] = string(content)
	}
}

func (f fields) flatten(prefix string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			name := k
			if prefix != "" {
				name = prefix + "[" + k + "]"
			}
			f.flatten(name, inner)
		}
	case string:
		f.values[prefix] = v
	case bool:
		f.values[prefix] = map[bool]string{true: "true", false: "false"}[v]
	case json.Number:
		f.values[prefix] = v.String()
	}
}

// bracketed turns the dotted form of older clients into brackets.
func bracketed(name string) string {
	head, rest, dotted := strings.Cut(name, ".")
	if !dotted || strings.Contains(head, "[") {
		return name
	}
	return head + "[" + strings.ReplaceAll(rest, ".", "][") + "]"
}

// object collects the fields below a name.
func (f fields) object(name string) map[string]any {
	o := map[string]any{}
	for k, v := range f.values {
		if inner, ok := strings.CutPrefix(k, name+"["); ok {
			o[strings.TrimSuffix(inner, "]")] = v
		}
	}
	return o
}
