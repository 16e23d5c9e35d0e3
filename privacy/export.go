package privacy

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/dunning"
)

// Manifest lists what an export holds, and says what article 15 asks for beside the
// data: why it is kept, who received it, for how long.
type Manifest struct {
	Account   courrier.AccountID             `json:"account"`
	Customer  courrier.CustomerID            `json:"customer"`
	MadeAt    time.Time                      `json:"made_at"`
	Purposes  []courrier.Purpose             `json:"purposes,omitempty"`
	Carriers  []string                       `json:"carriers,omitempty"` // recipients
	Retention map[courrier.Purpose]Retention `json:"retention,omitempty"`
	Files     []File                         `json:"files"`
	Gone      []courrier.Sum                 `json:"gone,omitempty"` // documents that are kept no more
}

// File is a file of an export.
type File struct {
	Name string       `json:"name"`
	Size int64        `json:"size"`
	Sum  courrier.Sum `json:"sum"`
}

// Export writes a ZIP archive with all that is kept about a customer: letters.jsonl,
// events.jsonl, entries.jsonl, reminders.jsonl and notes.json, one JSON value a line as
// they are stored; items.jsonl, what campaigns of the desk keep about the customer;
// documents, proofs and attachments as files/<sum>.pdf; and manifest.json, the last.
// Nothing is held in memory but a page and one document.
//
// Errors: [courrier.ErrInvalid].
func (k Keeper) Export(ctx context.Context, to io.Writer, account courrier.AccountID, customer courrier.CustomerID) error {
	if err := k.check(account, customer); err != nil {
		return fmt.Errorf("privacy: export: %w", err)
	}
	x := &export{Keeper: k, ctx: ctx, zip: zip.NewWriter(to), manifest: Manifest{Account: account, Customer: customer, MadeAt: k.now(), Retention: k.Retention}}
	if err := x.write(); err != nil {
		return fmt.Errorf("privacy: export: %w", err)
	}
	return nil
}

// export is one archive being written.
type export struct {
	Keeper
	ctx      context.Context
	zip      *zip.Writer
	manifest Manifest
	sums     []courrier.Sum // contents to add
}

func (x *export) write() error {
	account, customer := x.manifest.Account, x.manifest.Customer
	for _, part := range []struct {
		name  string
		lines func(line func(any) error) error
	}{
		{"letters.jsonl", func(line func(any) error) error {
			return each(x.letters(x.ctx, account, customer), func(r courrier.LetterRecord) error { x.note(r); return line(r) })
		}},
		{"events.jsonl", func(line func(any) error) error {
			return x.ofLetters(func(id courrier.LetterID) error {
				return each(x.store().Events(x.ctx, courrier.EventFilter{Letters: []courrier.LetterID{id}}), func(e courrier.TrackingEvent) error { return line(e) })
			})
		}},
		{"entries.jsonl", func(line func(any) error) error {
			return x.ofLetters(func(id courrier.LetterID) error {
				return each(x.store().Entries(x.ctx, courrier.EntryFilter{Account: account, Letter: id}), func(e courrier.Entry) error { return line(e) })
			})
		}},
		{"reminders.jsonl", func(line func(any) error) error {
			return each(x.reminders(x.ctx, account, customer), func(r dunning.Reminder) error {
				x.sums = append(x.sums, r.Contents()...)
				return line(r)
			})
		}},
		{"notes.json", x.notes},
		{"items.jsonl", func(line func(any) error) error {
			return x.mentions(x.ctx, account, customer, func(_ courrier.Item, was mention) error { return line(was) })
		}},
	} {
		if err := x.file(part.name, func(w io.Writer) error { return part.lines(json.NewEncoder(w).Encode) }); err != nil {
			return err
		}
	}
	if err := x.contents(); err != nil {
		return err
	}
	w, err := x.zip.Create("manifest.json")
	if err == nil {
		err = json.NewEncoder(w).Encode(x.manifest)
	}
	return errors.Join(err, x.zip.Close())
}

func each[T any](all func(func(T, error) bool), do func(T) error) error {
	for v, err := range all {
		if err == nil {
			err = do(v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *export) ofLetters(do func(courrier.LetterID) error) error {
	return each(x.letters(x.ctx, x.manifest.Account, x.manifest.Customer), func(r courrier.LetterRecord) error { return do(r.ID) })
}

// note keeps what the manifest says of a letter, and what it carries.
func (x *export) note(r courrier.LetterRecord) {
	m := &x.manifest
	if !slices.Contains(m.Purposes, r.Letter.Purpose) {
		m.Purposes = append(m.Purposes, r.Letter.Purpose)
	}
	if r.Provider != "" && !slices.Contains(m.Carriers, r.Provider) {
		m.Carriers = append(m.Carriers, r.Provider)
	}
	for _, d := range r.Letter.Documents {
		x.sums = append(x.sums, d.Sum)
	}
	for _, p := range r.Proofs {
		x.sums = append(x.sums, p.Sum)
	}
}

func (x *export) notes(line func(any) error) error {
	if x.Reminders == nil {
		return nil
	}
	item, err := dunning.NotesItem(x.ctx, x.Reminders, x.manifest.Account, x.manifest.Customer)
	if errors.Is(err, courrier.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return line(item.Body)
}

// contents adds each document once.
func (x *export) contents() error {
	slices.Sort(x.sums)
	for _, sum := range slices.Compact(x.sums) {
		content, err := x.Client.Config().Contents.Content(x.ctx, sum)
		if errors.Is(err, courrier.ErrNotFound) {
			x.manifest.Gone = append(x.manifest.Gone, sum)
			continue
		}
		if err == nil {
			err = x.file("files/"+string(sum)+".pdf", func(w io.Writer) error { _, err := w.Write(content); return err })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// file adds a file, and notes its length and hash.
func (x *export) file(name string, fill func(io.Writer) error) error {
	w, err := x.zip.Create(name)
	if err != nil {
		return err
	}
	hash, size := sha256.New(), counter(0)
	if err := fill(io.MultiWriter(w, hash, &size)); err != nil {
		return err
	}
	x.manifest.Files = append(x.manifest.Files, File{Name: name, Size: int64(size), Sum: courrier.Sum(hex.EncodeToString(hash.Sum(nil)))})
	return nil
}

type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
