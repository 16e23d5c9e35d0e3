package courrier_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/build"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/courrier-go/courrier"
)

// The arrows of the layout: who may import whom. What a package may use is what
// a host links when it imports that package.
func TestArrows(t *testing.T) {
	t.Parallel()
	const module = "github.com/courrier-go/courrier"
	const decimal = "github.com/shopspring/decimal"
	pure := []string{decimal, module, module + "/internal/"}
	reminders := append(pure, module+"/dunning", module+"/email", module+"/latepayment")
	adapter := append(pure, module+"/providers/rest", "github.com/hashicorp/", "golang.org/x/time/rate", "golang.org/x/text/")
	allowed := map[string][]string{ // import paths, or their beginnings up to a slash
		"":                        {decimal, module + "/internal/"},
		"/dunning":                reminders,
		"/email":                  pure,
		"/latepayment":            pure,
		"/tariff":                 pure,
		"/changes":                reminders,
		"/privacy":                reminders,
		"/stores/memstore":        append(reminders, module+"/changes"),
		"/stores/sqlstore":        append(reminders, module+"/changes"),
		"/stores/storetest":       append(reminders, module+"/changes"),
		"/providers/mock":         pure,
		"/providers/providertest": pure,
		"/providers/mysendingbox": append(adapter, module+"/internal/secret"),
		"/providers/pingen":       append(adapter, module+"/internal/secret"),
		"/providers/mercifacteur": append(adapter, module+"/internal/secret"),
		"/providers/laposte":      append(adapter, "golang.org/x/oauth2/"),
		"/providers/smtp": append(pure, module+"/email", module+"/internal/secret", "github.com/wneessen/go-mail/",
			"golang.org/x/text/", "golang.org/x/crypto/", "golang.org/x/net/idna", "golang.org/x/time/rate"),
	}
	for pkg, may := range allowed {
		t.Run("root"+pkg, func(t *testing.T) {
			t.Parallel()
			out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", module+pkg).CombinedOutput()
			require.NoError(t, err, string(out))
			for _, dep := range strings.Fields(string(out)) {
				fine := func(allowed string) bool {
					return dep == allowed || strings.HasSuffix(allowed, "/") && strings.HasPrefix(dep+"/", allowed)
				}
				require.True(t, dep == module+pkg || slices.ContainsFunc(may, fine), "%s links %s", module+pkg, dep)
			}
		})
	}
}

func TestRootUsesNoCgo(t *testing.T) {
	t.Parallel()
	p, err := build.ImportDir(".", 0)
	require.NoError(t, err)
	require.Empty(t, p.CgoFiles)
}

func TestErrorKindsAndText(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	err := fmt.Errorf("outer: %w", &courrier.Error{Op: "submit", Kind: courrier.ErrRejected, Provider: "mock", Code: "E1", LetterID: "id", Err: cause})
	require.ErrorIs(t, err, courrier.ErrRejected)
	require.ErrorIs(t, err, cause)
	require.NotErrorIs(t, err, courrier.ErrUnavailable)
	require.Equal(t, "outer: submit: mock: letter id: rejected: code E1: cause", err.Error())
	var e *courrier.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "E1", e.Code)
	require.Nil(t, courrier.FieldErrors(err))
	require.Nil(t, courrier.FieldErrors(nil))
}

func TestDateArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(1, 3_600_000).Draw(t, "day"))
		d := courrier.DateOf(at)
		y, m, day := d.Civil()
		require.Equal(t, at.Year(), y)
		require.Equal(t, at.Month(), m)
		require.Equal(t, at.Day(), day)
		require.Equal(t, at.Weekday(), d.Weekday())
		require.Equal(t, at.Format(time.DateOnly), d.String())
		n := rapid.IntRange(-400, 400).Draw(t, "n")
		if later := d.AddDays(n); !later.IsZero() {
			require.Equal(t, n, later.DaysSince(d))
			require.Equal(t, n > 0, later.After(d))
			require.Equal(t, n < 0, later.Before(d))
		}
		var back courrier.Date
		b, err := json.Marshal(d)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, &back))
		require.Equal(t, d, back)
	})
}

func TestDateEdges(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2026-02-28", courrier.MustDate("2026-01-31").AddMonths(1).String())
	require.Equal(t, "2024-02-29", courrier.MustDate("2023-11-30").AddMonths(3).String())
	require.Equal(t, "2025-12-31", courrier.MustDate("2026-01-31").AddMonths(-1).String())
	require.Equal(t, "2028-02-29", courrier.MustDate("2028-02-01").EndOfMonth().String())
	var none courrier.Date
	require.True(t, none.AddDays(3).IsZero())
	require.True(t, none.In(time.UTC).IsZero())
	require.Empty(t, none.String())
	for _, s := range []string{"2026-02-30", "26-02-01", "2026-2-1", "0000-01-01", " 2026-01-01", "2026-01-01T00:00:00Z"} {
		_, err := courrier.ParseDate(s)
		require.ErrorIs(t, err, courrier.ErrInvalid, s)
	}
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(t, err)
	require.Equal(t, "2026-03-29", courrier.DateOf(time.Date(2026, 3, 28, 23, 30, 0, 0, time.UTC).In(paris)).String())
	var scanned courrier.Date
	require.NoError(t, scanned.Scan("2026-01-02"))
	require.NoError(t, scanned.Scan([]byte("2026-01-03")))
	require.NoError(t, scanned.Scan(time.Date(2026, 1, 4, 0, 0, 0, 0, time.UTC)))
	require.Equal(t, "2026-01-04", scanned.String())
	require.NoError(t, scanned.Scan(nil))
	require.True(t, scanned.IsZero())
	require.ErrorIs(t, scanned.Scan(3), courrier.ErrInvalid)
}

func TestAmountForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, unit string }{
		{"12.50", "EUR"}, {"-0.000001", "EUR"}, {"999999999999", "stamp"}, {"0", "x-1_Y"}, {"1.2000000", "EUR"},
	} {
		a, err := courrier.NewAmount(c.value, c.unit)
		require.NoError(t, err, c.value)
		b, err := json.Marshal(map[string]courrier.Amount{"a": a})
		require.NoError(t, err)
		var back map[string]courrier.Amount
		require.NoError(t, json.Unmarshal(b, &back))
		require.True(t, a.Equal(back["a"]))
		v, err := a.Value()
		require.NoError(t, err)
		var scanned courrier.Amount
		require.NoError(t, scanned.Scan(v))
		require.Equal(t, a, scanned)
	}
	for _, c := range []struct{ value, unit string }{
		{"1e3", "EUR"}, {"1,5", "EUR"}, {"", "EUR"}, {"1", ""}, {"1", "1EUR"}, {"1", "E R"}, {"1", "AAAAAAAAAAAAAAAAA"},
		{"0.0000001", "EUR"}, {"1.00000000000000000000001", "EUR"}, {"0.99999999999999999999999", "EUR"}, {"1000000000000", "EUR"}, {"NaN", "EUR"}, {"+Inf", "EUR"},
	} {
		_, err := courrier.NewAmount(c.value, c.unit)
		require.ErrorIs(t, err, courrier.ErrInvalid, "%q %q", c.value, c.unit)
	}
}

func TestAmountArithmeticIsExact(t *testing.T) {
	t.Parallel()
	cents := rapid.Int64Range(-99_999_999_999_999_999, 99_999_999_999_999_999)
	rapid.Check(t, func(t *rapid.T) {
		a, b := cents.Draw(t, "a"), cents.Draw(t, "b")
		x, y := micro(t, a), micro(t, b)
		sum, err := x.Add(y)
		require.NoError(t, err)
		require.True(t, sum.Equal(micro(t, a+b)))
		diff, err := sum.Sub(y)
		require.NoError(t, err)
		require.True(t, diff.Equal(x))
		order, err := x.Cmp(y)
		require.NoError(t, err)
		require.Equal(t, a < b, order < 0)
		n := rapid.IntRange(-9, 9).Draw(t, "n")
		product, err := micro(t, a/10).Times(n)
		require.NoError(t, err)
		require.True(t, product.Equal(micro(t, a/10*int64(n))))
	})
	_, err := courrier.MustAmount("1", "EUR").Add(courrier.MustAmount("1", "stamp"))
	require.ErrorIs(t, err, courrier.ErrInvalid)
	_, err = courrier.MustAmount("999999999999", "EUR").Add(courrier.MustAmount("1", "EUR"))
	require.ErrorIs(t, err, courrier.ErrInvalid)
	same, err := courrier.Amount{}.Add(courrier.MustAmount("1", "EUR"))
	require.NoError(t, err)
	require.Equal(t, "1.00 EUR", same.String())
}

// micro makes an amount of n millionths.
func micro(t require.TestingT, n int64) courrier.Amount {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	a, err := courrier.NewAmount(fmt.Sprintf("%s%d.%06d", sign, n/1_000_000, n%1_000_000), "EUR")
	require.NoError(t, err)
	return a
}

func FuzzAmountText(f *testing.F) {
	for _, s := range []string{"12.50 EUR", "", "1", "-0 x", "1e9 EUR", "99999999999999999999 EUR"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var a, again courrier.Amount
		if a.UnmarshalText([]byte(s)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(a.String())); err != nil || !again.Equal(a) {
			t.Fatalf("%q does not come back", s)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	f.Add("2026-11-22")
	f.Add("0001-01-01")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := courrier.ParseDate(s)
		if err == nil && d.String() != s {
			t.Fatalf("%q became %q", s, d)
		}
	})
}
