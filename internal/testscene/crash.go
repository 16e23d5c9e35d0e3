package testscene

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// Sent returns a letter that the carrier has, with the carrier's id.
func (w *Scene) Sent(key string, service courrier.Service) (courrier.LetterID, string) {
	w.T.Helper()
	rec := w.Send(Letter(key, service))
	w.Dispatch()
	rec = w.Letter(rec.ID)
	require.Equal(w.T, courrier.StatusSubmitted, rec.Status)
	return rec.ID, rec.ProviderID
}

func (w *Scene) Post(handler http.Handler, body string, header ...string) int {
	r := httptest.NewRequestWithContext(w.Ctx, http.MethodPost, "/hook", strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, r)
	return rec.Code
}

// Crash is a store and a carrier that a crash cuts off until the next start.
type Crash struct {
	BothStores
	*Carrier
	Guard sync.Mutex
	Left  int  // commits until the crash; negative: none
	After bool // whether the last commit is applied
	Dead  bool
}

// Survives counts a commit; at the last one the process dies.
func (c *Crash) Survives() (alive, apply bool) {
	c.Guard.Lock()
	defer c.Guard.Unlock()
	if c.Dead {
		return false, false
	}
	c.Left--
	c.Dead = c.Left == 0
	return !c.Dead, !c.Dead || c.After
}

func (c *Crash) Alive() bool {
	c.Guard.Lock()
	defer c.Guard.Unlock()
	return !c.Dead
}

func (c *Crash) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	alive, apply := c.Survives()
	if !apply {
		return nil, ErrCrash
	}
	results, err := c.BothStores.Commit(ctx, changes...)
	if !alive {
		return nil, ErrCrash
	}
	return results, err
}

func (c *Crash) CommitReminders(ctx context.Context, changes ...dunning.Change) ([]error, error) {
	alive, apply := c.Survives()
	if !apply {
		return nil, ErrCrash
	}
	errs, err := c.BothStores.CommitReminders(ctx, changes...)
	if !alive {
		return nil, ErrCrash
	}
	return errs, err
}

func (c *Crash) Submit(ctx context.Context, s courrier.Submission) (courrier.Receipt, error) {
	if !c.Alive() {
		return courrier.Receipt{}, ErrCrash
	}
	return c.Carrier.Submit(ctx, s)
}
