package courrier

import (
	"context"
	"time"
)

type Client struct {
	cfg   Config
	store Store
}

type Config struct {
	Authorize func(ctx context.Context, actor Actor, action Action) error
}

func (c *Client) now() time.Time                                         { return time.Now() }
func (c *Client) commit(ctx context.Context, ch Change) error            { return nil }
func (c *Client) wakeAccount(ctx context.Context, a AccountID) error     { return nil }

type Claim struct{}
