// Package uuid7 draws ids whose order is the order of creation.
package uuid7

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"io"
	"sync"
	"time"
)

// Source draws UUIDs of version 7 (RFC 9562), within one source in strictly
// rising order. It is safe for concurrent use; set Now first.
type Source struct {
	Now  func() time.Time
	mu   sync.Mutex
	last uint64
}

// Next returns the next id.
func (s *Source) Next() string {
	at := s.Now()
	// Milliseconds in 48 bits, then 12 bits of the fraction (RFC 9562, 6.2, method 3).
	stamp := uint64(at.UnixMilli())<<12 | uint64(at.Nanosecond()%1_000_000)*4096/1_000_000
	s.mu.Lock()
	stamp = max(stamp, s.last+1)
	s.last = stamp
	s.mu.Unlock()
	var b [16]byte
	if _, err := io.ReadFull(rand.Reader, b[8:]); err != nil {
		panic("uuid7: the system has no randomness: " + err.Error())
	}
	binary.BigEndian.PutUint64(b[:8], stamp>>12<<16|0x7000|stamp&0xfff)
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
