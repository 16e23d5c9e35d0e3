package main

import (
	"context"
	"io"
	"net"
	"time"
)

// dial connects to a server that is so far away, one way.
func dial(ctx context.Context, address string, way time.Duration) (net.Conn, error) {
	far, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil || way == 0 {
		return far, err
	}
	time.Sleep(2 * way) // of the connection itself
	near, proxy := net.Pipe()
	go carry(far, proxy, way)
	go carry(proxy, far, way)
	return near, nil
}

// parcel is what was read together, and when it is there.
type parcel struct {
	content []byte
	there   time.Time
}

// carry brings everything from one side to the other, late and in order.
func carry(to, from net.Conn, way time.Duration) {
	road := make(chan parcel, 10_000)
	go func() {
		defer close(road)
		for {
			b := make([]byte, 64<<10)
			n, err := from.Read(b)
			if n > 0 {
				road <- parcel{b[:n], time.Now().Add(way)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range road {
		time.Sleep(time.Until(p.there))
		if _, err := to.Write(p.content); err != nil {
			break
		}
	}
	_ = to.Close()
	_, _ = io.Copy(io.Discard, from)
}
