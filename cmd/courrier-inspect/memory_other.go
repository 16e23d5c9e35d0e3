//go:build !linux

package main

// limitMemory does nothing: the soft limit of the Go runtime is all there is.
func limitMemory(int64) error { return nil }
