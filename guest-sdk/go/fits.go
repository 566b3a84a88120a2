package sqlservice

import (
	"math"
	"reflect"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// kindsOf are the kinds of columns that take each kind of value.
var kindsOf = map[reflect.Type][]contract.TypeKind{
	reflect.TypeFor[contract.Boolean](): {contract.KindBoolean},
	reflect.TypeFor[contract.Integer](): {contract.KindInt16, contract.KindInt32, contract.KindInt64, contract.KindUint64,
		contract.KindFloat32, contract.KindFloat64, contract.KindDecimal},
	reflect.TypeFor[contract.Unsigned](): {contract.KindInt16, contract.KindInt32, contract.KindInt64, contract.KindUint64,
		contract.KindFloat32, contract.KindFloat64, contract.KindDecimal},
	reflect.TypeFor[contract.Float]():       {contract.KindFloat32, contract.KindFloat64, contract.KindDecimal},
	reflect.TypeFor[contract.Decimal]():     {contract.KindDecimal, contract.KindFloat32, contract.KindFloat64},
	reflect.TypeFor[contract.Text]():        {contract.KindText, contract.KindVarchar, contract.KindEnumeration},
	reflect.TypeFor[contract.Bytes]():       {contract.KindBytes},
	reflect.TypeFor[contract.UUID]():        {contract.KindUUID},
	reflect.TypeFor[contract.JSON]():        {contract.KindJSON},
	reflect.TypeFor[contract.Date]():        {contract.KindDate},
	reflect.TypeFor[contract.Time]():        {contract.KindTime},
	reflect.TypeFor[contract.Timestamp]():   {contract.KindTimestamp},
	reflect.TypeFor[contract.TimestampTZ](): {contract.KindTimestampTZ},
	reflect.TypeFor[contract.Interval]():    {contract.KindInterval},
}

// fits returns an error for a constant whose type or range does not fit a column of a declared table.
func fits(table, column string, v contract.Value) error {
	m := models.byName(table)
	if m == nil {
		return nil
	}
	position := m.field(column)
	scalar, ok := v.(contract.ScalarValue)
	if position < 0 || !ok {
		return nil
	}
	kind := m.table.Columns[position].Type.Kind
	goType := reflect.TypeOf(scalar.Scalar)
	allowed, known := kindsOf[goType]
	if !known || kind == contract.KindOther {
		return nil
	}
	for _, k := range allowed {
		if k == kind {
			return inRange(table, column, kind, scalar.Scalar)
		}
	}
	return mismatch(table, column, "a %s does not fit a column of type %s", goType.Name(), kindWords[kind])
}

// isDeclared reports whether a column of a declared table determines a value's type.
func isDeclared(table, column string, v contract.Scalar) bool {
	m := models.byName(table)
	if m == nil || v == nil {
		return false
	}
	position := m.field(column)
	if position < 0 {
		return false
	}
	kind := m.table.Columns[position].Type.Kind
	_, isFloat := v.(contract.Float)
	return kind != contract.KindOther && !(kind == contract.KindDecimal && isFloat)
}

func mismatch(table, column, format string, args ...any) error {
	err := failf("type-mismatch", format, args...).(*Error)
	err.Table, err.Columns = table, []string{column}
	return err
}

func inRange(table, column string, kind contract.TypeKind, v contract.Scalar) error {
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	switch kind {
	case contract.KindInt16:
		low, high = math.MinInt16, math.MaxInt16
	case contract.KindInt32:
		low, high = math.MinInt32, math.MaxInt32
	case contract.KindUint64:
		low = 0
	}
	switch v := v.(type) {
	case contract.Integer:
		if int64(v) < low || int64(v) > high {
			return mismatch(table, column, "%d is out of the range of a column of type %s", int64(v), kindWords[kind])
		}
	case contract.Unsigned:
		if kind != contract.KindUint64 && uint64(v) > uint64(high) {
			return mismatch(table, column, "%d is out of the range of a column of type %s", uint64(v), kindWords[kind])
		}
	}
	return nil
}
