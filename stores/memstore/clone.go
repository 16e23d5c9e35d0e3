package memstore

import "reflect"

// clone copies v with everything it points to, so that the store and its
// callers never share memory. Values without exported fields, such as amounts,
// dates and times, are immutable and copied as they are.
func clone[T any](v T) T {
	dst := reflect.New(reflect.TypeFor[T]()).Elem()
	src := reflect.ValueOf(&v).Elem()
	dst.Set(src)
	deepen(dst)
	return dst.Interface().(T)
}

// deepen replaces what v refers to by copies.
func deepen(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			to := reflect.New(v.Type().Elem())
			to.Elem().Set(v.Elem())
			deepen(to.Elem())
			v.Set(to)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() { // an exported one
				deepen(f)
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			to := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(to, v)
			for i := range refersTo(v.Type().Elem(), to.Len()) {
				deepen(to.Index(i))
			}
			v.Set(to)
		}
	case reflect.Map:
		if !v.IsNil() {
			to := reflect.MakeMapWithSize(v.Type(), v.Len())
			for k, e := range v.Seq2() {
				elem := reflect.New(e.Type()).Elem()
				elem.Set(e)
				deepen(elem)
				to.SetMapIndex(k, elem)
			}
			v.Set(to)
		}
	}
}

// refersTo returns how many of n values of a type may refer to something: none of
// bytes and texts, all of the others.
func refersTo(t reflect.Type, n int) int {
	switch t.Kind() {
	case reflect.Pointer, reflect.Struct, reflect.Slice, reflect.Map, reflect.Array:
		return n
	}
	return 0
}
