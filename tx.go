package courrier

import "context"

// outsideTx refuses a context that joins a transaction of the host's. What a carrier
// is asked to do cannot be rolled back with it, and what was recorded of it could.
func (c *Client) outsideTx(ctx context.Context) error {
	if joins, ok := c.all.(interface{ InTx(context.Context) bool }); ok && joins.InTx(ctx) {
		return &FieldError{Field: "ctx", Rule: "joins a transaction of the host's, and this call has effects outside of it", Remedy: "commit first, and call with a context that joins none"}
	}
	return nil
}
