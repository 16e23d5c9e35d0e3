//go:build unix

// Package sidebyside measures the CPU time of several ways to do a thing in one
// run. Rounds alternate, so that a busy machine slows all alike; the tables show
// medians. CPU time is user plus system time: of this process by getrusage, of
// other programs by wait4, their children included.
package sidebyside

import (
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// Job is one way to do a thing: a program, or a function of this process that is
// timed over many calls at once where one is short.
type Job struct {
	Name    string
	Program []string   // with its arguments
	Then    [][]string // programs that complete the first
	Calls   int        // of Run in a round
	Run     func() error
}

const rounds = 7

// Print measures the jobs and prints a table in Markdown. The first job is ours:
// the others are said as multiples of it. A job that fails is left out and named.
func Print(title string, jobs []Job) {
	times := make([][]time.Duration, len(jobs))
	for range rounds {
		for i, j := range jobs {
			d, err := j.cpu()
			if err != nil {
				fmt.Printf("%s: skipped: %v\n", j.Name, err)
				continue
			}
			times[i] = append(times[i], d)
		}
	}
	fmt.Printf("\n%s (%s, %d rounds)\n\n| | CPU ms | of ours |\n|---|---|---|\n", title, runtime.Version(), rounds)
	for i, j := range jobs {
		if len(times[i]) > 0 && len(times[0]) > 0 {
			fmt.Printf("| %s | %.2f | %.2f |\n", j.Name, median(times[i]).Seconds()*1000, float64(median(times[i]))/float64(median(times[0])))
		}
	}
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func (j Job) cpu() (time.Duration, error) {
	if j.Run == nil {
		return processes(append([][]string{j.Program}, j.Then...))
	}
	runtime.GC()
	before := CPU()
	for range j.Calls {
		if err := j.Run(); err != nil {
			return 0, err
		}
	}
	return (CPU() - before) / time.Duration(j.Calls), nil
}

func processes(all [][]string) (time.Duration, error) {
	total := time.Duration(0)
	for _, args := range all {
		cmd := exec.Command(args[0], args[1:]...)
		if err := cmd.Run(); err != nil {
			return 0, err
		}
		total += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	return total, nil
}

// CPU is the time that this process has taken so far.
func CPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for other arguments only
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
