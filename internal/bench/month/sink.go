//go:build unix

package main

import (
	"bufio"
	"net"
	"strconv"
	"strings"
)

// sink is a mail server that takes every message and keeps none.
type sink struct {
	listener net.Listener
	port     int
}

func listen() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{listener: l, port: l.Addr().(*net.TCPAddr).Port}
	go s.serve()
	return s, nil
}

func (s *sink) address() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

func (s *sink) close() { _ = s.listener.Close() }

func (s *sink) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		go talk(conn)
	}
}

// answers are those to the commands of a session, by their first word.
var answers = map[string]string{
	"EHLO": "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n", "HELO": "250 sink\r\n", "MAIL": "250 ok\r\n", "RCPT": "250 ok\r\n",
	"RSET": "250 ok\r\n", "NOOP": "250 ok\r\n", "DATA": "354 go on\r\n", "QUIT": "221 bye\r\n",
}

// talk is one session (RFC 5321).
func talk(conn net.Conn) {
	defer conn.Close()
	in, out := bufio.NewReader(conn), bufio.NewWriter(conn)
	say := func(text string) {
		_, _ = out.WriteString(text)
		if in.Buffered() == 0 { // else more of a pipelined group follows
			_ = out.Flush()
		}
	}
	say("220 sink\r\n")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		word := strings.ToUpper(line[:min(4, len(line))])
		answer, known := answers[word]
		if !known {
			answer = "500 what\r\n"
		}
		say(answer)
		switch word {
		case "QUIT":
			_ = out.Flush()
			return
		case "DATA":
			_ = out.Flush()
			for line != ".\r\n" {
				if line, err = in.ReadString('\n'); err != nil {
					return
				}
			}
			say("250 taken\r\n")
		}
	}
}
