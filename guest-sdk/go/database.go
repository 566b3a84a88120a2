// Package sqlservice gives plugins of sqlservice databases: models, typed queries, sessions and transactions.
//
// Statements travel to the host as data, not as SQL text, so one plugin runs on every database, and there is nothing to
// inject anything into. A database is known by the name under which it was granted:
//
//	db, err := sqlservice.Open(ctx, "default")
//	if err != nil {
//		return err
//	}
//	defer db.Close()
//	err = db.Transaction(ctx, func(s *sqlservice.Session) error {
//		return s.Save(ctx, &User{Name: "ann"})
//	})
//
// The deadline of a context is the host's time limit of a statement; a context that is done already is an error, and nothing
// is sent. Errors are of type *Error. Nothing here is safe for use by several goroutines at once, and a call that waits for a
// database keeps all goroutines waiting.
package sqlservice

import (
	"context"
	"errors"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// Database is a database with the program's models.
type Database struct {
	handle contract.Database
	open   bool
	plans  *plans
}

// Open opens a database by the name under which it was granted, with all models of the program. Nothing is sent to it.
func Open(ctx context.Context, name string) (*Database, error) {
	if err := check(ctx); err != nil {
		return nil, err
	}
	declared, err := models.written()
	if err != nil {
		return nil, err
	}
	handle, failure := contract.Open(name, declared)
	if failure != nil {
		return nil, told(failure)
	}
	return &Database{handle, true, &plans{}}, nil
}

// check is the error of a context that is done.
func check(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: "timeout", Message: "the context's deadline has passed", Position: -1, cause: err}
	default:
		return &Error{Code: "cancelled", Message: "the context was cancelled", Position: -1, cause: err}
	}
}

// timeout is the time that a context leaves.
func timeout(ctx context.Context) *uint32 {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	return contract.Milliseconds(time.Until(deadline))
}

func (d *Database) use(ctx context.Context) error {
	if d == nil || !d.open {
		return failf("closed", "the database was closed; open it again")
	}
	return check(ctx)
}

// Close gives the database back. Its sessions stay open.
func (d *Database) Close() error {
	if err := d.use(context.Background()); err != nil {
		return err
	}
	d.open = false
	d.plans.end()
	d.handle.Drop()
	return nil
}

// Dialect is its kind: "sqlite", "postgresql", "mysql", "mariadb", or one of a later release; empty once it is closed.
func (d *Database) Dialect() string {
	if d.use(context.Background()) != nil {
		return ""
	}
	return d.handle.Dialect()
}

// Capabilities is what it can do of what databases differ in.
func (d *Database) Capabilities() []string {
	if d.use(context.Background()) != nil {
		return nil
	}
	return d.handle.Capabilities()
}

// Limits is which limits of the host hold, by name; 0 means none.
func (d *Database) Limits() map[string]uint64 {
	out := map[string]uint64{}
	if d.use(context.Background()) == nil {
		for _, l := range d.handle.Limits() {
			out[l.Name] = l.Value
		}
	}
	return out
}

// Ping asks the database for an answer.
func (d *Database) Ping(ctx context.Context) error {
	if err := d.use(ctx); err != nil {
		return err
	}
	return told(d.handle.Ping())
}

// CreateAll creates the tables of all models, or those named, that do not exist, and returns their names.
func (d *Database) CreateAll(ctx context.Context, only ...string) ([]string, error) {
	if err := d.use(ctx); err != nil {
		return nil, err
	}
	names, failure := d.handle.CreateAll(contract.DDLOptions{Only: only, CheckFirst: true})
	return names, told(failure)
}

// DropAll drops the tables of all models, or those named, that exist, and returns their names.
func (d *Database) DropAll(ctx context.Context, only ...string) ([]string, error) {
	if err := d.use(ctx); err != nil {
		return nil, err
	}
	names, failure := d.handle.DropAll(contract.DDLOptions{Only: only, CheckFirst: true})
	return names, told(failure)
}

// Session opens a session that takes a connection at its first use and gives it back when its transaction ends.
func (d *Database) Session(ctx context.Context) (*Session, error) {
	if err := d.use(ctx); err != nil {
		return nil, err
	}
	handle, failure := d.handle.Session()
	return d.newSession(handle, failure)
}

// Connect opens a session that has a connection of its own until it is closed.
func (d *Database) Connect(ctx context.Context) (*Session, error) {
	if err := d.use(ctx); err != nil {
		return nil, err
	}
	handle, failure := d.handle.Connect()
	return d.newSession(handle, failure)
}

// Begin opens a session in a transaction, its only one.
func (d *Database) Begin(ctx context.Context, options ...TxOption) (*Session, error) {
	if err := d.use(ctx); err != nil {
		return nil, err
	}
	handle, failure := d.handle.Begin(txOptions(options))
	return d.newSession(handle, failure)
}

// Transaction runs work in a transaction, which is committed where work returns nil, and rolled back otherwise and where work
// panics. Work may also end it itself.
func (d *Database) Transaction(ctx context.Context, work func(*Session) error, options ...TxOption) error {
	s, err := d.Begin(ctx, options...)
	if err != nil {
		return err
	}
	defer s.Close() // Rolls back what was not committed.
	if err := work(s); err != nil {
		return err
	}
	if s.ended || !s.open {
		return nil
	}
	return s.Commit(ctx)
}
