package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// The demonstration lives three months, and goes on from there in another process.
func TestThreeMonths(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p, err := open(t.Context(), folder, "")
	require.NoError(t, err)
	server := httptest.NewServer(p.handler())
	get := func(path string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		require.NoError(t, err)
		answer, err := server.Client().Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.StatusCode, "%s\n%s", path, body)
		return string(body)
	}
	require.Contains(t, get("/"), "juin 2026")
	require.Contains(t, get("/desk/todo"), "mise en demeure")
	require.Contains(t, get("/desk/letters"), "distribué")
	require.Contains(t, get("/desk/customers/C-103"), "Hôtel du Lac")
	require.Contains(t, get("/mailbox"), "facture")
	require.NotEmpty(t, get("/desk/evidence/file?invoice=FA-2026-0142"))
	server.Close()
	today := p.today()
	p.close()

	again, err := open(t.Context(), folder, "")
	require.NoError(t, err)
	defer again.close()
	require.Equal(t, today, again.today())
}
