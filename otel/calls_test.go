package otel_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/courrier-go/courrier/internal/calldoc"
	"github.com/courrier-go/courrier/otel"
)

// Each call returns what its comment lists, and nothing else.
func TestCallsReturnWhatTheyList(t *testing.T) {
	t.Parallel()
	faults, err := calldoc.Check(".", map[string][]func() error{
		"Observe": {func() error {
			_, err := otel.Observe(otel.Options{MeterProvider: noop.NewMeterProvider()})
			return err
		}},
	})
	require.NoError(t, err)
	require.Empty(t, faults)
}
