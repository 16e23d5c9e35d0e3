package mock

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/courrier-go/courrier"
)

// fact is one thing that changes the office. The state is what the facts make of
// it, in memory or replayed from a journal.
type fact struct {
	Accepted  *letter           `json:"accepted,omitempty"`
	Attempted courrier.LetterID `json:"attempted,omitempty"`
	Closed    courrier.LetterID `json:"closed,omitempty"`    // whose draft
	Cancelled string            `json:"cancelled,omitempty"` // ProviderID
	At        time.Time         `json:"at,omitzero"`         // of the cancellation
	Advanced  time.Duration     `json:"advanced,omitempty"`
}

// journal is a file with one fact a line.
type journal struct {
	file *os.File
	read int64 // bytes that the state has taken in
}

// Open returns a post office whose memory is a file, so that it outlives the
// process: what it accepted before a crash it has still accepted after it.
// Several processes may keep one office open; each sees what the others did.
// Webhooks are told again after opening. Forgetting is not kept.
func Open(path string, cfg Config) (*Office, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, fs.FileMode(0o600))
	if err != nil {
		return nil, fmt.Errorf("mock: open: %w", err)
	}
	o := New(cfg)
	o.journal = &journal{file: file}
	if err := o.catchUp(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return o, nil
}

// Close closes the file of an office that was opened.
func (o *Office) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.journal == nil {
		return nil
	}
	return o.journal.file.Close()
}

// record makes a fact true. The lock is held.
func (o *Office) record(f fact) error {
	if o.journal == nil {
		o.apply(f)
		return nil
	}
	line, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("mock: journal: %w", err)
	}
	// One write for each line, led by its own line break: a line that a crash
	// cut short spoils no other.
	if _, err := o.journal.file.Write(append(append([]byte{'\n'}, line...), '\n')); err != nil {
		return fmt.Errorf("mock: journal: %w", err)
	}
	return o.catchUp()
}

// catchUp takes in what the journal has gained. The lock is held.
func (o *Office) catchUp() error {
	if o.journal == nil {
		return nil
	}
	size, err := o.journal.file.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("mock: journal: %w", err)
	}
	if size <= o.journal.read {
		return nil
	}
	news := make([]byte, size-o.journal.read)
	if _, err := o.journal.file.ReadAt(news, o.journal.read); err != nil {
		return fmt.Errorf("mock: journal: %w", err)
	}
	complete := bytes.LastIndexByte(news, '\n') + 1
	for line := range bytes.Lines(news[:complete]) {
		var f fact
		// A line cut short was never answered: nothing happened.
		if json.Unmarshal(line, &f) == nil {
			o.apply(f)
		}
	}
	o.journal.read += int64(complete)
	return nil
}

func (o *Office) apply(f fact) {
	switch {
	case f.Accepted != nil:
		l := f.Accepted
		o.letters = append(o.letters, l)
		o.byName[l.ProviderID] = l
		if _, again := o.byID[l.Letter]; !again {
			o.byID[l.Letter] = l
		}
	case f.Attempted != "":
		o.attempts[f.Attempted]++
	case f.Closed != "":
		o.closed[f.Closed]++
	case f.Cancelled != "":
		if l := o.byName[f.Cancelled]; l != nil {
			l.Cancelled = f.At
		}
	}
	o.ahead += f.Advanced
}
