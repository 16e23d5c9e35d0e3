package strictjson_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/internal/strictjson"
)

type inner struct {
	On    courrier.Date   `json:"on,omitempty"`
	Price courrier.Amount `json:"price"`
	Named *inner          `json:"named"`
	Words []string        `json:"words"`
	Count int             `json:"count"`
}

type outer struct {
	Rows []inner `json:"the_rows"`
	Off  bool    `json:"off"`
}

func TestReadNamesThePlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][3]string{
		`{"the_rows":[]} x`:   {"", "is followed by something else", "give one JSON value"},
		"{\n\"off\": yes}":    {"", "is no JSON in line 2", "correct the text there"},
		``:                    {"", "is no JSON", "correct the text"},
		`[]`:                  {"", "is of the wrong kind: array", "give a JSON object"},
		`{"the_rows":{}}`:     {".the_rows", "is of the wrong kind: object", "give a list"},
		`{"off":"no"}`:        {".off", "is of the wrong kind: string", "give true or false"},
		`{"rows":[]}`:         {".rows", "is not known", "check its spelling"},
		`{"a b":[]}`:          {".the value given", "is not known", "check its spelling"},
		`{"the_rows":[{},5]}`: {".the_rows[1]", "is of the wrong kind: number", "give a JSON object"},
		`{"the_rows":[{"price":"1 EUR"},{"price":1.52}]}`: {".the_rows[1].price", "is a number", "write it as text, in quotes"},
		`{"the_rows":[{"words":["a",true]}]}`:             {".the_rows[0].words[1]", "is of the wrong kind: bool", "give a text"},
		`{"the_rows":[{"count":1.5}]}`:                    {".the_rows[0].count", "is of the wrong kind: number 1.5", "give a number"},
		`{"the_rows":[{"named":{"pric":"1 EUR"}}]}`:       {".the_rows[0].named.pric", "is not known", "check its spelling"},
	} {
		var into outer
		got := strictjson.Read([]byte(text), &into, strictjson.Tag)
		require.NotNil(t, got, text)
		require.Equal(t, want, [3]string{got.Path, got.Rule, got.Remedy}, text)
		require.Error(t, got.Err, text)
	}
}

func TestReadPassesOnWhatAValueSaysOfItself(t *testing.T) {
	t.Parallel()
	var into outer
	got := strictjson.Read([]byte(`{"the_rows":[{"named":{"on":"1/2/2026"}}]}`), &into, strictjson.Field)
	require.Equal(t, ".Rows[0].Named.On", got.Path)
	require.Equal(t, "Date", courrier.FieldErrors(got.Err)[0].Field)
	require.Nil(t, strictjson.Read([]byte(`{"the_rows":[{"price":"1 EUR"}]}`), &into, strictjson.Tag))
	require.Equal(t, courrier.MustAmount("1", "EUR"), into.Rows[0].Price)
}
