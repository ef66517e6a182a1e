package store

import (
	"context"
	"hash/fnv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// leases hold this process's leaderships: advisory locks of one session, which
// the server frees by itself when the process, or the way to it, dies.
type leases struct {
	config *pgx.ConnConfig

	mu     sync.Mutex
	wanted map[string]*lease
	kick   chan struct{}
	end    context.CancelFunc // nil before the first wish
	ended  chan struct{}
}

type lease struct {
	key  int64
	won  chan context.Context // ends when the leadership is lost
	lose context.CancelFunc   // nil while another leads
}

const (
	leaseTick = 500 * time.Millisecond // how often a lock is tried, and the session shown to be alive
	// A process that stopped without ending loses its session after this time.
	leaseIdle     = "10s"
	leasePatience = 5 * time.Second
	reconnect     = time.Second
)

func leaseKey(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte("ting/" + name))
	return int64(h.Sum64())
}

func (e *postgres) lead(ctx context.Context, name string, fn func(context.Context)) {
	w := e.leases.want(name)
	defer e.leases.give(name)
	for {
		select {
		case <-ctx.Done():
			return
		case led := <-w.won:
			run, cancel := context.WithCancel(ctx)
			stop := context.AfterFunc(led, cancel)
			fn(run)
			stop()
			cancel()
			if led.Err() == nil {
				return // fn has ended by itself
			}
		}
	}
}

func (l *leases) want(name string) *lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.end == nil {
		var ctx context.Context
		ctx, l.end = context.WithCancel(context.Background())
		l.kick, l.ended = make(chan struct{}, 1), make(chan struct{})
		go l.keep(ctx)
	}
	w := &lease{key: leaseKey(name), won: make(chan context.Context, 1)}
	l.wanted[name] = w
	l.look()
	return w
}

func (l *leases) look() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// give gives a leadership up, or the wish for it.
func (l *leases) give(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.wanted[name]; w != nil && w.lose != nil {
		w.lose()
	}
	delete(l.wanted, name)
	l.look()
}

func (l *leases) stop() {
	l.mu.Lock()
	end, ended := l.end, l.ended
	l.mu.Unlock()
	if end != nil {
		end()
		<-ended
	}
}

// keep keeps a session, and in it the locks, until ctx ends.
func (l *leases) keep(ctx context.Context) {
	defer close(l.ended)
	config := l.config.Copy()
	config.RuntimeParams["idle_session_timeout"] = leaseIdle
	for ctx.Err() == nil {
		conn, err := pgx.ConnectConfig(ctx, config)
		if err == nil {
			l.hold(ctx, conn)
			l.loseAll()
			closing, cancel := context.WithTimeout(context.Background(), time.Second)
			_ = conn.Close(closing)
			cancel()
		}
		pause(ctx, reconnect)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// hold tries for the locks wanted until the session fails or ctx ends.
func (l *leases) hold(ctx context.Context, conn *pgx.Conn) {
	tick := time.NewTicker(leaseTick)
	defer tick.Stop()
	held := map[string]int64{}
	for l.turn(ctx, conn, held) == nil {
		select {
		case <-tick.C:
		case <-l.kick:
		case <-ctx.Done():
			return
		}
	}
}

// turn brings what is held in line with what is wanted.
func (l *leases) turn(ctx context.Context, conn *pgx.Conn, held map[string]int64) error {
	ctx, cancel := context.WithTimeout(ctx, leasePatience)
	defer cancel()
	l.mu.Lock()
	missing := map[string]*lease{}
	var given []string
	for name, w := range l.wanted {
		if w.lose == nil {
			missing[name] = w
		}
	}
	for name := range held {
		if w := l.wanted[name]; w == nil || w.lose == nil {
			given = append(given, name)
		}
	}
	l.mu.Unlock()
	for _, name := range given {
		if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, held[name]); err != nil {
			return err
		}
		delete(held, name)
	}
	for name, w := range missing {
		var got bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, w.key).Scan(&got); err != nil {
			return err
		}
		if !got {
			continue
		}
		held[name] = w.key
		l.mu.Lock()
		if l.wanted[name] == w {
			var led context.Context
			led, w.lose = context.WithCancel(context.Background())
			w.won <- led
		}
		l.mu.Unlock()
	}
	if len(given)+len(missing) > 0 {
		return nil
	}
	return conn.Ping(ctx)
}

func (l *leases) loseAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.wanted {
		if w.lose == nil {
			continue
		}
		w.lose()
		w.lose = nil
		select { // one that was won and not taken up yet is worth nothing
		case <-w.won:
		default:
		}
	}
}

// listen hears what other processes note, over a connection of its own.
func (e *postgres) listen(ctx context.Context, heard func(from, note string), missed func()) {
	for ctx.Err() == nil {
		conn, err := pgx.ConnectConfig(ctx, e.leases.config)
		if err == nil {
			if _, err = conn.Exec(ctx, `LISTEN ting`); err == nil {
				missed() // whatever was said before this moment
			}
			for err == nil {
				err = e.hear(ctx, conn, heard)
			}
			closing, cancel := context.WithTimeout(context.Background(), time.Second)
			_ = conn.Close(closing)
			cancel()
		}
		pause(ctx, reconnect)
	}
}

// silence is how long nothing may be heard before the connection is tried.
const silence = 20 * time.Second

func (e *postgres) hear(ctx context.Context, conn *pgx.Conn, heard func(from, note string)) error {
	wait, cancel := context.WithTimeout(ctx, silence)
	n, err := conn.WaitForNotification(wait)
	cancel()
	switch {
	case err == nil:
		if from, note, ok := strings.Cut(n.Payload, " "); ok && from != e.process {
			heard(from, note)
		}
		return nil
	case ctx.Err() == nil && wait.Err() != nil && !conn.IsClosed():
		alive, cancel := context.WithTimeout(ctx, leasePatience)
		defer cancel()
		return conn.Ping(alive)
	}
	return err
}
