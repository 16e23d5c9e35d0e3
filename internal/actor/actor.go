// Package actor carries in a context who acts: the root writes it, the packages that
// act beside it read it.
package actor

import "context"

type key struct{}

// With returns a context in which the user of that id acts.
func With(ctx context.Context, id string) context.Context { return context.WithValue(ctx, key{}, id) }

// From returns who acts; "" is the host itself.
func From(ctx context.Context) string {
	id, _ := ctx.Value(key{}).(string)
	return id
}
