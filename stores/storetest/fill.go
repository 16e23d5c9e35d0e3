package storetest

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"
)

// fill sets every field of v to a value that no other field has, so that a store
// that drops or swaps one is found out, a field added tomorrow included. Fields
// that are not in the JSON form are left alone.
func fill(t testing.TB, v any) {
	t.Helper()
	f := filler{t: t}
	f.fill(reflect.TypeOf(v).Elem().Name(), reflect.ValueOf(v).Elem())
}

type filler struct {
	t testing.TB
	n int
}

var epoch = time.Date(2026, time.March, 1, 9, 30, 0, 123456000, time.UTC)

func (f *filler) fill(path string, v reflect.Value) {
	f.n++
	if f.special(path, v) {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%s \"é\" %d", path, f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(int64(1000 + f.n))
	case reflect.Uint8:
		v.SetUint(uint64(f.n % 256))
	case reflect.Float64:
		v.SetFloat(float64(f.n) + 0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(path, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(path+"[0]", v.Index(0))
		f.fill(path+"[1]", v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(path+" key", key)
			f.fill(path+" value", elem)
			v.SetMapIndex(key, elem)
		}
	case reflect.Struct:
		f.fields(path, v)
	default:
		f.t.Fatalf("storetest: teach fill about %s, a %s", path, v.Type())
	}
}

func (f *filler) fields(path string, v reflect.Value) {
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.IsExported() && field.Tag.Get("json") != "-" {
			f.fill(path+"."+field.Name, v.Field(i))
		}
	}
}

// special fills the types that are more than their parts.
func (f *filler) special(path string, v reflect.Value) bool {
	switch v.Addr().Interface().(type) {
	case *time.Time:
		v.Set(reflect.ValueOf(epoch.Add(time.Duration(f.n) * 1000001 * time.Microsecond)))
		return true
	case *json.RawMessage:
		v.SetBytes(fmt.Appendf(nil, `{"n":%d}`, f.n))
		return true
	}
	u, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
	if !ok {
		return false
	}
	for _, text := range []string{fmt.Sprintf("%d.25 EUR", f.n), fmt.Sprintf("2026-%02d-%02d", f.n%12+1, f.n%28+1), fmt.Sprintf("%d.25", f.n%900), fmt.Sprintf("2026-S%d", f.n%2+1)} {
		if u.UnmarshalText([]byte(text)) == nil {
			return true
		}
	}
	f.t.Fatalf("storetest: teach fill about %s, a %s", path, v.Type())
	return false
}
