package sqlservice

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// The types of values for which Go has no type. Go's own are bool, the integers, float32, float64, string, []byte and time.Time,
// which is a timestamp with a time zone. A pointer to any of them can be null.
type (
	// Decimal is an exact decimal as text: an optional sign, digits, an optional point and digits.
	Decimal string
	// JSON is a JSON document as text. JSON's null is the text "null".
	JSON string
	// UUID is the 16 bytes of a UUID.
	UUID [16]byte
	// Date is days since 1970-01-01.
	Date int32
	// TimeOfDay is microseconds since midnight.
	TimeOfDay int64
	// Timestamp is a date and time without a zone: microseconds since 1970-01-01T00:00:00.
	Timestamp int64
	// Interval is a span of time; its parts are independent, as a month has no fixed number of days.
	Interval struct {
		Months, Days int32
		Microseconds int64
	}
	// Native is a value of a database's own type, as text.
	Native struct{ Type, Text string }
)

// DateOf returns the date of a time, in its own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDate parses a date in the form 2006-01-02.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	return DateOf(t), err
}

// Time returns the date's midnight in UTC.
func (d Date) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String formats the date as 2006-01-02.
func (d Date) String() string { return d.Time().Format(time.DateOnly) }

// String formats the time as 15:04:05.000000.
func (t TimeOfDay) String() string { return time.UnixMicro(int64(t)).UTC().Format("15:04:05.000000") }

// TimestampOf returns the local date and time of a time, in its own zone.
func TimestampOf(t time.Time) Timestamp {
	_, offset := t.Zone()
	return Timestamp(t.UnixMicro() + int64(offset)*1e6)
}

// Time returns the timestamp as a time in UTC.
func (t Timestamp) Time() time.Time { return time.UnixMicro(int64(t)).UTC() }

// String formats the timestamp as 2006-01-02T15:04:05.000000.
func (t Timestamp) String() string { return t.Time().Format("2006-01-02T15:04:05.000000") }

// String formats the interval as PostgreSQL does: 1 year 2 mons -3 days 04:05:06.5.
func (i Interval) String() string {
	var parts []string
	add := func(n int32, unit string) {
		if n != 1 && n != 0 {
			unit += "s"
		}
		if n != 0 {
			parts = append(parts, fmt.Sprint(n, " ", unit))
		}
	}
	add(i.Months/12, "year")
	add(i.Months%12, "mon")
	add(i.Days, "day")
	if i.Microseconds != 0 || len(parts) == 0 {
		sign, rest := "", uint64(i.Microseconds)
		if i.Microseconds < 0 {
			sign, rest = "-", -rest
		}
		seconds := rest / 1e6
		clock := fmt.Sprintf("%s%02d:%02d:%02d.%06d", sign, seconds/3600, seconds/60%60, seconds%60, rest%1e6)
		parts = append(parts, strings.TrimSuffix(strings.TrimRight(clock, "0"), "."))
		if rest%1e6 == 0 {
			parts[len(parts)-1] = strings.TrimSuffix(clock, ".000000")
		}
	}
	return strings.Join(parts, " ")
}

// String formats the UUID in its usual form.
func (u UUID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

func (u UUID) wire() contract.UUID {
	var w contract.UUID
	for i := range 8 {
		w.High = w.High<<8 | uint64(u[i])
		w.Low = w.Low<<8 | uint64(u[i+8])
	}
	return w
}

func uuidOf(w contract.UUID) (u UUID) {
	for i := range 8 {
		u[i] = byte(w.High >> (56 - 8*i))
		u[i+8] = byte(w.Low >> (56 - 8*i))
	}
	return u
}

// valueOf converts a Go value to a value of the contract.
func valueOf(v any) (contract.Value, error) {
	scalar, err := scalarOf(v)
	if err == nil {
		return contract.ScalarValue{Scalar: scalar}, nil
	}
	list := reflect.ValueOf(v)
	for list.IsValid() && list.Kind() == reflect.Pointer {
		list = list.Elem()
	}
	if !list.IsValid() || list.Kind() != reflect.Slice {
		return nil, err
	}
	array := contract.ArrayValue{Dimensions: []uint32{}}
	if list.Len() > 0 {
		array.Dimensions = []uint32{uint32(list.Len())}
	}
	for i := range list.Len() {
		item, err := scalarOf(list.Index(i).Interface())
		if err != nil {
			return nil, err
		}
		array.Items = append(array.Items, item)
	}
	return array, nil
}

func scalarOf(v any) (contract.Scalar, error) {
	switch v := v.(type) {
	case nil:
		return contract.Null{}, nil
	case bool:
		return contract.Boolean(v), nil
	case int64:
		return contract.Integer(v), nil
	case int:
		return contract.Integer(v), nil
	case uint64:
		return contract.Unsigned(v), nil
	case float64:
		return contract.Float(v), nil
	case string:
		return contract.Text(v), nil
	case []byte:
		if v == nil {
			return contract.Null{}, nil
		}
		return contract.Bytes(v), nil
	case time.Time:
		return moment(v)
	case Decimal:
		return contract.Decimal(v), nil
	case JSON:
		return contract.JSON(v), nil
	case UUID:
		return v.wire(), nil
	case Date:
		return contract.Date(v), nil
	case TimeOfDay:
		return contract.Time(v), nil
	case Timestamp:
		return contract.Timestamp(v), nil
	case Interval:
		return contract.Interval(v), nil
	case Native:
		return contract.Other{NativeType: v.Type, Text: v.Text}, nil
	}
	return scalarByKind(reflect.ValueOf(v))
}

// The first and the last second whose microseconds are an int64.
const firstSecond, lastSecond = math.MinInt64/1_000_000 + 1, math.MaxInt64/1_000_000 - 1

func moment(t time.Time) (contract.Scalar, error) {
	if s := t.Unix(); s < firstSecond || s > lastSecond {
		return nil, failf("type-mismatch", "the time %v is out of range", t)
	}
	return contract.TimestampTZ(t.UnixMicro()), nil
}

// scalarByKind converts pointers, and types that are defined from Go's own.
func scalarByKind(v reflect.Value) (contract.Scalar, error) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return contract.Null{}, nil
		}
		return scalarOf(v.Elem().Interface())
	case reflect.Bool:
		return contract.Boolean(v.Bool()), nil
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Int:
		return contract.Integer(v.Int()), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return contract.Integer(int64(v.Uint())), nil
	case reflect.Uint, reflect.Uint64:
		return contract.Unsigned(v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return contract.Float(v.Float()), nil
	case reflect.String:
		return contract.Text(v.String()), nil
	}
	return nil, failf("type-mismatch", "a %v is no value that a column can have", v.Type())
}

// goValue converts a value of the contract to a Go value: bool, int64, uint64, float64, string, []byte, time.Time, one of this
// package's types, []any for an array, or nil.
func goValue(v contract.Value) any {
	switch v := v.(type) {
	case contract.ScalarValue:
		return goScalar(v.Scalar)
	case contract.ArrayValue:
		items := make([]any, len(v.Items))
		for i, item := range v.Items {
			items[i] = goScalar(item)
		}
		return items
	}
	return nil
}

func goScalar(s contract.Scalar) any {
	switch s := s.(type) {
	case contract.Boolean:
		return bool(s)
	case contract.Integer:
		return int64(s)
	case contract.Unsigned:
		return uint64(s)
	case contract.Float:
		return float64(s)
	case contract.Decimal:
		return Decimal(s)
	case contract.Text:
		return string(s)
	case contract.Bytes:
		return append([]byte{}, s...)
	case contract.UUID:
		return uuidOf(s)
	case contract.JSON:
		return JSON(s)
	case contract.Date:
		return Date(s)
	case contract.Time:
		return TimeOfDay(s)
	case contract.Timestamp:
		return Timestamp(s)
	case contract.TimestampTZ:
		return time.UnixMicro(int64(s)).UTC()
	case contract.Interval:
		return Interval(s)
	case contract.Other:
		return Native{s.NativeType, s.Text}
	}
	return nil
}

// assign sets dst to a value, converted where that loses nothing.
func assign(dst reflect.Value, v any) error {
	if v == nil {
		switch dst.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
			dst.SetZero()
			return nil
		}
		return failf("type-mismatch", "a null does not fit a %v: make it a *%v", dst.Type(), dst.Type())
	}
	src := reflect.ValueOf(v)
	if src.Type().AssignableTo(dst.Type()) {
		dst.Set(src)
		return nil
	}
	if dst.Kind() == reflect.Pointer {
		box := reflect.New(dst.Type().Elem())
		if err := assign(box.Elem(), v); err != nil {
			return err
		}
		dst.Set(box)
		return nil
	}
	if fits := convert(dst, src); fits {
		return nil
	}
	if list, ok := v.([]any); ok && dst.Kind() == reflect.Slice {
		out := reflect.MakeSlice(dst.Type(), len(list), len(list))
		for i, item := range list {
			if err := assign(out.Index(i), item); err != nil {
				return err
			}
		}
		dst.Set(out)
		return nil
	}
	return failf("type-mismatch", "a %v (%v) does not fit a %v", src.Type(), v, dst.Type())
}

// convert sets dst to src by its kind, where that loses nothing.
func convert(dst, src reflect.Value) bool {
	switch {
	case dst.CanInt() && src.CanInt():
		return setInt(dst, src.Int())
	case dst.CanInt() && src.CanUint():
		return src.Uint() <= math.MaxInt64 && setInt(dst, int64(src.Uint()))
	case dst.CanUint() && src.CanInt():
		return src.Int() >= 0 && setUint(dst, uint64(src.Int()))
	case dst.CanUint() && src.CanUint():
		return setUint(dst, src.Uint())
	case dst.CanFloat() && src.CanFloat():
		dst.SetFloat(src.Float())
	case dst.CanFloat() && src.CanInt():
		dst.SetFloat(float64(src.Int()))
	case dst.Kind() == reflect.String && src.Kind() == reflect.String:
		dst.SetString(src.String())
	case dst.Kind() == reflect.Bool && src.Kind() == reflect.Bool:
		dst.SetBool(src.Bool())
	case dst.Kind() == reflect.Bool && src.CanInt():
		dst.SetBool(src.Int() != 0)
	default:
		return false
	}
	return true
}

func setInt(dst reflect.Value, v int64) bool {
	if dst.OverflowInt(v) {
		return false
	}
	dst.SetInt(v)
	return true
}

func setUint(dst reflect.Value, v uint64) bool {
	if dst.OverflowUint(v) {
		return false
	}
	dst.SetUint(v)
	return true
}
