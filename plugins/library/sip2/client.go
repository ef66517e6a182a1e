package sip2

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

// Errors of a Client.
var (
	// ErrAway is wrapped when the system cannot be reached, or does not answer.
	ErrAway = errors.New("the library's system does not answer")
	// ErrOffline says that the system answers, and is not on-line.
	ErrOffline = errors.New("the library's system is not on-line")
	// ErrLogin says that the system does not let this self-check in.
	ErrLogin = errors.New("the library's system refuses the login")
)

// ClientConfig says how to reach a system, and as whom.
type ClientConfig struct {
	Address  string      // host:port
	TLS      *tls.Config // nil is without TLS
	User     string      // CN; "" does not log in
	Password string      // CO
	Location string      // CP
	Codec    Codec
	// Plain leaves sequence numbers and checksums out, for a system that does not
	// bear them.
	Plain bool
	// Timeout is how long an answer is waited for before the message is sent again;
	// 0 is what the system says in its status, or 5 s.
	Timeout time.Duration
	// Retries is how often a message is sent again; 0 is what the system says, at
	// most 5, or 3. Below 0 is never.
	Retries int
	// Idle is how long a connection that nobody uses is kept; 0 is 2 minutes. Many
	// systems drop one sooner or later without a word.
	Idle time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Dial makes a connection; nil is TCP to Address, with TLS where it is set.
	Dial func(ctx context.Context) (net.Conn, error)
}

// The client's own limits, where neither side says.
const (
	usualTimeout = 5 * time.Second
	mostTimeout  = 30 * time.Second
	usualRetries = 3
	mostRetries  = 5
	usualIdle    = 2 * time.Minute
)

// Client is a self-check's side of a connection. It connects when it is first
// used and again after a failure. One message is under way at a time; several
// goroutines may use it.
type Client struct {
	config ClientConfig

	turn   chan struct{} // held by who uses what follows
	conn   net.Conn
	lines  *lines
	seq    int
	used   time.Time
	status ACSStatus

	mu     sync.Mutex
	latest ACSStatus // for Status
}

// NewClient returns a client; it does not connect yet.
func NewClient(config ClientConfig) (*Client, error) {
	if err := config.Codec.Check(); err != nil {
		return nil, err
	}
	if config.Dial == nil {
		if _, _, err := net.SplitHostPort(config.Address); err != nil {
			return nil, fmt.Errorf("sip2: the address %q is not host:port: %w", config.Address, err)
		}
		config.Dial = config.dial
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Idle == 0 {
		config.Idle = usualIdle
	}
	return &Client{config: config, turn: make(chan struct{}, 1)}, nil
}

func (c ClientConfig) dial(ctx context.Context) (net.Conn, error) {
	if c.TLS != nil {
		return (&tls.Dialer{Config: c.TLS}).DialContext(ctx, "tcp", c.Address)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", c.Address)
}

// Answer is what came back.
type Answer struct {
	Message Message
	// Again says that the message had to be sent more than once, so that the system
	// may have acted on an earlier one whose answer was lost: a refusal may then
	// mean that it is done already.
	Again bool
}

// Status is what the system said of itself when the connection was last made;
// its zero value before.
func (c *Client) Status() ACSStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.latest
}

// Close ends the connection. The client may be used again.
func (c *Client) Close() error {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	c.drop()
	return nil
}

// Connect makes sure that there is a connection, logged in and on-line.
func (c *Client) Connect(ctx context.Context) error {
	if err := c.take(ctx); err != nil {
		return err
	}
	defer func() { <-c.turn }()
	return c.connect(ctx)
}

// Do sends a message and returns its answer, which has the code after the
// message's own. Errors wrap ErrAway, ErrOffline or ErrLogin, or are the
// context's.
//
// A message that the system may have acted on is sent again with the same
// sequence number, on the same connection or once on a new one, as the document
// says of a self-check: see Answer.Again.
func (c *Client) Do(ctx context.Context, m Message) (Answer, error) {
	if err := c.take(ctx); err != nil {
		return Answer{}, err
	}
	defer func() { <-c.turn }()
	if c.conn != nil && c.config.Now().Sub(c.used) > c.config.Idle {
		c.drop()
	}
	fresh := c.conn == nil
	if err := c.connect(ctx); err != nil {
		return Answer{}, err
	}
	seq := c.nextSeq()
	sent, answer, err := c.exchange(ctx, m, seq)
	if errors.Is(err, ErrAway) && ctx.Err() == nil && !fresh {
		// The connection had been lying: the system's other end was gone.
		if err := c.connect(ctx); err != nil {
			return Answer{}, err
		}
		var more int
		more, answer, err = c.exchange(ctx, m, seq)
		sent += more
	}
	if err != nil {
		return Answer{}, err
	}
	c.used = c.config.Now()
	return Answer{Message: answer, Again: sent > 1}, nil
}

// take waits for the client's turn.
func (c *Client) take(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drop ends the connection. The turn is held.
func (c *Client) drop() {
	if c.conn != nil {
		_ = c.conn.Close() // nothing is under way
		c.conn, c.lines = nil, nil
	}
}

// connect dials, logs in and asks for the system's status. The turn is held.
func (c *Client) connect(ctx context.Context) error {
	if c.conn != nil {
		return nil
	}
	dialing, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	conn, err := c.config.Dial(dialing)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	c.conn, c.lines = conn, newLines(conn, MaxLine)
	c.status = ACSStatus{}
	if err := c.greet(ctx); err != nil {
		c.drop()
		return err
	}
	c.used = c.config.Now()
	return nil
}

// greet logs in and asks for the status, which sets the rules.
func (c *Client) greet(ctx context.Context) error {
	if c.config.User != "" {
		_, m, err := c.exchange(ctx, &Login{UserAlgorithm: "0", PasswordAlgorithm: "0",
			User: c.config.User, Password: c.config.Password, Location: c.config.Location}, c.nextSeq())
		if err != nil {
			return err
		}
		if r, ok := m.(*LoginResponse); !ok || !r.OK {
			return ErrLogin
		}
	}
	_, m, err := c.exchange(ctx, &SCStatus{Status: SCWorks, Width: 80, Version: Version}, c.nextSeq())
	if err != nil {
		return err
	}
	if s, ok := m.(*ACSStatus); ok {
		c.status = *s
		c.mu.Lock()
		c.latest = *s
		c.mu.Unlock()
		if !s.Online.Yes() {
			return ErrOffline
		}
	}
	return nil
}

// timeout is how long one answer is waited for.
func (c *Client) timeout() time.Duration {
	switch said := c.status.Timeout; {
	case c.config.Timeout > 0:
		return c.config.Timeout
	case said > 0 && said < 999:
		return min(max(time.Duration(said)*100*time.Millisecond, time.Second), mostTimeout)
	}
	return usualTimeout
}

func (c *Client) retries() int {
	switch said := c.status.Retries; {
	case c.config.Retries != 0:
		return max(c.config.Retries, 0)
	case said > 0 && said < 999:
		return min(said, mostRetries)
	}
	return usualRetries
}

func (c *Client) nextSeq() string {
	seq := strconv.Itoa(c.seq)
	c.seq = (c.seq + 1) % 10
	return seq
}

// exchange sends a message until it is answered, and says how often it was sent.
// Where it gives up it ends the connection: what may still come on it is late.
func (c *Client) exchange(ctx context.Context, m Message, seq string) (sent int, answer Message, err error) {
	conn := c.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // wakes who reads
	defer func() {
		if err != nil {
			c.drop()
		}
	}()
	defer stop()
	request, err := c.config.Codec.Encode(m, Tail{On: !c.config.Plain, Seq: seq})
	if err != nil {
		return 0, nil, err
	}
	again, err := c.config.Codec.Encode(&ResendACS{}, Tail{On: !c.config.Plain})
	if err != nil {
		return 0, nil, err
	}
	line := request
	var last error
	for range c.retries() + 1 {
		if err := c.write(ctx, line); err != nil {
			return sent, nil, away(ctx, err)
		}
		if &line[0] == &request[0] {
			sent++
		}
		line = request
		answer, err := c.read(ctx, m, seq)
		switch {
		case err == nil && answer.Code() == (&ResendSC{}).Code():
			last = errors.New("it asks for the message again")
			continue
		case err == nil:
			return sent, answer, nil
		case errors.Is(err, ErrOffline):
			return sent, nil, err
		case errors.Is(err, ErrChecksum), errors.Is(err, ErrMessage):
			line, last = again, err
		case isTimeout(err) && ctx.Err() == nil:
			last = err
		default:
			return sent, nil, away(ctx, err)
		}
	}
	return sent, nil, away(ctx, last)
}

// away is an error of the connection, or the context's when that ended it.
func away(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}

func (c *Client) write(ctx context.Context, line []byte) error {
	if err := c.conn.SetDeadline(time.Now().Add(c.timeout())); err != nil {
		return err
	}
	if ctx.Err() != nil { // its wake-up came before the deadline was set
		return ctx.Err()
	}
	_, err := c.conn.Write(line)
	return err
}

// read waits for the answer to m. Answers to other messages, which come late, are
// let go.
func (c *Client) read(ctx context.Context, m Message, seq string) (Message, error) {
	for {
		line, err := c.lines.next()
		if err != nil {
			return nil, err
		}
		answer, t, err := c.config.Codec.Decode(line)
		switch {
		case errors.Is(err, ErrUnknown):
			continue
		case err != nil:
			return nil, err
		}
		code := answer.Code()
		if code == (&ResendSC{}).Code() {
			return answer, nil
		}
		if t.On && t.Seq != "" && !c.config.Plain && t.Seq != seq {
			continue
		}
		if s, ok := answer.(*ACSStatus); ok && m.Code() != (&SCStatus{}).Code() {
			// The system wishes to tell its status: it answers the message once that is heard.
			c.status = *s
			c.mu.Lock()
			c.latest = *s
			c.mu.Unlock()
			if !s.Online.Yes() {
				return nil, ErrOffline
			}
			return &ResendSC{}, nil
		}
		if code != answerTo(m.Code()) {
			continue
		}
		return answer, nil
	}
}

// answerTo is the code of the answer to a message.
func answerTo(code string) string {
	switch code {
	case "01":
		return "24"
	case "09":
		return "10"
	case "99":
		return "98"
	}
	n, _ := strconv.Atoi(code)
	return fmt.Sprintf("%02d", n+1)
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}
