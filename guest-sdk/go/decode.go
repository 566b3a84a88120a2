package sqlservice

import (
	"reflect"
	"time"
	"unsafe"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// isNull reports whether a row of a column is null.
func isNull(c *contract.ColumnData, row int) bool {
	if c.Validity == nil || len(*c.Validity) == 0 {
		return false
	}
	return (*c.Validity)[row/8]>>(row%8)&1 == 0
}

func cut(s contract.Strings, row int) string { return s.Data[s.Offsets[row]:s.Offsets[row+1]] }

// valueAt returns a column's value in a row as a Go value; nil for null.
func valueAt(c *contract.ColumnData, row int) any {
	if isNull(c, row) {
		return nil
	}
	switch v := c.Values.(type) {
	case contract.Booleans:
		return v[row] != 0
	case contract.Integers:
		return v[row]
	case contract.Unsigneds:
		return v[row]
	case contract.Floats:
		return v[row]
	case contract.Decimals:
		return Decimal(cut(contract.Strings(v), row))
	case contract.Texts:
		return cut(contract.Strings(v), row)
	case contract.ByteStrings:
		return append([]byte{}, v.Data[v.Offsets[row]:v.Offsets[row+1]]...)
	case contract.UUIDs:
		return uuidOf(v[row])
	case contract.JSONs:
		return JSON(cut(contract.Strings(v), row))
	case contract.Dates:
		return Date(v[row])
	case contract.Times:
		return TimeOfDay(v[row])
	case contract.Timestamps:
		return Timestamp(v[row])
	case contract.TimestampsTZ:
		return time.UnixMicro(v[row]).UTC()
	case contract.Intervals:
		return Interval(v[row])
	case contract.Mixed:
		return goValue(v[row])
	}
	return nil
}

// target is the destination of a column's values: a field of each row.
type target struct {
	goType reflect.Type
	offset uintptr
}

// rowsAt is the memory of consecutive structs, one for each row.
type rowsAt struct {
	base unsafe.Pointer
	size uintptr
}

func (r rowsAt) field(row int, offset uintptr) unsafe.Pointer {
	return unsafe.Add(r.base, uintptr(row)*r.size+offset)
}

// decodeColumn writes a column's values to a field of each row.
func decodeColumn(c *contract.ColumnData, rows int, to rowsAt, t target) error {
	switch v := c.Values.(type) {
	case contract.Integers:
		if decodeAs(c, rows, to, t, func(row int) int64 { return v[row] }) {
			return nil
		}
	case contract.Texts:
		if decodeAs(c, rows, to, t, func(row int) string { return cut(contract.Strings(v), row) }) {
			return nil
		}
	case contract.Booleans:
		if decodeAs(c, rows, to, t, func(row int) bool { return v[row] != 0 }) {
			return nil
		}
	case contract.Floats:
		if decodeAs(c, rows, to, t, func(row int) float64 { return v[row] }) {
			return nil
		}
	case contract.TimestampsTZ:
		if decodeAs(c, rows, to, t, func(row int) time.Time { return time.UnixMicro(v[row]).UTC() }) {
			return nil
		}
	}
	for row := range rows {
		field := reflect.NewAt(t.goType, to.field(row, t.offset)).Elem()
		if err := assign(field, valueAt(c, row)); err != nil {
			return err
		}
	}
	return nil
}

// decodeAs is the fast path for a column whose values have the field's type V, or *V. It returns false where it does not apply.
func decodeAs[V any](c *contract.ColumnData, rows int, to rowsAt, t target, at func(row int) V) bool {
	switch t.goType {
	case reflect.TypeFor[V]():
		if c.Validity != nil && len(*c.Validity) > 0 {
			return false
		}
		for row := range rows {
			*(*V)(to.field(row, t.offset)) = at(row)
		}
		return true
	case reflect.TypeFor[*V]():
		values := make([]V, rows)
		for row := range rows {
			if !isNull(c, row) {
				values[row] = at(row)
				*(**V)(to.field(row, t.offset)) = &values[row]
			}
		}
		return true
	}
	return false
}
