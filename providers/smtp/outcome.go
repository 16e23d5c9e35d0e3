package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"strconv"
	"syscall"

	"github.com/courrier-go/courrier"
)

// Codes of failures that are this package's own; all others are the server's.
const (
	codeNoAccount = "no-account"  // Config.Accounts gave an error
	codeNoTLS     = "no-tls"      // encryption is wanted and not offered
	codeNoAuth    = "no-auth"     // the server offers no way to sign in that the account has
	codeNoUTF8    = "no-smtputf8" // an address outside ASCII, and a server without RFC 6531
	codeTooLarge  = "too-large"   // larger than the server says it takes (RFC 1870)
)

// stage is a step of handing a message over, with what a failure there means.
type stage struct {
	name   string
	silent error // the kind when no answer can be read
}

// The stages, in order. Up to the end of the content a server has nothing that
// it could deliver: one that loses the connection drops what it has (RFC 5321,
// section 4.1.1.10). Once the end may have been sent, only its answer tells.
var (
	stageGreet   = stage{"greeting", courrier.ErrUnavailable}
	stageHello   = stage{"EHLO", courrier.ErrUnavailable}
	stageTLS     = stage{"TLS", courrier.ErrUnavailable}
	stageAuth    = stage{"AUTH", courrier.ErrUnavailable}
	stageMail    = stage{"MAIL", courrier.ErrUnavailable}
	stageRcpt    = stage{"RCPT", courrier.ErrUnavailable}
	stageData    = stage{"DATA", courrier.ErrUnavailable}
	stageContent = stage{"content", courrier.ErrUnavailable}
	stageEnd     = stage{"end of content", courrier.ErrInDoubt}
)

// kindOf reads a reply code as RFC 5321, section 4.2.1, and RFC 4954, section 6,
// define it. A code that has no place at the stage is as good as none.
func (st stage) kindOf(code int, status string) error {
	switch {
	case code == 530, code == 534, code == 535, code == 538:
		return courrier.ErrDenied // sign in first, or otherwise: not about the message
	case code >= 500 && code <= 599:
		return st.faultOf(code, status)
	case code >= 400 && code <= 499:
		return courrier.ErrUnavailable
	}
	return st.silent
}

// failure makes the error of a stage from what the library says. Nothing of the
// server's own words gets into it: they quote addresses.
func (st stage) failure(ctx context.Context, err error) *courrier.Error {
	var reply *textproto.Error
	switch {
	case errors.As(err, &reply):
		return fail(st.kindOf(reply.Code, enhanced.FindString(reply.Msg)), strconv.Itoa(reply.Code),
			fmt.Errorf("refused at %s%s", st.name, status(reply.Msg)))
	case ctx.Err() != nil:
		return fail(st.silent, "", fmt.Errorf("at %s: %w", st.name, ctx.Err()))
	}
	return fail(st.silent, "", fmt.Errorf("at %s: %w", st.name, reason(err)))
}

func fail(kind error, code string, cause error) *courrier.Error {
	return &courrier.Error{Op: "mail", Provider: "smtp", Kind: kind, Code: code, Err: cause}
}

var enhanced = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// status returns the enhanced status code (RFC 2034) that a reply begins with.
func status(reply string) string {
	if s := enhanced.FindString(reply); s != "" {
		return ", status " + s
	}
	return ""
}

// dialFailure keeps the cause, which knows the server and not the message.
func dialFailure(ctx context.Context, err error) error {
	var (
		op    *net.OpError
		timed net.Error
	)
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.As(err, &timed) && timed.Timeout():
		err = errTimeout
	case errors.As(err, &op):
		err = op.Err
	}
	return fail(courrier.ErrUnavailable, "", fmt.Errorf("at connect: %w", err))
}

var (
	errTimeout   = errors.New("no answer in time")
	errLost      = errors.New("the connection was lost")
	errUnclear   = errors.New("the answer cannot be read")
	errTalkative = errors.New("the server answers without end")
)

// reason puts what went wrong on a connection in words that quote nothing.
func reason(err error) error {
	var (
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
	)
	switch {
	case errors.Is(err, errTalkative):
		return errTalkative
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errTimeout
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errLost
	}
	return errUnclear
}
