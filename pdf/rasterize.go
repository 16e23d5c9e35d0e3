package pdf

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"github.com/courrier-go/courrier"
)

// Rasterizer draws one page of a PDF as a PNG image. An implementation bounds
// its own time and memory, ends when ctx does, and takes no state from one
// call to the next.
type Rasterizer interface {
	Rasterize(ctx context.Context, file []byte, page, dpi int) ([]byte, error)
}

// Pdftoppm rasterizes with poppler's command of that name, in a process of its
// own that sees nothing of the host's environment. The zero Pdftoppm looks the
// command up in the host's PATH.
type Pdftoppm struct {
	Path    string        // of the command; default "pdftoppm"
	Timeout time.Duration // of a page; default 20 s
}

const maxImageBytes = 32 << 20

func (p Pdftoppm) withDefaults() Pdftoppm {
	p.Path = cmp.Or(p.Path, "pdftoppm")
	setDefault(&p.Timeout, 20*time.Second)
	return p
}

// Rasterize implements [Rasterizer]. The resolution is that of an A4 page:
// larger pages get the same number of pixels, so that no page size costs more.
// The command may be missing, fail or take too long.
//
// Errors: [courrier.ErrUnavailable] (pdftoppm).
func (p Pdftoppm) Rasterize(ctx context.Context, file []byte, page, dpi int) ([]byte, error) {
	p = p.withDefaults()
	bounded, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	n := strconv.Itoa(page)
	pixels := strconv.Itoa(int(a4Height / 25.4 * float64(dpi)))
	cmd := exec.CommandContext(bounded, p.Path, "-png", "-cropbox", "-f", n, "-l", n, "-scale-to", pixels, "-")
	cmd.Env = []string{} // what the host knows is none of a renderer's business
	cmd.WaitDelay = time.Second
	cmd.Stdin = bytes.NewReader(file)
	var out bytes.Buffer
	cmd.Stdout = &limitedWriter{w: &out, left: maxImageBytes}
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil && !bytes.HasPrefix(out.Bytes(), []byte("\x89PNG")) {
		err = errors.New("no image came out")
	}
	if err != nil {
		return nil, &courrier.Error{Op: "pdf: rasterize", Kind: courrier.ErrUnavailable, Code: "pdftoppm",
			Err: fmt.Errorf("page %d: %w", page, err)}
	}
	return out.Bytes(), nil
}
