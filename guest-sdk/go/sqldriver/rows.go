package sqldriver

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

type rows struct {
	ctx    context.Context
	cursor *sqlservice.RawCursor
	types  []sqlservice.ResultType
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

// ColumnTypeDatabaseTypeName is the type's name in this database where it is known, else the contract's word, in upper case.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	if r.types[i].Native != "" {
		return strings.ToUpper(r.types[i].Native)
	}
	return strings.ToUpper(r.types[i].Type)
}

// ColumnTypeLength is the length of a text or bytes.
func (r *rows) ColumnTypeLength(i int) (int64, bool) {
	if r.types[i].Length == nil {
		return 0, false
	}
	return int64(*r.types[i].Length), true
}

// ColumnTypeNullable says whether the column can be null, where that is known.
func (r *rows) ColumnTypeNullable(i int) (nullable, ok bool) {
	if r.types[i].Nullable == nil {
		return false, false
	}
	return *r.types[i].Nullable, true
}

// ColumnTypePrecisionScale is the digits of a decimal.
func (r *rows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	ty := r.types[i]
	if ty.Precision == nil {
		return 0, 0, false
	}
	if ty.Scale != nil {
		scale = int64(*ty.Scale)
	}
	return int64(*ty.Precision), scale, true
}

var scanTypes = map[string]reflect.Type{
	"boolean": reflect.TypeFor[bool](), "int16": reflect.TypeFor[int64](), "int32": reflect.TypeFor[int64](),
	"int64": reflect.TypeFor[int64](), "uint64": reflect.TypeFor[uint64](), "float32": reflect.TypeFor[float64](),
	"float64": reflect.TypeFor[float64](), "decimal": reflect.TypeFor[string](), "text": reflect.TypeFor[string](),
	"varchar": reflect.TypeFor[string](), "enumeration": reflect.TypeFor[string](), "uuid": reflect.TypeFor[string](),
	"bytes": reflect.TypeFor[[]byte](), "json": reflect.TypeFor[[]byte](), "date": reflect.TypeFor[time.Time](),
	"timestamp": reflect.TypeFor[time.Time](), "timestamp-tz": reflect.TypeFor[time.Time](), "time": reflect.TypeFor[string](),
}

// ColumnTypeScanType is the type of the column's values in Go.
func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	if t, ok := scanTypes[r.types[i].Type]; ok {
		return t
	}
	return reflect.TypeFor[any]()
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
