package calldoc

import (
	"fmt"
	"go/ast"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// zero is what a field's comment says a zero becomes: "default 25 MiB", "0: 500 ms".
var zero = regexp.MustCompile(`(?:\bdefault|\b0:) ([\d.,]*\d)(?: (\w+))?`)

// units are those of the comments; a duration counts nanoseconds, as Go's does.
var units = map[string]float64{
	"MiB": 1 << 20, "million": 1e6, "ms": float64(time.Millisecond), "s": float64(time.Second),
	"minute": float64(time.Minute), "minutes": float64(time.Minute), "hours": float64(time.Hour),
}

// Defaults compares what the comments of a struct's fields say of their zeros with a
// value in which the package filled them in. It returns what is wrong, and how many
// fields have a default.
func Defaults(dir string, filled any) (wrong []string, found int, err error) {
	page, err := pageOf(dir)
	if err != nil {
		return nil, 0, err
	}
	value := reflect.ValueOf(filled)
	for _, typ := range page.Types {
		if typ.Name != value.Type().Name() {
			continue
		}
		for name, comment := range fieldComments(typ.Decl) {
			want, says := defaultIn(comment)
			field := value.FieldByName(name)
			if !says || !field.CanInt() && !field.CanFloat() {
				continue
			}
			found++
			if got := number(field); got != want {
				wrong = append(wrong, fmt.Sprintf("%s.%s is %g, and its comment says %g", typ.Name, name, got, want))
			}
		}
	}
	return wrong, found, nil
}

func fieldComments(decl *ast.GenDecl) map[string]string {
	comments := map[string]string{}
	ast.Inspect(decl, func(n ast.Node) bool {
		if field, ok := n.(*ast.Field); ok {
			for _, name := range field.Names {
				comments[name.Name] = strings.Join(strings.Fields(field.Doc.Text()+" "+field.Comment.Text()), " ")
			}
		}
		return true
	})
	return comments
}

func defaultIn(comment string) (value float64, says bool) {
	parts := zero.FindStringSubmatch(comment)
	if parts == nil {
		return 0, false
	}
	value, err := strconv.ParseFloat(strings.ReplaceAll(parts[1], ",", ""), 64)
	if unit, ok := units[parts[2]]; ok {
		value *= unit
	}
	return value, err == nil
}

func number(v reflect.Value) float64 {
	if v.CanFloat() {
		return v.Float()
	}
	return float64(v.Int())
}
