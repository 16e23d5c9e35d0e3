// Command mailer measures package smtp against a mail server of others, Mailpit, with
// TLS, a password and attachments of 50 KB: a connection for each message, and
// connections that are kept, on this machine and at a round trip of 20 ms.
//
//	go install github.com/axllent/mailpit@v1.27.11
//	go run ./internal/bench/mailer -server "$(go env GOPATH)/bin/mailpit"
package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/email"
	"github.com/courrier-go/courrier/providers/smtp"
)

func main() {
	server := flag.String("server", "mailpit", "Mailpit's program")
	messages := flag.Int("messages", 200, "messages of each way, without delay")
	bits := flag.Int("rsa", 2048, "bits of the server's key")
	flag.Parse()
	if err := run(*server, *messages, *bits); err != nil {
		log.Fatal(err)
	}
}

// way is one way to send.
type way struct {
	name                 string
	connections, callers int
}

var ways = []way{{"a connection for each message", 0, 1}, {"one connection", 1, 1}, {"four connections", 4, 4}, {"eight connections", 8, 8}}

func run(server string, messages, bits int) error {
	dir, err := os.MkdirTemp("", "mailer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m, err := start(server, dir, bits)
	if err != nil {
		return err
	}
	defer m.stop()
	for _, trip := range []time.Duration{0, 20 * time.Millisecond} {
		fmt.Printf("round trip %v\n", trip)
		var first float64
		for _, w := range ways {
			n := messages
			if trip > 0 && w.connections == 0 {
				n = max(messages/8, 1) // the slow way proves itself sooner
			}
			rate, err := m.measure(w, trip, n)
			if err != nil {
				return err
			}
			if first == 0 {
				first = rate
			}
			fmt.Printf("  %-32s %7.1f messages/s  %5.1f times\n", w.name, rate, rate/first)
		}
	}
	return nil
}

// measure sends messages one way and returns how many a second.
func (m *mailpit) measure(w way, trip time.Duration, messages int) (float64, error) {
	cfg := smtp.Config{
		Host: "localhost", Domain: "bench.example", TLSConfig: &tls.Config{RootCAs: m.roots, SessionTicketsDisabled: w.connections == 0},
		Accounts: smtp.Fixed(smtp.Account{Username: "acme", Password: smtp.NewSecret("hunter22")}), Connections: w.connections,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, m.address, trip/2) },
	}
	mailer, err := smtp.New(cfg)
	if err != nil {
		return 0, err
	}
	defer mailer.Close()
	before, err := m.count()
	if err != nil {
		return 0, err
	}
	var next atomic.Int64
	var group sync.WaitGroup
	errs := make(chan error, w.callers)
	began := time.Now()
	for range w.callers {
		group.Go(func() {
			for i := next.Add(1); i <= int64(messages); i = next.Add(1) {
				if err := mailer.Mail(context.Background(), message(w, trip, i)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	group.Wait()
	took := time.Since(began)
	close(errs)
	if err := <-errs; err != nil {
		return 0, err
	}
	after, err := m.count()
	if err == nil && after-before != messages {
		err = fmt.Errorf("%d of %d messages arrived", after-before, messages)
	}
	return float64(messages) / took.Seconds(), err
}

var attachment = func() []byte {
	b := make([]byte, 50<<10)
	_, _ = rand.Read(b)
	return b
}()

func message(w way, trip time.Duration, i int64) email.Message {
	return email.Message{
		ID: fmt.Sprintf("bench-%d-%d-%d", w.connections, trip.Milliseconds(), i), Account: "acme", From: email.Box{Address: "billing@acme.example"},
		To: []email.Box{{Address: "claire@customer.example"}}, Subject: "Invoice", Text: "Dear customer,\n",
		Attachments: []courrier.Document{{Name: "FA-1.pdf", Content: attachment}},
	}
}

// mailpit is a running server.
type mailpit struct {
	process      *exec.Cmd
	address, web string
	roots        *x509.CertPool
}

func start(program, dir string, bits int) (*mailpit, error) {
	m := &mailpit{address: free(), web: free()}
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	var err error
	if m.roots, err = certify(cert, key, bits); err != nil {
		return nil, err
	}
	m.process = exec.Command(program, "--smtp", m.address, "--listen", m.web, "--database", filepath.Join(dir, "mail.db"), "--disable-version-check", "--quiet",
		"--smtp-tls-cert", cert, "--smtp-tls-key", key, "--smtp-require-starttls", "--smtp-auth-accept-any")
	m.process.Stderr = os.Stderr
	if err := m.process.Start(); err != nil {
		return nil, err
	}
	for range 200 {
		if _, err = m.count(); err == nil {
			return m, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	m.stop()
	return nil, err
}

func (m *mailpit) stop() {
	_ = m.process.Process.Kill()
	_ = m.process.Wait()
}

// count asks how many messages arrived.
func (m *mailpit) count() (int, error) {
	reply, err := http.Get("http://" + m.web + "/api/v1/messages?limit=1") //nolint:noctx // a measurement
	if err != nil {
		return 0, err
	}
	defer reply.Body.Close()
	var list struct{ Total int }
	err = json.NewDecoder(reply.Body).Decode(&list)
	return list.Total, err
}

func free() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// certify writes a certificate for localhost.
func certify(certFile, keyFile string, bits int) (*x509.CertPool, error) {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(certFile, cert, 0o600); err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	return roots, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600)
}
