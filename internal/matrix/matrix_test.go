package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/pingen"
	"github.com/courrier-go/courrier/providers/providertest"
	"github.com/courrier-go/courrier/stores/memstore"
	"github.com/courrier-go/courrier/tariff"
)

const root = "../.."

// The pages say what the adapters declare today.
func TestPagesAreUpToDate(t *testing.T) {
	t.Parallel()
	all, err := carriers(root)
	require.NoError(t, err)
	for name, matrix := range pages {
		page, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		want, err := put(page, matrix(all))
		require.NoError(t, err, name)
		require.Equal(t, string(want), string(page), "%s is out of date: go run ./internal/matrix", name)
	}
}

// Every adapter has a descriptor, whose page exists, and the other way round.
func TestEveryAdapterIsDescribed(t *testing.T) {
	t.Parallel()
	all, err := carriers(root)
	require.NoError(t, err)
	var described []string
	for _, c := range all {
		described = append(described, c.Name)
		require.NotEmpty(t, c.Title)
		require.NotEmpty(t, c.PostsIn)
		require.NotEmpty(t, c.Settles)
		require.NotEmpty(t, c.Needs)
		require.Equal(t, c.caps.Webhooks, c.Webhooks != "", c.Name)
		if c.Page != "" {
			require.FileExists(t, filepath.Join(root, c.Page))
		}
	}
	require.Equal(t, order, described)
	folders, err := filepath.Glob(filepath.Join(root, "providers", "*", "provider.go"))
	require.NoError(t, err)
	for _, f := range folders {
		name := filepath.Base(filepath.Dir(f))
		require.True(t, slices.Contains(described, name), "providers/%s has no carrier.json", name)
	}
}

// An electronic registered letter is refused by every real carrier before anything is
// sent, until one of them is whole; the refusal says what to do.
func TestElectronicLettersAreRefused(t *testing.T) {
	t.Parallel()
	for name, make := range adapters {
		if name == "mock" {
			continue
		}
		p, err := make()
		require.NoError(t, err)
		l := providertest.SampleLetter(courrier.ServiceElectronicRegistered)
		s := courrier.Submission{Letter: l, ID: "0195a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b", Draft: "draft"}
		if d, ok := p.(courrier.Drafter); ok {
			_, err = d.Draft(t.Context(), s)
		} else {
			_, err = p.Submit(t.Context(), s)
		}
		require.ErrorIs(t, err, courrier.ErrInvalid, name)
		found := false
		for _, f := range courrier.FieldErrors(err) {
			found = found || f.Field == "Service" && strings.Contains(f.Remedy, "registered on paper")
		}
		require.True(t, found, "%s: %v", name, err)
	}
	_, err := mysendingbox.New(mysendingbox.Config{
		Credentials: mysendingbox.FixedKey(mysendingbox.NewKey("test_key")), Postage: map[courrier.Service]string{courrier.ServiceElectronicRegistered: "lre"},
	})
	require.Equal(t, "Postage", courrier.FieldErrors(err)[0].Field)
	_, err = pingen.New(pingen.Config{
		Credentials: pingen.Fixed(pingen.Credentials{}), Products: map[courrier.Service]string{courrier.ServiceElectronicRegistered: "email"},
	})
	require.Equal(t, "Products", courrier.FieldErrors(err)[0].Field)
}

// The same by a whole client with all real carriers: the letter is refused with a code,
// no carrier hears of it and no credit is held.
func TestElectronicLettersAreRefusedByAClient(t *testing.T) {
	t.Parallel()
	var all []courrier.Provider
	for name, make := range adapters {
		p, err := make()
		require.NoError(t, err)
		if name != "mock" {
			all = append(all, p)
		}
	}
	price := courrier.MustAmount("5", "stamp")
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: all, Tariff: tariff.Flat(map[courrier.Service]courrier.Amount{
		courrier.ServiceElectronicRegistered: price})})
	require.NoError(t, err)
	l := providertest.SampleLetter(courrier.ServiceElectronicRegistered)
	_, err = client.Credits(l.Account).TopUp(t.Context(), "order-1", price)
	require.NoError(t, err)
	_, err = client.Send(t.Context(), l)
	require.ErrorIs(t, err, courrier.ErrUnsupported)
	told, ok := errors.AsType[*courrier.Error](err)
	require.True(t, ok)
	require.Equal(t, courrier.CodeNoCarrierTakesIt, told.Code, "%v", err)
	balance, err := client.Credits(l.Account).Balance(t.Context(), "stamp")
	require.NoError(t, err)
	require.True(t, balance.Available.Equal(price))
	require.True(t, balance.Reserved.IsZero())
}

// A page whose matrix was changed by hand is written anew, and nothing else of it.
func TestWriteMendsThePages(t *testing.T) {
	t.Parallel()
	copied := t.TempDir()
	files, err := filepath.Glob(filepath.Join(root, "providers", "*", "carrier.json"))
	require.NoError(t, err)
	for _, f := range append(files, filepath.Join(root, "README.md"), filepath.Join(root, "docs/carriers.md")) {
		rel, err := filepath.Rel(root, f)
		require.NoError(t, err)
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(copied, rel)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(copied, rel), b, 0o644))
	}
	changed, err := write(copied)
	require.NoError(t, err)
	require.Empty(t, changed)
	path := filepath.Join(copied, "README.md")
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(good), "| registered", "| pigeon", 1)+"more\n"), 0o644))
	bad, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = write(copied)
	require.NoError(t, err)
	mended, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(good)+"more\n", string(mended), string(bad))
	require.NoError(t, os.WriteFile(path, []byte("no marks"), 0o644))
	_, err = write(copied)
	require.ErrorContains(t, err, "README.md")
}
