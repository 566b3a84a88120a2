package work

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
)

// memory is a driver whose statements all return the user of their argument, so that only database/sql is measured.
type memory struct{}

func (memory) Open(string) (driver.Conn, error)             { return memory{}, nil }
func (memory) Connect(context.Context) (driver.Conn, error) { return memory{}, nil }
func (memory) Driver() driver.Driver                        { return memory{} }
func (memory) Prepare(string) (driver.Stmt, error)          { return memory{}, nil }
func (memory) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }
func (memory) Close() error                                 { return nil }
func (memory) NumInput() int                                { return 1 }
func (memory) Exec([]driver.Value) (driver.Result, error)   { return driver.ResultNoRows, nil }

func (memory) Query(arguments []driver.Value) (driver.Rows, error) {
	key, _ := arguments[0].(int64)
	return &memoryRow{key: key, name: Name(int(key))}, nil
}

type memoryRow struct {
	key    int64
	name   string
	isRead bool
}

func (r *memoryRow) Columns() []string {
	return []string{"id", "name", "email", "score", "active", "created"}
}

func (r *memoryRow) Close() error { return nil }

func (r *memoryRow) Next(row []driver.Value) error {
	if r.isRead {
		return io.EOF
	}
	r.isRead = true
	row[0], row[1], row[2], row[3], row[4], row[5] = r.key, r.name, nil, Score(int(r.key)), true, Created(int(r.key))
	return nil
}

// alone is point without a database: what database/sql itself takes.
func (db DB) alone(ctx context.Context) error {
	pool := sql.OpenDB(memory{})
	defer pool.Close()
	return DB{pool, db.Kind}.point(ctx)
}
