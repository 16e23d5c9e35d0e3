// Host is a small invoicing product on the embedded database with the desk mounted in
// it: a demonstration company after three months of letters and reminders.
//
//	go run ./examples/host [-listen 127.0.0.1:8080] [-mysendingbox https://…] [folder]
//
// Open http://127.0.0.1:8080. Claire decides, Karim does not. Letters go through a post
// office in memory, e-mails into a mailbox page. The account at MySendingBox is connected
// with a stand-in of the carrier, or with that of the flag. "Next day" lets a day pass.
// Run again on the same folder it goes on from there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "where to listen")
	carrier := flag.String("mysendingbox", "", "address of MySendingBox; empty: a stand-in of it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *listen, *carrier, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "host:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen, carrier string, args []string) error {
	folder, err := folderOf(args)
	if err != nil {
		return err
	}
	p, err := open(ctx, folder, carrier)
	if err != nil {
		return err
	}
	defer p.close()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("A company after three months: http://%s (data in %s)\n", listener.Addr(), folder)
	return serve(ctx, listener, p.handler())
}

func serve(ctx context.Context, listener net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func folderOf(args []string) (string, error) {
	if len(args) == 0 {
		return os.MkdirTemp("", "courrier-host-")
	}
	return args[0], os.MkdirAll(args[0], 0o755)
}
