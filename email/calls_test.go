package email_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/internal/calldoc"
)

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	broken, err := email.NewLayout(`{{if eq .Title "once"}}{{index .Blocks 99}}{{end}}` + email.LayoutText())
	require.NoError(t, err)
	faults, err := calldoc.Check(".", map[string][]func() error{
		"Box.Validate":     {func() error { return email.Box{Address: "nobody"}.Validate() }},
		"Message.Validate": {func() error { return email.Message{}.Validate() }},
		"NewLayout":        {func() error { return calldoc.Error(email.NewLayout("{{")) }},
		"Layout.HTML": {func() error {
			return calldoc.Error(broken.HTML(email.Page{Title: "once"}))
		}},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
