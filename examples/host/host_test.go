package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
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
	english, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	english.AddCookie(&http.Cookie{Name: "language", Value: "en"})
	answer, err := server.Client().Do(english)
	require.NoError(t, err)
	page, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Contains(t, string(page), "June 2026")
	require.Contains(t, string(page), "Next day")
	server.Close()
	today := p.today()
	p.close()

	again, err := open(t.Context(), folder, "")
	require.NoError(t, err)
	defer again.close()
	require.Equal(t, today, again.today())
}

// A text that is saved in one language leaves that in another.
func TestTextsOfTwoLanguages(t *testing.T) {
	t.Parallel()
	var p product
	french, english := dunning.Text{Subject: "Objet", Body: "Corps"}, dunning.Text{Subject: "Subject", Body: "Body"}
	require.NoError(t, p.SaveText(t.Context(), account, "reminder", courrier.French, french))
	require.NoError(t, p.SaveText(t.Context(), account, "reminder", courrier.English, english))
	require.Equal(t, dunning.Texts{"reminder": {courrier.French: french, courrier.English: english}}, p.texts)
}
