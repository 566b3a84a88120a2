package sqlservice

import (
	"context"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// RawCursor reads the rows of a statement of SQL text one by one. The caller has to close it.
type RawCursor struct {
	result *result
	batch  *contract.Batch
	row    int
	open   bool
}

// OpenRaw runs one statement of SQL text. A program that calls it needs the grant for raw SQL.
func OpenRaw(ctx context.Context, s *Session, sql string, arguments ...any) (*RawCursor, error) {
	r, err := s.raw(ctx, sql, arguments)
	if err != nil {
		return nil, err
	}
	return &RawCursor{result: r, batch: &r.first, row: -1, open: true}, nil
}

// Columns returns the names of the columns.
func (c *RawCursor) Columns() []string { return c.result.names() }

// ResultType is the type of a result's column, as far as the host knows it.
type ResultType struct {
	// Type is the type's name in the contract: "int64", "varchar", "timestamp-tz", …
	Type                     string
	Length, Precision, Scale *uint32
	// Nullable is nil where it is not known.
	Nullable *bool
	// Native is the type's name in this database, where it is known.
	Native string
}

// Types returns the types of the columns.
func (c *RawCursor) Types() []ResultType {
	columns := c.result.columns()
	types := make([]ResultType, len(columns))
	for i, column := range columns {
		ty := column.Type
		types[i] = ResultType{kindWords[ty.Kind], ty.Length, ty.Precision, ty.Scale, column.Nullable, text(ty.Native)}
	}
	return types
}

// Next returns the next row; nil at the end.
func (c *RawCursor) Next(ctx context.Context) ([]any, error) {
	if there, err := c.Advance(ctx); !there {
		return nil, err
	}
	values := make([]any, c.Width())
	for i := range values {
		values[i] = c.Value(i)
	}
	return values, nil
}

// Advance moves to the next row, whose values Value returns; false at the end.
func (c *RawCursor) Advance(ctx context.Context) (bool, error) {
	if !c.open {
		return false, failf("closed", "the cursor was closed")
	}
	c.row++
	for c.batch != nil && c.row >= int(c.batch.Rows) {
		var err error
		if c.batch, err = c.result.next(ctx); err != nil {
			return false, err
		}
		c.row = 0
	}
	return c.batch != nil, nil
}

// Width returns the number of values in a row.
func (c *RawCursor) Width() int { return len(c.batch.Columns) }

// Value returns a value of the row to which Advance moved.
func (c *RawCursor) Value(column int) any { return valueAt(&c.batch.Columns[column], c.row) }

// Close stops the query. Closing twice returns ErrClosed.
func (c *RawCursor) Close() error {
	if !c.open {
		return failf("closed", "the cursor was closed already")
	}
	c.open = false
	c.result.came.Forget()
	c.result.close()
	return nil
}
