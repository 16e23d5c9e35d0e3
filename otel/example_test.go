package otel_test

import (
	"context"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/otel"
	"github.com/courrier-go/courrier/providers/mock"
	"github.com/courrier-go/courrier/stores/memstore"
)

func ExampleObserve() {
	spans := tracetest.NewSpanRecorder() // an exporter of the host's
	observe, err := otel.Observe(otel.Options{TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := courrier.New(courrier.Config{Store: memstore.New(), Providers: []courrier.Provider{mock.New(mock.Config{})}, Observe: observe})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Dispatch(context.Background(), courrier.DispatchOptions{})
	for _, s := range spans.Ended() {
		fmt.Println(s.Name(), err)
	}
	// Output: courrier.dispatch <nil>
}
