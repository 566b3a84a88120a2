// Package sqldriver is a driver for database/sql, for code that has SQL as text. Its plugin needs the grant for raw SQL.
//
//	import _ "github.com/sqlservice/sqlservice/guest-sdk/go/sqldriver"
//
//	db, err := sql.Open("sqlservice", "default")
//
// The data source name is the name under which the database was granted. Placeholders are the database's own: ?, or $1 on
// PostgreSQL. Errors are of type *sqlservice.Error. Each connection holds a connection of the host; a query that is being read
// keeps its connection busy, so close rows before the next statement of a transaction.
package sqldriver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

func init() { sql.Register("sqlservice", sqlDriver{}) }

type sqlDriver struct{}

// Open opens a connection.
func (d sqlDriver) Open(name string) (driver.Conn, error) {
	return connector{name}.Connect(context.Background())
}

// OpenConnector returns a connector without checking the name, which Connect does.
func (d sqlDriver) OpenConnector(name string) (driver.Connector, error) { return connector{name}, nil }

type connector struct{ name string }

func (c connector) Driver() driver.Driver { return sqlDriver{} }

// Connect opens a session in autocommit mode, as database/sql expects outside of a transaction.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	db, err := sqlservice.Open(ctx, c.name)
	if err != nil {
		return nil, err
	}
	s, err := db.Connect(ctx)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	opened := &conn{db: db, session: s}
	if err := s.SetIsolation(ctx, sqlservice.Autocommit); err != nil {
		_ = opened.Close()
		return nil, err
	}
	return opened, nil
}

// Conn is implemented by the connection that sql.Conn.Raw passes to its function. Its session is for features without SQL text.
// The session's transactions are controlled by database/sql.
type Conn interface {
	Session() *sqlservice.Session
}

type conn struct {
	db         *sqlservice.Database
	session    *sqlservice.Session
	savepoints []savepoint
	broken     bool
}

// Session returns the connection's session.
func (c *conn) Session() *sqlservice.Session { return c.session }

// note marks the connection as broken if err says that it is lost or closed.
func (c *conn) note(err error) error {
	if errors.Is(err, sqlservice.ErrDisconnected) || errors.Is(err, sqlservice.ErrClosed) {
		c.broken = true
	}
	return err
}

// ResetSession fails for a broken connection, so that the pool discards it.
func (c *conn) ResetSession(context.Context) error {
	if c.broken {
		return driver.ErrBadConn
	}
	return nil
}

// IsValid reports whether the connection can be used again.
func (c *conn) IsValid() bool { return !c.broken }

// Close releases the connection.
func (c *conn) Close() error { return errors.Join(c.session.Close(), c.db.Close()) }

// Ping checks that the database can be reached.
func (c *conn) Ping(ctx context.Context) error { return c.note(c.db.Ping(ctx)) }

// Begin begins a transaction with the database's default isolation level.
func (c *conn) Begin() (driver.Tx, error) { return c.BeginTx(context.Background(), driver.TxOptions{}) }

var levels = map[sql.IsolationLevel]sqlservice.Isolation{
	sql.LevelDefault: sqlservice.DefaultIsolation, sql.LevelReadUncommitted: sqlservice.ReadUncommitted,
	sql.LevelReadCommitted: sqlservice.ReadCommitted, sql.LevelRepeatableRead: sqlservice.RepeatableRead,
	sql.LevelSerializable: sqlservice.Serializable,
}

// BeginTx begins a transaction.
func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	level, ok := levels[sql.IsolationLevel(o.Isolation)]
	if !ok {
		return nil, unsupported("there is no isolation level %v", sql.IsolationLevel(o.Isolation))
	}
	options := []sqlservice.TxOption{sqlservice.WithIsolation(level)}
	if o.ReadOnly {
		options = append(options, sqlservice.ReadOnly())
	}
	if err := c.session.SetIsolation(ctx, sqlservice.DefaultIsolation); err != nil {
		return nil, c.note(err)
	}
	if err := c.session.Begin(ctx, options...); err != nil {
		return nil, c.end(err)
	}
	return transaction{c}, nil
}

func unsupported(format string, args ...any) error {
	return &sqlservice.Error{Code: "unsupported", Message: fmt.Sprintf(format, args...), Position: -1}
}

// end returns the session to autocommit mode after a transaction. A connection where that fails is broken.
func (c *conn) end(err error) error {
	c.savepoints = nil
	if failed := c.session.SetIsolation(context.Background(), sqlservice.Autocommit); failed != nil {
		c.broken = true
		if err == nil {
			err = failed
		}
	}
	return c.note(err)
}

type transaction struct{ conn *conn }

func (t transaction) Commit() error { return t.conn.end(t.conn.session.Commit(context.Background())) }

func (t transaction) Rollback() error {
	return t.conn.end(t.conn.session.Rollback(context.Background()))
}

// CheckNamedValue accepts all values of the SDK's types, and replaces a driver.Valuer by its value.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if v.Name != "" {
		return unsupported("parameters have no names: write %s as ? or $1", v.Name)
	}
	switch value := v.Value.(type) {
	case sql.Out:
		return unsupported("there are no output parameters")
	case driver.Valuer:
		// A nil pointer is a null, as in database/sql, which does not call its method.
		if p := reflect.ValueOf(value); p.Kind() == reflect.Pointer && p.IsNil() {
			v.Value = nil
			return nil
		}
		got, err := value.Value()
		v.Value = got
		return err
	}
	return nil
}

func arguments(list []driver.NamedValue) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v.Value
	}
	return out
}

// ExecContext runs a statement that returns no rows.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if word, name, ok := savepointIn(query); ok && len(args) == 0 {
		return result{}, c.note(c.atSavepoint(ctx, word, name))
	}
	did, err := sqlservice.RawExec(ctx, c.session, query, arguments(args)...)
	return result(did), c.note(err)
}

// QueryContext runs a statement that returns rows.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	cursor, err := sqlservice.OpenRaw(ctx, c.session, query, arguments(args)...)
	if err != nil {
		return nil, c.note(err)
	}
	return &rows{ctx: ctx, cursor: cursor}, nil
}

// Prepare only stores the text, as the host caches compiled statements.
func (c *conn) Prepare(query string) (driver.Stmt, error) { return statement{c, query}, nil }

type statement struct {
	conn *conn
	text string
}

func (s statement) Close() error  { return nil }
func (s statement) NumInput() int { return -1 }

func (s statement) CheckNamedValue(v *driver.NamedValue) error { return s.conn.CheckNamedValue(v) }

func (s statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.ExecContext(ctx, s.text, args)
}

func (s statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.QueryContext(ctx, s.text, args)
}

func (s statement) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

func (s statement) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

func named(args []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(args))
	for i, v := range args {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

type result sqlservice.Result

func (r result) RowsAffected() (int64, error) { return r.Affected, nil }

func (r result) LastInsertId() (int64, error) {
	if r.LastKey == nil {
		return 0, unsupported("this database tells no last key: use `returning`")
	}
	return *r.LastKey, nil
}
