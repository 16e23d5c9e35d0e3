package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/courrier-go/courrier"
)

// same fails the test unless got is want, as far as a store must keep it.
func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if d := diff("", reflect.ValueOf(want), reflect.ValueOf(got)); d != "" {
		t.Fatalf("%s%s", what, d)
	}
}

// diff describes the first difference: amounts and times by their Equal, JSON
// by its meaning, an empty list like none. Fields that are not in the JSON form,
// such as a document's content, are not compared.
func diff(path string, want, got reflect.Value) string {
	if equal, known := equalByMethod(want, got); known {
		return unless(equal, path, want, got)
	}
	if raw, ok := want.Interface().(json.RawMessage); ok {
		return unless(sameJSON(raw, got.Interface().(json.RawMessage)), path, want, got)
	}
	switch want.Kind() {
	case reflect.Pointer:
		if want.IsNil() || got.IsNil() {
			return unless(want.IsNil() == got.IsNil(), path, want, got)
		}
		return diff(path, want.Elem(), got.Elem())
	case reflect.Struct:
		return diffFields(path, want, got)
	case reflect.Slice:
		if want.Len() != got.Len() {
			return fmt.Sprintf("%s: want %d elements, got %d", path, want.Len(), got.Len())
		}
		for i := range want.Len() {
			if d := diff(fmt.Sprintf("%s[%d]", path, i), want.Index(i), got.Index(i)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Map:
		if want.Len() == 0 && got.Len() == 0 {
			return ""
		}
	}
	return unless(reflect.DeepEqual(want.Interface(), got.Interface()), path, want, got)
}

func diffFields(path string, want, got reflect.Value) string {
	stored := 0
	for i := range want.NumField() {
		f := want.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		stored++
		if f.Tag.Get("json") == "-" {
			continue
		}
		if d := diff(path+"."+f.Name, want.Field(i), got.Field(i)); d != "" {
			return d
		}
	}
	return unless(stored > 0 || want.Interface() == got.Interface(), path, want, got)
}

func unless(ok bool, path string, want, got reflect.Value) string {
	if ok {
		return ""
	}
	return fmt.Sprintf("%s: want %v, got %v", path, want, got)
}

// equalByMethod asks a method Equal of the value's own type, where there is one.
func equalByMethod(want, got reflect.Value) (equal, known bool) {
	m := want.MethodByName("Equal")
	if !m.IsValid() || m.Type().NumIn() != 1 || m.Type().In(0) != want.Type() {
		return false, false
	}
	return m.Call([]reflect.Value{got})[0].Bool(), true
}

func sameJSON(a, b json.RawMessage) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	var x, y any
	return bytes.Equal(a, b) || json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

var kinds = []error{
	courrier.ErrInvalid, courrier.ErrNotFound, courrier.ErrConflict, courrier.ErrDenied, courrier.ErrInsufficientCredit,
	courrier.ErrUnsupported, courrier.ErrRejected, courrier.ErrUnavailable, courrier.ErrInDoubt,
}

// sameKind fails the test unless got is of exactly the kind of want.
func sameKind(t testing.TB, what string, want, got error) {
	t.Helper()
	if (want == nil) != (got == nil) {
		t.Fatalf("%s: want error %v, got %v", what, want, got)
	}
	for _, k := range kinds {
		if errors.Is(want, k) != errors.Is(got, k) {
			t.Fatalf("%s: want error %v, got %v", what, want, got)
		}
	}
}
