// Package contract is the WIT package sqlservice:database as Go types and calls.
//
// Its names, fields and units are those of the WIT files, which document them.
package contract

import "github.com/sqlservice/sqlservice/guest-sdk/go/internal/abi"

// Handle is a handle of a resource of the host.
type Handle uint32

// Scalar is values.scalar: one of the types below.
type Scalar interface{ isScalar() }

// The cases of Scalar, with the contract's units.
type (
	Null        struct{}
	Boolean     bool
	Integer     int64
	Unsigned    uint64
	Float       float64
	Decimal     string
	Text        string
	Bytes       []byte
	UUID        struct{ High, Low uint64 }
	JSON        string
	Date        int32
	Time        int64
	Timestamp   int64
	TimestampTZ int64
	Interval    struct {
		Months, Days int32
		Microseconds int64
	}
	Other struct{ NativeType, Text string }
)

func (Null) isScalar()        {}
func (Boolean) isScalar()     {}
func (Integer) isScalar()     {}
func (Unsigned) isScalar()    {}
func (Float) isScalar()       {}
func (Decimal) isScalar()     {}
func (Text) isScalar()        {}
func (Bytes) isScalar()       {}
func (UUID) isScalar()        {}
func (JSON) isScalar()        {}
func (Date) isScalar()        {}
func (Time) isScalar()        {}
func (Timestamp) isScalar()   {}
func (TimestampTZ) isScalar() {}
func (Interval) isScalar()    {}
func (Other) isScalar()       {}

var _ = abi.Variant[Scalar](Null{}, Boolean(false), Integer(0), Unsigned(0), Float(0), Decimal(""), Text(""), Bytes(nil), UUID{},
	JSON(""), Date(0), Time(0), Timestamp(0), TimestampTZ(0), Interval{}, Other{})

// Value is values.value: a ScalarValue or an ArrayValue.
type Value interface{ isValue() }

// The cases of Value.
type (
	ScalarValue struct{ Scalar Scalar }
	ArrayValue  struct {
		Dimensions []uint32
		Items      []Scalar
	}
)

func (ScalarValue) isValue() {}
func (ArrayValue) isValue()  {}

var _ = abi.Variant[Value](ScalarValue{}, ArrayValue{})

// Strings is rows.strings.
type Strings struct {
	Offsets []uint32
	Data    string
}

// Blobs is rows.blobs.
type Blobs struct {
	Offsets []uint32
	Data    []byte
}

// Vector is rows.vector: one of the types below.
type Vector interface{ isVector() }

// The cases of Vector.
type (
	Booleans     []uint8
	Integers     []int64
	Unsigneds    []uint64
	Floats       []float64
	Decimals     Strings
	Texts        Strings
	ByteStrings  Blobs
	UUIDs        []UUID
	JSONs        Strings
	Dates        []int32
	Times        []int64
	Timestamps   []int64
	TimestampsTZ []int64
	Intervals    []Interval
	Mixed        []Value
)

func (Booleans) isVector()     {}
func (Integers) isVector()     {}
func (Unsigneds) isVector()    {}
func (Floats) isVector()       {}
func (Decimals) isVector()     {}
func (Texts) isVector()        {}
func (ByteStrings) isVector()  {}
func (UUIDs) isVector()        {}
func (JSONs) isVector()        {}
func (Dates) isVector()        {}
func (Times) isVector()        {}
func (Timestamps) isVector()   {}
func (TimestampsTZ) isVector() {}
func (Intervals) isVector()    {}
func (Mixed) isVector()        {}

var _ = abi.Variant[Vector](Booleans(nil), Integers(nil), Unsigneds(nil), Floats(nil), Decimals{}, Texts{}, ByteStrings{}, UUIDs(nil),
	JSONs{}, Dates(nil), Times(nil), Timestamps(nil), TimestampsTZ(nil), Intervals(nil), Mixed(nil))

// ColumnData is rows.column-data.
type ColumnData struct {
	Validity *[]byte
	Values   Vector
}

// Batch is rows.batch.
type Batch struct {
	Rows    uint32
	Columns []ColumnData
}

// Detail is errors.detail.
type Detail struct{ Name, Value string }

// Failure is errors.failure.
type Failure struct {
	Code       string
	Message    string
	SQLState   *string
	Retryable  bool
	Constraint *string
	Table      *string
	Columns    []string
	Position   *uint32
	Details    []Detail
}
