package smtp

import (
	"errors"
	"io"
	"net/textproto"
	"strings"
)

// pipelined names the sender and the recipients and begins the content in one write, and
// reads the answers in their order (RFC 2920): one round trip for all of it.
func (s *session) pipelined(m message) (io.WriteCloser, error) {
	text := s.client.Text
	err := s.step(stageMail, func() error {
		_, err := text.W.WriteString(strings.Join(append(s.envelope(m), ""), "\r\n"))
		return errors.Join(err, text.W.Flush())
	})
	if err != nil {
		return nil, err
	}
	read := func(code int) error {
		_, _, err := text.ReadResponse(code)
		return err
	}
	refused := s.step(stageMail, func() error { return read(250) })
	if s.broken {
		return nil, refused
	}
	if err := s.recipients(m.to, func(recipient) error { return read(25) }); refused == nil {
		refused = err
	}
	if s.broken {
		return nil, refused
	}
	ready := s.step(stageData, func() error { return read(354) })
	switch {
	case refused == nil && ready == nil:
		return content{text.DotWriter(), text}, nil
	case refused == nil:
		return nil, ready
	}
	// A server that wants the content for those whom it took gets none: nothing may end
	// it but the connection.
	s.broken = s.broken || ready == nil
	return nil, refused
}

// envelope lists the commands before the content.
func (s *session) envelope(m message) []string {
	mail := "MAIL FROM:" + mailbox(m.from)
	if offered, _ := s.client.Extension("8BITMIME"); offered {
		mail += " BODY=8BITMIME"
	}
	if m.utf8 {
		mail += " SMTPUTF8"
	}
	commands := []string{mail}
	for _, r := range m.to {
		commands = append(commands, "RCPT TO:"+mailbox(r.address))
	}
	return append(commands, "DATA")
}

// content is a message's content on its way. Closing it ends it, and waits for the
// answer.
type content struct {
	io.WriteCloser
	text *textproto.Conn
}

// Close implements [io.Closer].
func (c content) Close() error {
	if err := c.WriteCloser.Close(); err != nil {
		return err
	}
	_, _, err := c.text.ReadResponse(250)
	return err
}
