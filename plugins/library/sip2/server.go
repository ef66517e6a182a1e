package sip2

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
)

// Handler is a library's system, as one self-check sees it.
type Handler interface {
	// Handle answers a message that a self-check may send; nil leaves it without an
	// answer. Of one self-check it is called for one message after the other.
	Handle(ctx context.Context, m Message) Message
}

// Server lets self-checks in and answers them.
type Server struct {
	// Login says who a self-check is, and returns what serves it; nil refuses it.
	// It is called with a Login that was sent, or, where Anonymous is set, with an
	// empty one as soon as another message comes first.
	Login     func(ctx context.Context, l *Login, from net.Addr) Handler
	Anonymous bool
	Codec     Codec
	// Encoding, if not nil, is the encoding of the self-check that has logged in
	// as a user; before, and for "", it is the Codec's.
	Encoding func(user string) string
	Log      *slog.Logger // nil is none; it never gets a message's text

	MaxLine     int           // of a message; 0 is 4 KiB
	Connections int           // at once; 0 is 200
	Quiet       time.Duration // how long a self-check may say nothing; 0 is an hour
	Patience    time.Duration // for a login, and for one to take its answer; 0 is 30 s

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	done  bool
	all   sync.WaitGroup
}

// strikes is how many wrong logins, or messages without one, a connection may have.
const strikes = 3

func (s *Server) usual() (maxLine, connections int, quiet, patience time.Duration, log *slog.Logger) {
	maxLine, connections, quiet, patience, log = s.MaxLine, s.Connections, s.Quiet, s.Patience, s.Log
	if maxLine == 0 {
		maxLine = 4 << 10
	}
	if connections == 0 {
		connections = 200
	}
	if quiet == 0 {
		quiet = time.Hour
	}
	if patience == 0 {
		patience = 30 * time.Second
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return
}

// Serve answers whoever connects to l, until l is closed or Close is called.
func (s *Server) Serve(l net.Listener) error {
	_, most, _, _, log := s.usual()
	for {
		conn, err := l.Accept()
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.done {
				return nil
			}
			return err
		}
		s.mu.Lock()
		full := s.done || len(s.conns) >= most
		if !full {
			if s.conns == nil {
				s.conns = map[net.Conn]struct{}{}
			}
			s.conns[conn] = struct{}{}
			s.all.Add(1)
		}
		s.mu.Unlock()
		if full {
			log.Warn("sip2: too many self-checks at once", "op", "accept", "from", conn.RemoteAddr().String(), "most", most)
			_ = conn.Close() // nothing was said
			continue
		}
		go func() {
			defer s.all.Done()
			defer func() {
				_ = conn.Close() // whatever is under way has failed already
				s.mu.Lock()
				delete(s.conns, conn)
				s.mu.Unlock()
			}()
			if err := s.talk(conn); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				log.Info("sip2: a connection ended", "op", "serve", "from", conn.RemoteAddr().String(), "cause", err)
			}
		}()
	}
}

// Close ends every connection and waits until none is served any more. The
// listener is the caller's to close.
func (s *Server) Close() error {
	s.mu.Lock()
	s.done = true
	for c := range s.conns {
		_ = c.Close() // wakes who reads from it
	}
	s.mu.Unlock()
	s.all.Wait()
	return nil
}

// talk is one connection from its first message to its last.
func (s *Server) talk(conn net.Conn) error {
	maxLine, _, quiet, patience, log := s.usual()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	t := &talk{Server: s, conn: conn, codec: s.Codec, log: log}
	in := newLines(conn, maxLine)
	for t.wrong < strikes {
		wait := quiet
		if t.handler == nil {
			wait = patience
		}
		if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return err
		}
		line, err := in.next()
		if err != nil {
			return err
		}
		out, err := t.answer(ctx, line)
		if err != nil {
			return err
		}
		if out == nil {
			continue
		}
		if err := conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		if _, err := conn.Write(out); err != nil {
			return err
		}
	}
	return errors.New("too many wrong logins")
}

// talk is what a server remembers of a connection.
type talk struct {
	*Server
	conn    net.Conn
	codec   Codec
	log     *slog.Logger
	handler Handler // nil before the login
	wrong   int

	heard []byte // the last message with error detection, to know it again
	said  Message
	out   []byte // the last answer as it was sent
	told  bool   // something was answered
	on    bool   // the last message had error detection
}

// answer is what is sent for a line; nil is nothing.
func (t *talk) answer(ctx context.Context, line []byte) ([]byte, error) {
	m, tail, err := t.codec.Decode(line)
	switch {
	case errors.Is(err, ErrUnknown):
		t.log.Info("sip2: a message was ignored", "op", "decode", "cause", err)
		return nil, nil
	case err != nil:
		t.log.Warn("sip2: a message cannot be read; it is asked for again", "op", "decode", "from", t.conn.RemoteAddr().String(), "cause", err)
		return t.send(&ResendSC{}, Tail{On: tail.On || t.on})
	}
	t.on = tail.On
	if _, again := m.(*ResendACS); again {
		return t.resend(tail)
	}
	if tail.On && tail.Seq != "" && string(t.heard) == string(line) && t.out != nil {
		return t.out, nil // the answer was lost
	}
	t.heard = append(t.heard[:0], line...)
	if !tail.On {
		t.heard = t.heard[:0]
	}
	answer := t.handle(ctx, m)
	if answer == nil {
		t.out = nil
		return nil, nil
	}
	return t.send(answer, tail)
}

func (t *talk) send(m Message, tail Tail) ([]byte, error) {
	out, err := t.codec.Encode(m, tail)
	if err != nil {
		return nil, err
	}
	t.said, t.out, t.told = m, out, true
	return out, nil
}

// resend is the last answer once more, without its sequence number.
func (t *talk) resend(tail Tail) ([]byte, error) {
	if !t.told {
		return t.codec.Encode(&ResendSC{}, Tail{On: tail.On})
	}
	return t.codec.Encode(t.said, Tail{On: tail.On})
}

func (t *talk) handle(ctx context.Context, m Message) Message {
	if l, ok := m.(*Login); ok {
		return t.login(ctx, l)
	}
	if t.handler == nil && t.Anonymous {
		t.handler = t.Login(ctx, &Login{}, t.conn.RemoteAddr())
	}
	if t.handler == nil {
		t.wrong++
		// The document has a system that wishes to say something of itself answer so.
		return &ACSStatus{Online: No, CheckinOK: No, CheckoutOK: No, RenewalOK: No, UpdateOK: No, OfflineOK: No,
			At: time.Now(), Version: Version, Supported: Supported("93"), Screen: []string{"Login required 请先登录"}}
	}
	if answerOnly[m.Code()] {
		return nil // a system does not answer a system
	}
	return t.handler.Handle(ctx, m)
}

func (t *talk) login(ctx context.Context, l *Login) Message {
	t.handler = nil
	if l.UserAlgorithm == "0" && l.PasswordAlgorithm == "0" {
		t.handler = t.Login(ctx, l, t.conn.RemoteAddr())
	}
	if t.handler == nil {
		t.wrong++
		t.log.Warn("sip2: login refused", "op", "login", "from", t.conn.RemoteAddr().String(), "user", l.User)
		return &LoginResponse{}
	}
	t.wrong = 0
	if t.Encoding != nil {
		if e := t.Encoding(l.User); e != "" {
			t.codec.Encoding = e
		}
	}
	return &LoginResponse{OK: true}
}

// answerOnly are the codes that only a system sends.
var answerOnly = map[string]bool{"10": true, "12": true, "16": true, "18": true, "20": true, "24": true, "26": true,
	"30": true, "36": true, "38": true, "64": true, "66": true, "94": true, "96": true, "98": true}

// supportedOrder is by place in the field BX.
var supportedOrder = []string{"23", "11", "09", "01", "99", "97", "93", "63", "35", "37", "17", "19", "25", "15", "29", "65"}

// Supported is the field BX of a system that supports the messages of these codes.
func Supported(codes ...string) string {
	b := make([]byte, len(supportedOrder))
	for i, code := range supportedOrder {
		b[i] = 'N'
		for _, c := range codes {
			if c == code {
				b[i] = 'Y'
			}
		}
	}
	return string(b)
}

// Supports reports whether a system says that it supports a message. One that says
// nothing is taken to support all.
func (s ACSStatus) Supports(code string) bool {
	for i, c := range supportedOrder {
		if c == code && i < len(s.Supported) {
			return s.Supported[i] != 'N' && s.Supported[i] != 'n'
		}
	}
	return true
}
