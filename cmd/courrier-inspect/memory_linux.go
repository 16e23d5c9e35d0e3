package main

import "syscall"

// limitMemory bounds what the process may map for data. Address space
// (RLIMIT_AS) would not do: the Go runtime reserves far more than it uses.
func limitMemory(bytes int64) error {
	limit := syscall.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &limit)
}
