// Package pdf is the paper: it inspects the files a user wants printed,
// composes letters out of plain parts, assembles what goes into one envelope
// and draws previews with the envelope's window over them.
//
//	inspector := pdf.DocumentInspector{Inspector: pdf.NewInspector(pdf.Limits{})}
//	client, err := courrier.New(courrier.Config{Store: store, Providers: []courrier.Provider{carrier}, Inspector: inspector})
//
//	composer, err := pdf.NewComposer()
//	letter, err := composer.Compose(ctx, pdf.Letter{Sender: sender, Recipient: lines, Subject: "Reminder", Blocks: blocks}, pdf.Theme{})
//
// It is the only package of this module that imports PDF libraries. It writes
// nothing to disk, reads no environment and leaves the process-wide settings of
// those libraries as the host set them.
//
// Measures are millimetres on the page as it is seen, origin in its top left
// corner, y downwards.
//
// # Untrusted input
//
// Files come from strangers. [Inspector] and [Assembler] bound each call in
// size, time, decoded bytes, objects and drawing operations ([Limits]) and turn
// a crash of the parser into a finding. A goroutine cannot be killed, so a call
// whose parser never returns keeps its slot: at most Limits.Concurrent of them
// can exist, later calls then fail with [courrier.ErrUnavailable]. A host that
// wants hard limits runs the inspection in a process of its own ([Process] and
// the command courrier-inspect): same report.
package pdf
