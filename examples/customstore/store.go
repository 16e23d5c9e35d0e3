// Package customstore shows a store of one's own: a journal file in front of
// maps. A line of the journal is what one call of Commit asked for; it is on the
// disk before anything happens in memory, and opening the store carries out the
// lines again. That gives the same state, for a commit depends on nothing but
// what was committed before it.
//
// One process may have the journal open, and all of it must fit into memory.
package customstore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/stores/memstore"
)

// Store is a [courrier.Store] that reads from memory. Use [Open].
type Store struct {
	courrier.Store
	mu     sync.Mutex
	file   *os.File
	failed error // once the disk failed, nobody knows how the journal ends
}

// Open opens the journal at path, or starts one.
func Open(ctx context.Context, path string) (*Store, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	s := &Store{Store: memstore.New(), file: file}
	if err := s.replay(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("journal %s: %w", path, err), file.Close())
	}
	return s, nil
}

// replay carries out the journal and cuts off what follows its last whole line:
// a commit that a crash interrupted, and that nobody was told of.
func (s *Store) replay(ctx context.Context) error {
	var end int64
	for r := bufio.NewReader(s.file); ; {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		var changes []courrier.Change
		if err == nil {
			err = json.Unmarshal(line, &changes)
		}
		if err == nil {
			_, err = s.Store.Commit(ctx, changes...)
		}
		if err != nil {
			return fmt.Errorf("line at byte %d: %w", end, err)
		}
		end += int64(len(line))
	}
	_, err := s.file.Seek(end, io.SeekStart)
	return errors.Join(err, s.file.Truncate(end))
}

// Commit implements [courrier.Store].
func (s *Store) Commit(ctx context.Context, changes ...courrier.Change) ([]courrier.Result, error) {
	line, err := json.Marshal(changes)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(line, []byte(`\ufffd`)) { // Marshal writes it for bytes that are no text
		return nil, fmt.Errorf("%w: the journal cannot hold text that is not UTF-8", courrier.ErrInvalid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := errors.Join(ctx.Err(), s.failed); err != nil {
		return nil, err
	}
	if _, s.failed = s.file.Write(append(line, '\n')); s.failed == nil {
		s.failed = s.file.Sync()
	}
	if s.failed != nil {
		return nil, s.failed
	}
	// What is in the journal happens, whoever still waits for it.
	return s.Store.Commit(context.WithoutCancel(ctx), changes...)
}

// Close closes the journal.
func (s *Store) Close() error { return s.file.Close() }
