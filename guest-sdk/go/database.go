// Package sqlservice lets plugins of sqlservice use databases: models, typed queries, sessions and transactions.
//
// Statements are sent to the host as data, not as SQL text, so one plugin runs on every database, and there is no text for
// SQL injection. A database is opened by the name under which it was granted:
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
// The deadline of a context becomes the host's time limit of a statement; with a context that is done already, a call fails and
// sends nothing. Errors are of type *Error. No type of this package is safe for concurrent use by several goroutines, and a call
// that waits for a database blocks all goroutines.
package sqlservice

import (
	"context"
	"errors"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// Database is an open database with the program's models.
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

// check returns the error of a context that is done.
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

// timeout returns the time until a context's deadline; nil without one.
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

// Close releases the database. Its sessions stay open.
func (d *Database) Close() error {
	if err := d.use(context.Background()); err != nil {
		return err
	}
	d.open = false
	d.plans.end()
	d.handle.Drop()
	return nil
}

// Dialect returns the database's kind: "sqlite", "postgresql", "mysql", "mariadb", or one of a later release; empty once it is closed.
func (d *Database) Dialect() string {
	if d.use(context.Background()) != nil {
		return ""
	}
	return d.handle.Dialect()
}

// Capabilities returns the optional features that the database supports; none once it is closed.
func (d *Database) Capabilities() []string {
	if d.use(context.Background()) != nil {
		return nil
	}
	return d.handle.Capabilities()
}

// Limits returns the host's limits in force, by name; 0 means unlimited.
func (d *Database) Limits() map[string]uint64 {
	out := map[string]uint64{}
	if d.use(context.Background()) == nil {
		for _, l := range d.handle.Limits() {
			out[l.Name] = l.Value
		}
	}
	return out
}

// Ping checks that the database can be reached.
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

// Session opens a session that acquires a connection at its first use and releases it when its transaction ends.
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

// Begin opens a session for a single transaction, which it begins.
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
