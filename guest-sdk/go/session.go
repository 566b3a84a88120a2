package sqlservice

import (
	"context"
	"time"
	"unsafe"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// Session runs statements on a database. The first statement begins a transaction; Commit or Rollback ends it.
//
// The caller has to close it, which rolls back an open transaction.
type Session struct {
	handle contract.Session
	open   bool
	// ended is whether the program itself ended the last transaction. It is not set where a limit of the host ended it, so that
	// Database.Transaction still commits and returns that error.
	ended   bool
	plans   *plans
	objects map[unsafe.Pointer]*objectState
}

// Isolation is an isolation level of transactions.
type Isolation = contract.Isolation

// The isolation levels. With Autocommit, each statement commits by itself, without a transaction.
const (
	DefaultIsolation Isolation = iota
	ReadUncommitted
	ReadCommitted
	RepeatableRead
	Serializable
	Autocommit
)

// TxOption is an option of a transaction.
type TxOption func(*contract.TransactionOptions)

// WithIsolation sets a transaction's isolation level.
func WithIsolation(level Isolation) TxOption {
	return func(o *contract.TransactionOptions) { o.Isolation = level }
}

// ReadOnly makes a transaction refuse changes.
func ReadOnly() TxOption { return func(o *contract.TransactionOptions) { o.ReadOnly = true } }

// TxTimeout limits how long a transaction may stay open before it is rolled back.
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

// Begin begins a transaction. It fails with ErrAlreadyBegun where one is open.
func (s *Session) Begin(ctx context.Context, options ...TxOption) error {
	if err := s.use(ctx); err != nil {
		return err
	}
	s.ended = false
	return told(s.handle.Begin(txOptions(options)))
}

// Commit commits the transaction.
func (s *Session) Commit(ctx context.Context) error {
	if err := s.use(ctx); err != nil {
		return err
	}
	failure := s.handle.Commit()
	s.ended = failure == nil
	return told(failure)
}

// Rollback rolls the transaction back. The session no longer tracks the objects that it read or wrote.
func (s *Session) Rollback(ctx context.Context) error {
	if err := s.use(ctx); err != nil {
		return err
	}
	s.objects, s.ended = nil, true
	return told(s.handle.Rollback())
}

// Close rolls back an open transaction and releases the connection. Closing twice returns ErrClosed.
func (s *Session) Close() error {
	if err := s.use(context.Background()); err != nil {
		return err
	}
	s.open, s.objects = false, nil
	return told(s.handle.Close())
}

// InTransaction reports whether a transaction is open.
func (s *Session) InTransaction() bool {
	return s.use(context.Background()) == nil && s.handle.InTransaction()
}

// SetIsolation sets the isolation level of later transactions.
func (s *Session) SetIsolation(ctx context.Context, level Isolation) error {
	if err := s.use(ctx); err != nil {
		return err
	}
	return told(s.handle.SetIsolation(level))
}

// Isolation returns the isolation level in force.
func (s *Session) Isolation(ctx context.Context) (Isolation, error) {
	if err := s.use(ctx); err != nil {
		return 0, err
	}
	level, failure := s.handle.GetIsolation()
	return level, told(failure)
}

// Savepoint is a savepoint: a point within a transaction to roll back to.
type Savepoint struct {
	handle  contract.Savepoint
	session *Session
	open    bool
}

// Savepoint sets a savepoint, and begins a transaction where none is open. Savepoints nest; the innermost ends first.
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

// Release releases the savepoint and keeps the changes made since.
func (p *Savepoint) Release(ctx context.Context) error {
	if err := check(ctx); err != nil {
		return err
	}
	if err := p.end(); err != nil {
		return err
	}
	return told(p.handle.Release())
}

// Rollback undoes the changes made since. It makes a transaction usable again in which a statement failed since.
func (p *Savepoint) Rollback(ctx context.Context) error {
	if err := p.end(); err != nil {
		return err
	}
	p.session.objects = nil
	return told(p.handle.Rollback())
}

// undo rolls back unless the savepoint has ended.
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
	defer p.undo() // Rolls back where work panics.
	if err := work(); err != nil {
		if undo := p.Rollback(ctx); undo != nil {
			return undo
		}
		return err
	}
	return p.Release(ctx)
}
