// Package sqldriver is a driver for database/sql, for code that has SQL as text. Its plugin needs the grant for raw SQL.
//
//	import _ "github.com/sqlservice/sqlservice/guest-sdk/go/sqldriver"
//
//	db, err := sql.Open("sqlservice", "default")
//
// The data source's name is that under which the database was granted. Placeholders are the database's own: ?, or $1 on
// PostgreSQL. Errors are of type *sqlservice.Error. A connection holds one of the host's; a query that is being read keeps its
// connection busy, so close rows before the next statement of a transaction.
package sqldriver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

func init() { sql.Register("sqlservice", sqlDriver{}) }

type sqlDriver struct{}

// Open opens a connection.
func (d sqlDriver) Open(name string) (driver.Conn, error) {
	return connector{name}.Connect(context.Background())
}

// OpenConnector checks nothing yet.
func (d sqlDriver) OpenConnector(name string) (driver.Connector, error) { return connector{name}, nil }

type connector struct{ name string }

func (c connector) Driver() driver.Driver { return sqlDriver{} }

// Connect opens a session in which every statement commits itself, as database/sql expects outside of a transaction.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	db, err := sqlservice.Open(ctx, c.name)
	if err != nil {
		return nil, err
	}
	s, err := db.Connect(ctx)
	if err == nil {
		err = s.SetIsolation(ctx, sqlservice.Autocommit)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &conn{db: db, session: s}, nil
}

type conn struct {
	db      *sqlservice.Database
	session *sqlservice.Session
	broken  bool
}

// note remembers that the connection is lost.
func (c *conn) note(err error) error {
	if errors.Is(err, sqlservice.ErrDisconnected) || errors.Is(err, sqlservice.ErrClosed) {
		c.broken = true
	}
	return err
}

// IsValid says whether the connection can be used again.
func (c *conn) IsValid() bool { return !c.broken }

// Close gives the connection back.
func (c *conn) Close() error { return errors.Join(c.session.Close(), c.db.Close()) }

// Ping asks the database for an answer.
func (c *conn) Ping(ctx context.Context) error { return c.note(c.db.Ping(ctx)) }

// Begin begins a transaction of the database's own level.
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
		return nil, &sqlservice.Error{Code: "unsupported", Message: fmt.Sprintf("no isolation level %v", sql.IsolationLevel(o.Isolation)), Position: -1}
	}
	options := []sqlservice.TxOption{sqlservice.WithIsolation(level)}
	if o.ReadOnly {
		options = append(options, sqlservice.ReadOnly())
	}
	if err := c.session.SetIsolation(ctx, sqlservice.DefaultIsolation); err != nil {
		return nil, c.note(err)
	}
	if err := c.session.Begin(ctx, options...); err != nil {
		return nil, c.note(err)
	}
	return transaction{c}, nil
}

type transaction struct{ conn *conn }

func (t transaction) end(err error) error {
	ctx := context.Background()
	return t.conn.note(errors.Join(err, t.conn.session.SetIsolation(ctx, sqlservice.Autocommit)))
}

func (t transaction) Commit() error { return t.end(t.conn.session.Commit(context.Background())) }

func (t transaction) Rollback() error { return t.end(t.conn.session.Rollback(context.Background())) }

// CheckNamedValue lets all values of the SDK's types pass.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if v.Name != "" {
		return &sqlservice.Error{Code: "unsupported", Message: "parameters have no names: write " + v.Name + " as ? or $1", Position: -1}
	}
	if valuer, ok := v.Value.(driver.Valuer); ok {
		value, err := valuer.Value()
		v.Value = value
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
	did, err := sqlservice.RawExec(ctx, c.session, query, arguments(args)...)
	return result(did), c.note(err)
}

// QueryContext runs a statement that returns rows.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	cursor, err := sqlservice.OpenRaw(ctx, c.session, query, arguments(args)...)
	if err != nil {
		return nil, c.note(err)
	}
	return &rows{ctx, cursor}, nil
}

// Prepare only keeps the text: the host caches what it compiled.
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
		return 0, &sqlservice.Error{Code: "unsupported", Message: "this database tells no last key: use `returning`", Position: -1}
	}
	return *r.LastKey, nil
}

type rows struct {
	ctx    context.Context
	cursor *sqlservice.RawCursor
}

func (r *rows) Columns() []string { return r.cursor.Columns() }

func (r *rows) Close() error { return r.cursor.Close() }

func (r *rows) Next(dest []driver.Value) error {
	row, err := r.cursor.Next(r.ctx)
	if err != nil {
		return err
	}
	if row == nil {
		return io.EOF
	}
	for i, v := range row {
		dest[i] = driverValue(v)
	}
	return nil
}

// driverValue is a value of one of the types that database/sql knows.
func driverValue(v any) driver.Value {
	switch v := v.(type) {
	case sqlservice.Decimal:
		return string(v)
	case sqlservice.JSON:
		return []byte(v)
	case sqlservice.UUID:
		return v.String()
	case sqlservice.Date:
		return v.Time()
	case sqlservice.Timestamp:
		return v.Time()
	case sqlservice.TimeOfDay:
		return v.String()
	case sqlservice.Native:
		return v.Text
	case time.Time, nil, int64, float64, bool, string, []byte:
		return v
	case uint64:
		if v <= 1<<63-1 {
			return int64(v)
		}
	}
	return fmt.Sprint(v)
}
