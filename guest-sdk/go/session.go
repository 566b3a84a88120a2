package sqlservice

import (
	"context"
	"time"
	"unsafe"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// Session is work on a database. The first statement begins a transaction; Commit or Rollback ends it.
//
// Close it when its work is done: that rolls back what was not committed.
type Session struct {
	handle contract.Session
	open   bool
	// ended says that the program itself ended the last transaction. A limit of the host may end one, too: that is not noted, so
	// that a commit gets its error.
	ended   bool
	plans   *plans
	objects map[unsafe.Pointer]*objectState
}

// Isolation is how much transactions see of each other.
type Isolation = contract.Isolation

// The levels of isolation. Autocommit has no transactions: every statement commits itself.
const (
	DefaultIsolation Isolation = iota
	ReadUncommitted
	ReadCommitted
	RepeatableRead
	Serializable
	Autocommit
)

// TxOption is how a transaction runs.
type TxOption func(*contract.TransactionOptions)

// WithIsolation sets a transaction's isolation level.
func WithIsolation(level Isolation) TxOption {
	return func(o *contract.TransactionOptions) { o.Isolation = level }
}

// ReadOnly refuses changes.
func ReadOnly() TxOption { return func(o *contract.TransactionOptions) { o.ReadOnly = true } }

// TxTimeout is how long a transaction may stay open; then it is rolled back.
func TxTimeout(d time.Duration) TxOption {
	return func(o *contract.TransactionOptions) { o.TimeoutMS = contract.Milliseconds(d) }
}

func txOptions(list []TxOption) (o contract.TransactionOptions) {
	for _, option := range list {
		option(&o)
	}
	return o
}

func (d *Database) newSession(handle contract.Session, failure *contract.Failure) (*Session, error) {
	if failure != nil {
		return nil, told(failure)
	}
	return &Session{handle: handle, open: true, plans: d.plans}, nil
}

func (s *Session) use(ctx context.Context) error {
	if s == nil || !s.open {
		return failf("closed", "the session was closed; open another one")
	}
	return check(ctx)
}

// Begin begins a transaction; ErrAlreadyBegun where one is open.
func (s *Session) Begin(ctx context.Context, options ...TxOption) error {
	if err := s.use(ctx); err != nil {
		return err
	}
	s.ended = false
	return told(s.handle.Begin(txOptions(options)))
}

// Commit commits.
func (s *Session) Commit(ctx context.Context) error {
	if err := s.use(ctx); err != nil {
		return err
	}
	failure := s.handle.Commit()
	s.ended = failure == nil
	return told(failure)
}

// Rollback rolls back. Objects that the session read or wrote are no longer known to it.
func (s *Session) Rollback(ctx context.Context) error {
	if err := s.use(ctx); err != nil {
		return err
	}
	s.objects, s.ended = nil, true
	return told(s.handle.Rollback())
}

// Close rolls back what is open and gives the connection back. Closing twice is ErrClosed.
func (s *Session) Close() error {
	if err := s.use(context.Background()); err != nil {
		return err
	}
	s.open, s.objects = false, nil
	return told(s.handle.Close())
}

// InTransaction says whether a transaction is open.
func (s *Session) InTransaction() bool {
	return s.use(context.Background()) == nil && s.handle.InTransaction()
}

// SetIsolation sets the level of the transactions to come.
func (s *Session) SetIsolation(ctx context.Context, level Isolation) error {
	if err := s.use(ctx); err != nil {
		return err
	}
	return told(s.handle.SetIsolation(level))
}

// Isolation is the level in force.
func (s *Session) Isolation(ctx context.Context) (Isolation, error) {
	if err := s.use(ctx); err != nil {
		return 0, err
	}
	level, failure := s.handle.GetIsolation()
	return level, told(failure)
}

// Savepoint is a point inside a transaction to go back to.
type Savepoint struct {
	handle  contract.Savepoint
	session *Session
	open    bool
}

// Savepoint sets a savepoint, and begins a transaction where none is open. They nest; the innermost ends first.
func (s *Session) Savepoint(ctx context.Context) (*Savepoint, error) {
	if err := s.use(ctx); err != nil {
		return nil, err
	}
	handle, failure := s.handle.BeginNested()
	if failure != nil {
		return nil, told(failure)
	}
	return &Savepoint{handle, s, true}, nil
}

func (p *Savepoint) end() error {
	if p == nil || !p.open {
		return failf("closed", "the savepoint was released or rolled back already")
	}
	p.open = false
	return nil
}

// Release keeps what was done since.
func (p *Savepoint) Release(ctx context.Context) error {
	if err := check(ctx); err != nil {
		return err
	}
	if err := p.end(); err != nil {
		return err
	}
	return told(p.handle.Release())
}

// Rollback undoes what was done since. It also mends a transaction in which a statement failed since.
func (p *Savepoint) Rollback(ctx context.Context) error {
	if err := p.end(); err != nil {
		return err
	}
	p.session.objects = nil
	return told(p.handle.Rollback())
}

// undo rolls back where the savepoint has not ended.
func (p *Savepoint) undo() {
	if p.open {
		_ = p.Rollback(context.Background())
	}
}

// Nested runs work within a savepoint, which is released where work returns nil, and rolled back otherwise.
func (s *Session) Nested(ctx context.Context, work func() error) error {
	p, err := s.Savepoint(ctx)
	if err != nil {
		return err
	}
	defer p.undo() // Where work panics.
	if err := work(); err != nil {
		if undo := p.Rollback(ctx); undo != nil {
			return undo
		}
		return err
	}
	return p.Release(ctx)
}
