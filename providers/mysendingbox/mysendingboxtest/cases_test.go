package mysendingboxtest_test

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	t.Run("host-15", func(t *testing.T) {
		t.Parallel()
		r, err := mysendingboxtest.Webhook("https://any:s3cret@host.test/hook?x=1", mysendingboxtest.Event{Name: "letter.sent", Letter: "L", Metadata: map[string]string{"k": "v"}, Test: true, Debugger: true})
		require.NoError(t, err)
		user, password, ok := r.BasicAuth()
		require.True(t, ok)
		require.Equal(t, []string{"any", "s3cret", "https://host.test/hook?x=1", "POST"}, []string{user, password, r.URL.String(), r.Method})
		var body map[string]any
		require.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		require.Equal(t, true, body["debugger"])
		require.Equal(t, "test", body["letter"].(map[string]any)["mode"])
		require.Equal(t, "letter.sent", body["event"].(map[string]any)["name"])
		_, err = mysendingboxtest.Webhook("%zz", mysendingboxtest.Event{})
		require.Error(t, err)
	})
	t.Run("host-19", func(t *testing.T) {
		t.Parallel()
		fake := mysendingboxtest.New(mysendingboxtest.Config{Now: func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }})
		for i, pages := range []int{1, 3, 7} {
			sound := post(t, fake, compressed(pages), fmt.Sprint("v", i))
			require.EqualValues(t, pages, sound["page_count"])
			value, there := sound["error"]
			require.True(t, !there || value == nil, "a sound letter has no error, not even false")
		}
		for query, want := range map[string]int{
			"": 3, "variables[code]=v1": 1, "variables[code]=v9": 0, "created_at=2026-03-02": 3, "created_at=2026-03-03": 0, "color=color": 0, "metadata[a]=b": 0, "postage_type=verte&limit=2": 2,
		} {
			values, err := url.ParseQuery(query)
			require.NoError(t, err)
			list := call(t, fake, httptest.NewRequest(http.MethodGet, "https://api.test/letters?"+values.Encode(), nil))
			require.Len(t, list["letters"], want, query)
		}
	})
}

// compressed is a PDF whose pages are in a compressed stream of objects.
func compressed(pages int) []byte {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	for range pages {
		_, _ = z.Write([]byte("<< /Type /Page /Parent 2 0 R >>"))
	}
	z.Close()
	return append(append([]byte("%PDF-1.5\n1 0 obj\n<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n"), packed.Bytes()...), "\nendstream\nendobj\n%%EOF\n"...)
}

func post(t *testing.T, fake *mysendingboxtest.Server, pdf []byte, code string) map[string]any {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range map[string]string{
		"to[name]": "A", "to[address_line1]": "1 rue B", "to[address_city]": "Lyon", "to[address_postalcode]": "69003", "to[address_country]": "France",
		"color": "bw", "postage_type": "verte", "source_file_type": "file", "both_sides": "false", "variables[code]": code,
	} {
		require.NoError(t, form.WriteField(name, value))
	}
	file, err := form.CreateFormFile("source_file", "a.pdf")
	require.NoError(t, err)
	_, err = file.Write(pdf)
	require.NoError(t, err)
	require.NoError(t, form.Close())
	r := httptest.NewRequest(http.MethodPost, "https://api.test/letters", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return call(t, fake, r)
}

func call(t *testing.T, fake *mysendingboxtest.Server, r *http.Request) map[string]any {
	t.Helper()
	r.SetBasicAuth(mysendingboxtest.LiveKey, "")
	w := httptest.NewRecorder()
	fake.ServeHTTP(w, r)
	require.Equal(t, 200, w.Code, w.Body.String())
	var answer map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	return answer
}
