// Package otel tells OpenTelemetry what the library does: a span and a duration for each
// duty, call of a carrier, commit, e-mail and composition.
//
//	observe, err := otel.Observe(otel.Options{})
//	client, err := courrier.New(courrier.Config{Observe: observe, …})
//
// Spans are named "courrier." and the operation, those of a carrier's calls "courrier.carrier."
// and the call; they are children of the span in the caller's context. What makes the
// calls underneath, such as an HTTP client or pgx, brings instrumentation of its own.
//
// Two metrics have few series, for they bear no account, letter or reminder:
//
//	courrier.operation.duration  histogram, s
//	courrier.operation.items     counter, {item}: letters and changes
//
// Their attributes are courrier.operation, courrier.carrier, courrier.service and, of what
// failed, error.type: the kind of the error, such as "rejected". Spans have
// courrier.account, courrier.letter, courrier.reminder and courrier.items besides.
// No attribute, and nothing else, holds a name, an address, a key, or the text of an error.
package otel

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/courrier-go/courrier"
)

// Options say where spans and metrics go.
type Options struct {
	TracerProvider trace.TracerProvider // nil: the global one
	MeterProvider  metric.MeterProvider // nil: the global one
}

const scope = "github.com/courrier-go/courrier/otel"

// buckets are bounds of durations, in seconds. A call of a carrier may take two
// minutes, an e-mail fifteen: those for HTTP in the semantic conventions end at ten seconds.
var buckets = []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900}

// Observe returns what [courrier.Config].Observe is to be. It fails where the
// MeterProvider refuses a metric.
func Observe(o Options) (func(context.Context, courrier.Operation) (context.Context, func(error)), error) {
	if o.TracerProvider == nil {
		o.TracerProvider = otel.GetTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = otel.GetMeterProvider()
	}
	meter := o.MeterProvider.Meter(scope)
	duration, err1 := meter.Float64Histogram("courrier.operation.duration", metric.WithUnit("s"),
		metric.WithDescription("How long an operation took."), metric.WithExplicitBucketBoundaries(buckets...))
	items, err2 := meter.Int64Counter("courrier.operation.items", metric.WithUnit("{item}"),
		metric.WithDescription("The letters and changes that operations were about."))
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("otel: %w", err)
	}
	t := telemetry{o.TracerProvider.Tracer(scope), duration, items}
	return t.observe, nil
}

type telemetry struct {
	tracer   trace.Tracer
	duration metric.Float64Histogram
	items    metric.Int64Counter
}

func (t telemetry) observe(ctx context.Context, op courrier.Operation) (context.Context, func(error)) {
	kind := trace.SpanKindInternal
	if op.Carrier != "" {
		kind = trace.SpanKindClient
	}
	began := time.Now()
	ctx, span := t.tracer.Start(ctx, spanName(op), trace.WithSpanKind(kind))
	if span.IsRecording() {
		span.SetAttributes(append(labels(op, nil), ids(op)...)...)
	}
	return ctx, func(err error) {
		if err != nil {
			span.SetAttributes(errorType(err))
			span.SetStatus(codes.Error, "") // the text may say what a carrier said
		}
		span.End()
		with := metric.WithAttributeSet(attribute.NewSet(labels(op, err)...))
		t.duration.Record(ctx, time.Since(began).Seconds(), with)
		t.items.Add(ctx, int64(max(op.Items, 1)), with)
	}
}

// spanName is of few values: operations are, and carriers have one name for a call.
func spanName(op courrier.Operation) string {
	name := strings.ReplaceAll(op.Name, " ", "_")
	if op.Carrier != "" {
		return "courrier.carrier." + name
	}
	return "courrier." + name
}

// labels are the attributes of few values.
func labels(op courrier.Operation, err error) []attribute.KeyValue {
	all := append(make([]attribute.KeyValue, 0, 8), attribute.String("courrier.operation", op.Name))
	all = given(all, "courrier.carrier", op.Carrier)
	all = given(all, "courrier.service", string(op.Service))
	if err != nil {
		all = append(all, errorType(err))
	}
	return all
}

// ids are the attributes of many values, of spans alone.
func ids(op courrier.Operation) []attribute.KeyValue {
	all := given(nil, "courrier.account", string(op.Account))
	all = given(all, "courrier.letter", string(op.Letter))
	all = given(all, "courrier.reminder", op.Reminder)
	if op.Items > 0 {
		all = append(all, attribute.Int("courrier.items", op.Items))
	}
	return all
}

func given(all []attribute.KeyValue, key, value string) []attribute.KeyValue {
	if value == "" {
		return all
	}
	return append(all, attribute.String(key, value))
}

// errorType is the kind of an error, which has few values and tells nothing of a letter.
func errorType(err error) attribute.KeyValue {
	return attribute.String("error.type", courrier.KindOf(err))
}
