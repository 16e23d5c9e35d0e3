package courrier

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// sealer binds tokens to the installation: they are signed with a key that the store
// keeps, drawn when it is first needed. A token of another installation, or one that
// somebody computed, is not valid.
type sealer struct {
	mu  sync.Mutex
	key []byte
}

const itemSeal ItemKind = "seal"

// seal signs what a token binds, for an account.
func (c *Client) seal(ctx context.Context, account AccountID, bound ...any) (string, error) {
	key, err := c.sealKey(ctx)
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	text, err := json.Marshal(append([]any{account}, bound...))
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	return "v2." + hex.EncodeToString(mac.Sum(nil)), nil
}

// sealed tells whether a token binds just that.
func (c *Client) sealed(ctx context.Context, token string, account AccountID, bound ...any) (bool, error) {
	want, err := c.seal(ctx, account, bound...)
	return err == nil && hmac.Equal([]byte(token), []byte(want)), err
}

// sealKey reads the key, or draws it: of several processes that draw one at the same
// moment the first to store it counts.
func (c *Client) sealKey(ctx context.Context) ([]byte, error) {
	c.seals.mu.Lock()
	defer c.seals.mu.Unlock()
	if c.seals.key != nil {
		return c.seals.key, nil
	}
	item, err := c.all.Item(ctx, itemSeal, "", "")
	if errors.Is(err, ErrNotFound) {
		drawn := make([]byte, sha256.Size)
		_, _ = rand.Read(drawn) // it never fails: see crypto/rand
		body, merr := json.Marshal(hex.EncodeToString(drawn))
		if merr != nil {
			return nil, merr
		}
		results, cerr := c.all.Commit(ctx, Change{Items: []Item{{Kind: itemSeal, Body: body}}})
		if cerr == nil {
			cerr = results[0].Err
		}
		if cerr != nil && !errors.Is(cerr, ErrConflict) {
			return nil, cerr
		}
		item, err = c.all.Item(ctx, itemSeal, "", "")
	}
	if err != nil {
		return nil, err
	}
	var text string
	if err := json.Unmarshal(item.Body, &text); err != nil {
		return nil, err
	}
	c.seals.key, err = hex.DecodeString(text)
	return c.seals.key, err
}
