// Command courrier-inspect inspects one PDF in a process of its own and prints
// the report of package pdf as JSON.
//
//	courrier-inspect [flags] [file]
//
// Without a file it reads standard input. It exits with 0 when it printed a
// report, whatever the verdict, with 1 when it could not, with 2 on wrong use.
// A file that needs more than the memory allowed ends the process.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/courrier-go/courrier/pdf"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "courrier-inspect:", err)
		os.Exit(1)
	}
}

type settings struct {
	layout, address, fit, options string
	timeout                       time.Duration
	maxMemory, maxBytes           int64
	file                          string
}

func parse(args []string, stderr io.Writer) settings {
	var s settings
	fs := flag.NewFlagSet("courrier-inspect", flag.ExitOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&s.layout, "layout", "", "identifier of the envelope's layout, such as fr-dl; none: zones are not checked")
	fs.StringVar(&s.fit, "fit", "", "how the file will be brought to A4: empty to leave it, a4, or printable")
	fs.StringVar(&s.address, "address", "", "who writes the address: empty for the carrier, page, or sheet")
	fs.StringVar(&s.options, "options", "", "pdf.InspectOptions as JSON, instead of -layout, -address and -fit")
	fs.DurationVar(&s.timeout, "timeout", 8*time.Second, "end the inspection after this time")
	fs.Int64Var(&s.maxMemory, "max-memory", 512, "memory of this process in MiB (enforced on Linux)")
	fs.Int64Var(&s.maxBytes, "max-bytes", 25<<20, "size of the file in bytes")
	_ = fs.Parse(args) // exits by itself
	s.file = fs.Arg(0)
	return s
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	s := parse(args, stderr)
	options, err := s.inspectOptions()
	if err != nil {
		return err
	}
	if err := limitMemory(s.maxMemory << 20); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	debug.SetMemoryLimit(s.maxMemory << 20 * 3 / 4)
	in := stdin
	if s.file != "" {
		f, err := os.Open(s.file)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	inspector := pdf.NewInspector(pdf.Limits{Timeout: s.timeout, FileBytes: s.maxBytes})
	report, err := inspector.InspectReader(context.Background(), in, options)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(report)
}

func (s settings) inspectOptions() (pdf.InspectOptions, error) {
	var o pdf.InspectOptions
	if s.options != "" {
		err := json.Unmarshal([]byte(s.options), &o)
		return o, err
	}
	o.Address, o.Fit = pdf.AddressMode(s.address), pdf.Fit(s.fit)
	if s.layout == "" {
		return o, nil
	}
	layout, ok := pdf.LayoutByID(s.layout)
	if !ok {
		return o, fmt.Errorf("no layout %q", s.layout)
	}
	o.Layout = layout
	return o, nil
}
