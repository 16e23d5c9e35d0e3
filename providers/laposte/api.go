package laposte

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/providers/rest"
)

// api is one of Maileva's services.
type api struct {
	rest   *rest.Client
	tokens *tokens
}

// do makes a call in the name of an account and returns its successful answer.
// A token that Maileva refuses is replaced once: a call that it refused in its own
// words did nothing, so that is safe for every call. After a 401 of anybody else
// only what may be repeated is made again: a document added twice is printed twice.
// The error is a [refusal], or that of package rest.
func (a *api) do(ctx context.Context, account courrier.AccountID, call rest.Call) (*rest.Answer, error) {
	var used string
	call.Key = string(account)
	call.Authorize = func(ctx context.Context, r *http.Request) error {
		access, err := a.tokens.access(ctx, account)
		if err != nil {
			return err
		}
		used = access
		r.Header.Set("Authorization", "Bearer "+access)
		return nil
	}
	answer, err := a.rest.Do(ctx, call)
	if err == nil && answer.Status == http.StatusUnauthorized {
		a.tokens.drop(account, used)
		if call.Repeatable || readRefusal(answer.Status, answer.Body).own {
			answer, err = a.rest.Do(ctx, call)
		}
	}
	if err != nil {
		return nil, err
	}
	if !answer.OK() {
		return nil, readRefusal(answer.Status, answer.Body)
	}
	return answer, nil
}

// get reads a resource.
func (a *api) get(ctx context.Context, account courrier.AccountID, into any, query url.Values, path ...string) error {
	answer, err := a.do(ctx, account, rest.Call{Method: http.MethodGet, Path: path, Query: query, Header: acceptJSON(), Repeatable: true})
	if err != nil {
		return err
	}
	return decode(answer, into)
}

// create makes a resource, once, and returns its id. An answer without one is no
// proof that anything was made.
func (a *api) create(ctx context.Context, account courrier.AccountID, body rest.Body, path ...string) (string, error) {
	answer, err := a.do(ctx, account, rest.Call{Method: http.MethodPost, Path: path, Header: acceptJSON(), Body: body})
	if err != nil {
		return "", err
	}
	var made created
	if err := decode(answer, &made); err != nil {
		return "", err
	}
	if made.ID == "" {
		return "", &refusal{status: answer.Status, err: errors.New("what was made has no id")}
	}
	return made.ID, nil
}

// act makes a call of whose answer only the success counts. Maileva's is empty, or
// JSON: a success in HTML comes from something in between, and proves nothing.
func (a *api) act(ctx context.Context, account courrier.AccountID, call rest.Call) error {
	call.Header = acceptJSON()
	answer, err := a.do(ctx, account, call)
	if err == nil && len(answer.Body) > 0 && !json.Valid(answer.Body) {
		return &refusal{status: answer.Status, err: errors.New("the answer is not Maileva's")}
	}
	return err
}

func acceptJSON() http.Header { return http.Header{"Accept": {"application/json"}} }

func decode(answer *rest.Answer, into any) error {
	if err := rest.DecodeJSON(answer.Body, into); err != nil {
		return &refusal{status: answer.Status, err: err}
	}
	return nil
}

// pageSize is the most items that Maileva puts on a page.
const pageSize = 500

// total is what a list says of its length.
type total struct {
	Results *int `json:"total_results"`
}

// pages walks a list. read returns the items of a page, of which the first has
// the number start, counted from 1, and the list's total: a page may be shorter
// than asked for without being the last.
func pages[T any](read func(start int) ([]T, total, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for start := 1; ; {
			items, all, err := read(start)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			start += len(items)
			last := len(items) < pageSize
			if all.Results != nil {
				last = start > *all.Results
			}
			if last || len(items) == 0 {
				return
			}
		}
	}
}

func paging(start int) url.Values {
	return url.Values{"start_index": {strconv.Itoa(start)}, "count": {strconv.Itoa(pageSize)}}
}

// plainNetwork keeps of a failed call what may be shown, without a kind of its own.
func plainNetwork(err error) error {
	var call *rest.Error
	var r *refusal
	var e *courrier.Error
	switch {
	case errors.As(err, &e):
		return errors.New(e.Error())
	case errors.As(err, &call):
		return call
	case errors.As(err, &r):
		return r
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return errors.New("unusable answer")
}
