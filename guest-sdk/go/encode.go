package sqlservice

import (
	"reflect"
	"time"
	"unsafe"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// validity is the bitmap of rows with a value that is not null.
type validity struct {
	bits  []byte
	nulls bool
}

func newValidity(rows int) *validity { return &validity{bits: make([]byte, (rows+7)/8)} }

func (v *validity) set(row int, valid bool) {
	if valid {
		v.bits[row/8] |= 1 << (row % 8)
	} else {
		v.nulls = true
	}
}

func (v *validity) column(values contract.Vector) contract.ColumnData {
	c := contract.ColumnData{Values: values}
	if v.nulls {
		c.Validity = &v.bits
	}
	return c
}

// columnValues collects one column's values.
type columnValues interface {
	add(row int, at unsafe.Pointer) error
	vector() contract.Vector
}

// numbers is a column whose Go type M is converted to the vector's N.
type numbers[M, N any] struct {
	list []N
	to   func(M) N
	wrap func([]N) contract.Vector
}

func (c *numbers[M, N]) add(row int, at unsafe.Pointer) error {
	c.list[row] = c.to(*(*M)(at))
	return nil
}

func (c *numbers[M, N]) vector() contract.Vector { return c.wrap(c.list) }

// moments is a column of time.Time.
type moments []int64

func (c moments) add(row int, at unsafe.Pointer) error {
	t := *(*time.Time)(at)
	c[row] = t.UnixMicro()
	_, err := moment(t)
	return err
}

func (c moments) vector() contract.Vector { return contract.TimestampsTZ(c) }

func numbersOf[M, N any, V contract.Vector](rows int, to func(M) N, wrap func([]N) V) columnValues {
	return &numbers[M, N]{make([]N, rows), to, func(list []N) contract.Vector { return wrap(list) }}
}

// texts is a column of texts or bytes, concatenated.
type texts struct {
	offsets []uint32
	data    []byte
	wrap    func(offsets []uint32, data []byte) contract.Vector
}

func (c *texts) pad(row int) {
	for len(c.offsets) <= row {
		c.offsets = append(c.offsets, uint32(len(c.data)))
	}
}

func (c *texts) add(row int, at unsafe.Pointer) error {
	c.pad(row)
	c.data = append(c.data, *(*string)(at)...)
	return nil
}

func (c *texts) vector() contract.Vector {
	c.pad(cap(c.offsets) - 1)
	return c.wrap(c.offsets, c.data)
}

func textsOf[V contract.Vector](rows int, wrap func(contract.Strings) V) columnValues {
	return &texts{make([]uint32, 0, rows+1), nil, func(offsets []uint32, data []byte) contract.Vector {
		return wrap(contract.Strings{Offsets: offsets, Data: unsafe.String(unsafe.SliceData(data), len(data))})
	}}
}

// bytesOf makes a column of []byte. It reads each as a string, as its first two words are a string's header.
func bytesOf(rows int) columnValues {
	return &texts{make([]uint32, 0, rows+1), nil, func(offsets []uint32, data []byte) contract.Vector {
		return contract.ByteStrings{Offsets: offsets, Data: data}
	}}
}

func integers(list []int64) contract.Integers  { return list }
func texted(s contract.Strings) contract.Texts { return contract.Texts(s) }
func floats(list []float64) contract.Floats    { return list }
func widen[M ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32](v M) int64 {
	return int64(v)
}

// columnFor returns a collector for a Go type, without its pointer; nil for types that are sent as mixed values.
func columnFor(goType reflect.Type, rows int) columnValues {
	switch goType {
	case reflect.TypeFor[time.Time]():
		return make(moments, rows)
	case reflect.TypeFor[Decimal]():
		return textsOf(rows, func(s contract.Strings) contract.Decimals { return contract.Decimals(s) })
	case reflect.TypeFor[JSON]():
		return textsOf(rows, func(s contract.Strings) contract.JSONs { return contract.JSONs(s) })
	case reflect.TypeFor[UUID]():
		return numbersOf(rows, UUID.wire, func(l []contract.UUID) contract.UUIDs { return l })
	case reflect.TypeFor[[]byte]():
		return bytesOf(rows)
	case reflect.TypeFor[Date]():
		return numbersOf(rows, func(d Date) int32 { return int32(d) }, func(l []int32) contract.Dates { return l })
	case reflect.TypeFor[TimeOfDay]():
		return numbersOf(rows, widen[TimeOfDay], func(l []int64) contract.Times { return l })
	case reflect.TypeFor[Timestamp]():
		return numbersOf(rows, widen[Timestamp], func(l []int64) contract.Timestamps { return l })
	}
	return columnForKind(goType.Kind(), rows)
}

func columnForKind(kind reflect.Kind, rows int) columnValues {
	switch kind {
	case reflect.Bool:
		return numbersOf(rows, func(b uint8) uint8 { return b }, func(l []uint8) contract.Booleans { return l })
	case reflect.Int64, reflect.Int:
		return numbersOf(rows, widen[int64], integers)
	case reflect.Int32:
		return numbersOf(rows, widen[int32], integers)
	case reflect.Int16:
		return numbersOf(rows, widen[int16], integers)
	case reflect.Int8:
		return numbersOf(rows, widen[int8], integers)
	case reflect.Uint8:
		return numbersOf(rows, widen[uint8], integers)
	case reflect.Uint16:
		return numbersOf(rows, widen[uint16], integers)
	case reflect.Uint32:
		return numbersOf(rows, widen[uint32], integers)
	case reflect.Uint64, reflect.Uint:
		return numbersOf(rows, func(u uint64) uint64 { return u }, func(l []uint64) contract.Unsigneds { return l })
	case reflect.Float64:
		return numbersOf(rows, func(f float64) float64 { return f }, floats)
	case reflect.Float32:
		return numbersOf(rows, func(f float32) float64 { return float64(f) }, floats)
	case reflect.String:
		return textsOf(rows, texted)
	}
	return nil
}

// encodeField returns a field of many structs as a column. A nil row is a null.
func encodeField(goType reflect.Type, offset uintptr, rows []unsafe.Pointer) (contract.ColumnData, error) {
	base, nullable := goType, goType.Kind() == reflect.Pointer
	if nullable {
		base = goType.Elem()
	}
	values := columnFor(base, len(rows))
	if values == nil {
		return encodeMixed(goType, offset, rows)
	}
	valid := newValidity(len(rows))
	for i, row := range rows {
		at := row
		if row != nil {
			at = unsafe.Add(row, offset)
		}
		if nullable && at != nil {
			at = *(*unsafe.Pointer)(at)
		}
		valid.set(i, at != nil)
		if at != nil {
			if err := values.add(i, at); err != nil {
				return contract.ColumnData{}, err
			}
		}
	}
	return valid.column(values.vector()), nil
}

func encodeMixed(goType reflect.Type, offset uintptr, rows []unsafe.Pointer) (contract.ColumnData, error) {
	list := make([]any, len(rows))
	for i, row := range rows {
		if row != nil {
			list[i] = reflect.NewAt(goType, unsafe.Add(row, offset)).Elem().Interface()
		}
	}
	return mixed(list)
}

func mixed(list []any) (contract.ColumnData, error) {
	out, valid := make(contract.Mixed, len(list)), newValidity(len(list))
	for i, v := range list {
		value, err := valueOf(v)
		if err != nil {
			return contract.ColumnData{}, err
		}
		scalar, isScalar := value.(contract.ScalarValue)
		_, null := scalar.Scalar.(contract.Null)
		valid.set(i, !isScalar || !null)
		out[i] = value
	}
	return valid.column(out), nil
}

// encodeAny returns values of any type as a column: as one typed vector where all have the same type or are nil.
func encodeAny(list []any) (contract.ColumnData, error) {
	var goType reflect.Type
	for _, v := range list {
		if v == nil {
			continue
		}
		if t := reflect.TypeOf(v); goType == nil {
			goType = t
		} else if t != goType {
			return mixed(list)
		}
	}
	if goType == nil || goType.Kind() == reflect.Pointer {
		return mixed(list)
	}
	rows := make([]unsafe.Pointer, len(list))
	for i, v := range list {
		if v != nil {
			box := reflect.New(goType)
			box.Elem().Set(reflect.ValueOf(v))
			rows[i] = box.UnsafePointer()
		}
	}
	return encodeField(goType, 0, rows)
}
