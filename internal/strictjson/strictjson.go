// Package strictjson reads JSON that people write by hand, such as price lists, and
// tells at which place it is wrong.
package strictjson

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/courrier-go/courrier/internal/quote"
)

// Wrong is the first place that cannot be read.
type Wrong struct {
	Path         string // such as ".rows[3].price"; "" is the whole
	Rule, Remedy string // about the JSON; Err may say better
	Err          error  // why this place cannot be read
}

// Naming gives the name of a field in paths: [Tag] or [Field].
type Naming func(reflect.StructField) string

// Tag names a field as the JSON does.
func Tag(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// Field names a field as Go does.
func Field(f reflect.StructField) string { return f.Name }

// Read decodes one JSON value into v, a pointer. Members that v has no field for are
// wrong, and so is anything after the value. nil: all was read.
func Read(data []byte, v any, name Naming) *Wrong {
	err := decode(data, v)
	if err == nil {
		return nil
	}
	path, value, err := smallest(data, reflect.TypeOf(v).Elem(), name, err)
	w := &Wrong{Path: path, Err: err}
	w.Rule, w.Remedy = explain(data, value, err)
	return w
}

var errMore = errors.New("more than one JSON value")

func decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errMore
	}
	return nil
}

// smallest follows the first part that cannot be read, down to one that has no parts.
func smallest(data []byte, t reflect.Type, name Naming, err error) (string, reflect.Type, error) {
	for _, p := range partsOf(data, t, name) {
		if p.of == nil {
			return p.name, nil, errUnknown
		}
		if err := decode(p.data, reflect.New(p.of).Interface()); err != nil {
			rest, value, err := smallest(p.data, p.of, name, err)
			return p.name + rest, value, err
		}
	}
	return "", t, err
}

var errUnknown = errors.New("unknown field")

// part is a member or an element, and the type that it should have; nil: none.
type part struct {
	name string
	data json.RawMessage
	of   reflect.Type
}

func partsOf(data []byte, t reflect.Type, name Naming) (all []part) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case readsItself(t):
	case t.Kind() == reflect.Slice:
		var list []json.RawMessage
		if json.Unmarshal(data, &list) == nil {
			for i, e := range list {
				all = append(all, part{fmt.Sprintf("[%d]", i), e, t.Elem()})
			}
		}
	case t.Kind() == reflect.Struct:
		return members(data, t, name)
	}
	return all
}

func readsItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// members are those of an object, by name: a map has no order, and the same text must
// be told the same way.
func members(data []byte, t reflect.Type, name Naming) (all []part) {
	var object map[string]json.RawMessage
	if json.Unmarshal(data, &object) != nil {
		return nil
	}
	for key, value := range object {
		p := part{name: "." + strings.Trim(quote.Word(key), `"`), data: value}
		for f := range t.Fields() {
			if strings.EqualFold(Tag(f), key) {
				p.name, p.of = "."+name(f), f.Type
			}
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return all
}

// explain says what is wrong with a value that should be of a type.
func explain(data []byte, of reflect.Type, err error) (rule, remedy string) {
	var typed *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case err == errUnknown:
		return "is not known", "check its spelling"
	case err == errMore:
		return "is followed by something else", "give one JSON value"
	case errors.As(err, &typed) && strings.HasPrefix(typed.Value, "number") && readsItself(of):
		return "is a number", "write it as text, in quotes"
	case errors.As(err, &typed):
		return "is of the wrong kind: " + typed.Value, "give " + kindOf(of)
	case errors.As(err, &syntax):
		return fmt.Sprintf("is no JSON in line %d", 1+bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))), "correct the text there"
	}
	return "is no JSON", "correct the text"
}

// kindOf is the word of JSON for a type.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "a JSON object"
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	}
	return "a number"
}
