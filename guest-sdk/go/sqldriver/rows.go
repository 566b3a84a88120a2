package sqldriver

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

type rows struct {
	ctx    context.Context
	cursor *sqlservice.RawCursor
	known  []sqlservice.ResultType
}

// types returns the types of the columns. It decodes them at the first call, as few programs use them.
func (r *rows) types() []sqlservice.ResultType {
	if r.known == nil {
		r.known = r.cursor.Types()
	}
	return r.known
}

func (r *rows) Columns() []string { return r.cursor.Columns() }

func (r *rows) Close() error { return r.cursor.Close() }

func (r *rows) Next(dest []driver.Value) error {
	there, err := r.cursor.Advance(r.ctx)
	if err != nil {
		return err
	}
	if !there {
		return io.EOF
	}
	for i := range dest {
		dest[i] = driverValue(r.cursor.Value(i))
	}
	return nil
}

// ColumnTypeDatabaseTypeName returns the type's name in this database where it is known, else in the contract, in upper case.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	if r.types()[i].Native != "" {
		return strings.ToUpper(r.types()[i].Native)
	}
	return strings.ToUpper(r.types()[i].Type)
}

// ColumnTypeLength returns the length of a text or bytes.
func (r *rows) ColumnTypeLength(i int) (int64, bool) {
	if r.types()[i].Length == nil {
		return 0, false
	}
	return int64(*r.types()[i].Length), true
}

// ColumnTypeNullable reports whether the column can be null, where that is known.
func (r *rows) ColumnTypeNullable(i int) (nullable, ok bool) {
	if r.types()[i].Nullable == nil {
		return false, false
	}
	return *r.types()[i].Nullable, true
}

// ColumnTypePrecisionScale returns the precision and the scale of a decimal.
func (r *rows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	ty := r.types()[i]
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

// ColumnTypeScanType returns the Go type of the column's values.
func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	if t, ok := scanTypes[r.types()[i].Type]; ok {
		return t
	}
	return reflect.TypeFor[any]()
}

// driverValue converts a value to a type that database/sql accepts.
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
	case sqlservice.Interval:
		return v.String()
	case sqlservice.Native:
		return v.Text
	case []any:
		return arrayText(v)
	case time.Time, nil, int64, float64, bool, string, []byte:
		return v
	case uint64:
		if v <= 1<<63-1 {
			return int64(v)
		}
	}
	return fmt.Sprint(v)
}

// arrayText formats an array as PostgreSQL does, the only one of the databases with arrays.
func arrayText(items []any) string {
	var text strings.Builder
	for i, item := range items {
		text.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		switch v := driverValue(item).(type) {
		case nil:
			text.WriteString("NULL")
		case string:
			text.WriteString(quoted(v))
		case []byte:
			text.WriteString(quoted(string(v)))
		case bool:
			text.WriteString(strconv.FormatBool(v)[:1])
		case time.Time:
			text.WriteString(quoted(v.Format(time.RFC3339Nano)))
		default:
			fmt.Fprint(&text, v)
		}
	}
	if len(items) == 0 {
		text.WriteString("{")
	}
	return text.String() + "}"
}

// quoted returns an item of an array, in quotes where its text would be ambiguous.
func quoted(item string) string {
	if item == "" || strings.EqualFold(item, "null") || strings.ContainsAny(item, "{},\"\\ \t\n\r\v\f") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(item) + `"`
	}
	return item
}
