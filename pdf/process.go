package pdf

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/courrier-go/courrier"
)

// Process inspects in a process of its own, by the command courrier-inspect:
// a crash, a hang or a bomb ends that process and not the host's. The report
// is the one that [Inspector.Inspect] gives.
type Process struct {
	Path      string        // of the command courrier-inspect; required
	MaxMemory int64         // of the process, in bytes; default 512 MiB. Enforced on Linux
	Timeout   time.Duration // default 10 s, start of the process included
	FileBytes int64         // size of a file; default 25 MiB
}

const maxReportBytes = 16 << 20

func (p Process) withDefaults() Process {
	setDefault(&p.MaxMemory, 512<<20)
	setDefault(&p.Timeout, 10*time.Second)
	setDefault(&p.FileBytes, 25<<20)
	return p
}

// Inspect runs the command. Its environment is empty. What is wrong with the
// file is in the report: a process that died of it counts as
// [CodeTooComplex]. When ctx ends first its error is returned.
//
// Errors: [courrier.ErrInvalid], [courrier.ErrUnavailable].
func (p Process) Inspect(ctx context.Context, file []byte, o InspectOptions) (Report, error) {
	var c courrier.Checks
	c.Require(p.Path != "", "Path", "is empty", "name the command courrier-inspect")
	o.Layout.check(&c)
	if err := c.Err(); err != nil {
		return Report{}, err
	}
	p = p.withDefaults()
	if int64(len(file)) > p.FileBytes {
		return refused(len(file), CodeTooLarge, fmt.Sprintf("over %d bytes", p.FileBytes)), nil
	}
	options, err := json.Marshal(o)
	if err != nil {
		return Report{}, err
	}
	out, err := p.run(ctx, file, string(options))
	var report Report
	if err == nil {
		err = json.Unmarshal(out, &report)
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return report, nil
	case ctx.Err() != nil:
		return Report{}, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return refused(len(file), CodeTooComplex, "time"), nil
	case errors.As(err, &exit):
		return refused(len(file), CodeTooComplex, "memory"), nil
	}
	return Report{}, &courrier.Error{Op: "pdf: inspect process", Kind: courrier.ErrUnavailable, Err: err}
}

func (p Process) run(ctx context.Context, file []byte, options string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Path,
		"-options", options,
		"-timeout", p.Timeout.String(),
		"-max-bytes", fmt.Sprint(p.FileBytes),
		"-max-memory", fmt.Sprint(p.MaxMemory>>20))
	cmd.Env = []string{}
	cmd.WaitDelay = time.Second
	cmd.Stdin = bytes.NewReader(file)
	var out bytes.Buffer
	cmd.Stdout = &limitedWriter{w: &out, left: maxReportBytes}
	err := cmd.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return out.Bytes(), err
}

// limitedWriter fails once more than left bytes came.
type limitedWriter struct {
	w    io.Writer
	left int64
}

func (l *limitedWriter) Write(p []byte) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, fmt.Errorf("more output than expected")
	}
	return l.w.Write(p)
}
