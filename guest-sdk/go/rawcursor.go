package sqlservice

import (
	"context"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// RawCursor is the rows of a statement of SQL text, one after the other. Close it.
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
	return &RawCursor{result: r, batch: &r.first, open: true}, nil
}

// Columns is the names of the columns.
func (c *RawCursor) Columns() []string {
	names := make([]string, len(c.result.columns))
	for i, column := range c.result.columns {
		names[i] = column.Name
	}
	return names
}

// ResultType is the type of a result's column, as far as the host knows it.
type ResultType struct {
	// Type is the type's word: "int64", "varchar", "timestamp-tz", …
	Type                     string
	Length, Precision, Scale *uint32
	// Nullable is nil where it is not known.
	Nullable *bool
	// Native is the type's name in this database, where it is known.
	Native string
}

// Types is the types of the columns.
func (c *RawCursor) Types() []ResultType {
	types := make([]ResultType, len(c.result.columns))
	for i, column := range c.result.columns {
		ty := column.Type
		types[i] = ResultType{kindWords[ty.Kind], ty.Length, ty.Precision, ty.Scale, column.Nullable, text(ty.Native)}
	}
	return types
}

// Next is the next row; nil at the end.
func (c *RawCursor) Next(ctx context.Context) ([]any, error) {
	if !c.open {
		return nil, failf("closed", "the cursor was closed")
	}
	for c.batch != nil && c.row >= int(c.batch.Rows) {
		var err error
		if c.batch, err = c.result.next(ctx); err != nil {
			return nil, err
		}
		c.row = 0
	}
	if c.batch == nil {
		return nil, nil
	}
	values := make([]any, len(c.batch.Columns))
	for i := range values {
		values[i] = valueAt(&c.batch.Columns[i], c.row)
	}
	c.row++
	return values, nil
}

// Close stops the query. Closing twice is ErrClosed.
func (c *RawCursor) Close() error {
	if !c.open {
		return failf("closed", "the cursor was closed already")
	}
	c.open = false
	c.result.close()
	return nil
}
