package mysql_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/mysql"
)

// What is wrong with a connection string is told without repeating it, for it holds a
// password.
func TestOpenWantsADatabase(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"", "letters", "app:secret@tcp(localhost:3306)/", "app:secret@nowhere", "app:secret@tcp(localhost:3306/letters"} {
		_, err := mysql.Open(t.Context(), dsn)
		require.ErrorIs(t, err, courrier.ErrInvalid, dsn)
		require.Equal(t, "dsn", courrier.FieldErrors(err)[0].Field)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestOpenWantsAServer(t *testing.T) {
	t.Parallel()
	_, err := mysql.Open(t.Context(), "app:secret@unix("+t.TempDir()+"/none)/letters")
	require.ErrorContains(t, err, "mysql: connect")
	require.NotContains(t, err.Error(), "secret")
}
