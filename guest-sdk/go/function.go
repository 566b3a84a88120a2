package sqlservice

import "github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"

// Eq is true where a and b are equal.
func Eq(a, b Expression) Condition { return binary[bool](contract.Equal, a, b) }

// Ne is true where a and b differ.
func Ne(a, b Expression) Condition { return binary[bool](contract.NotEqual, a, b) }

// Lt is true where a is less than b.
func Lt(a, b Expression) Condition { return binary[bool](contract.Less, a, b) }

// Le is true where a is at most b.
func Le(a, b Expression) Condition { return binary[bool](contract.LessEqual, a, b) }

// Gt is true where a is greater than b.
func Gt(a, b Expression) Condition { return binary[bool](contract.Greater, a, b) }

// Ge is true where a is at least b.
func Ge(a, b Expression) Condition { return binary[bool](contract.GreaterEqual, a, b) }

// IsDistinct is true where a and b differ; null equals null.
func IsDistinct(a, b Expression) Condition { return binary[bool](contract.IsDistinct, a, b) }

// IsNotDistinct is true where a and b are equal; null equals null.
func IsNotDistinct(a, b Expression) Condition { return binary[bool](contract.IsNotDistinct, a, b) }

// IsNull is true where e is null.
func IsNull(e Expression) Condition { return unary[bool](contract.IsNull, e) }

// IsNotNull is true where e is not null.
func IsNotNull(e Expression) Condition { return unary[bool](contract.IsNotNull, e) }

// In is true where e equals one of the items; never without items.
func In(e Expression, items ...Expression) Condition {
	return listed[bool](contract.InList, append([]Expression{e}, items...)...)
}

// NotIn is true where e equals none of the items; always without items.
func NotIn(e Expression, items ...Expression) Condition {
	return listed[bool](contract.NotInList, append([]Expression{e}, items...)...)
}

// Between is true where e is between low and high, both included.
func Between(e, low, high Expression) Condition { return listed[bool](contract.Between, e, low, high) }

// Row is a row of values, to compare with another one.
func Row(items ...Expression) Expr[any] { return listed[any](contract.RowValues, items...) }

// And is true where all conditions are true, and without conditions.
func And(conditions ...Condition) Condition { return junction(contract.And, conditions) }

// Or is true where any condition is true; false without conditions.
func Or(conditions ...Condition) Condition { return junction(contract.Or, conditions) }

func junction(op contract.ListOp, conditions []Condition) Condition {
	items := make([]Expression, len(conditions))
	for i, c := range conditions {
		items[i] = c
	}
	return listed[bool](op, items...)
}

// Not is true where c is false.
func Not(c Condition) Condition { return unary[bool](contract.Not, c) }

// Like is true where a text matches a pattern, as described at Expr.Like.
func Like(e, pattern Expression) Condition { return matching(e, pattern, false) }

// ILike is Like, ignoring case.
func ILike(e, pattern Expression) Condition { return matching(e, pattern, true) }

func matching(e, pattern Expression, ignoreCase bool) Condition {
	escape := '!'
	return expr[bool](func(b *builder) contract.NodeID {
		value, by := b.expression(e), b.expression(pattern)
		return b.add(contract.Matching{Value: value, Pattern: by, Escape: &escape, IgnoreCase: ignoreCase})
	})
}

// Add is a sum.
func Add[T any](a, b Expr[T]) Expr[T] { return binary[T](contract.Add, a, b) }

// Sub is a difference.
func Sub[T any](a, b Expr[T]) Expr[T] { return binary[T](contract.Subtract, a, b) }

// Mul is a product.
func Mul[T any](a, b Expr[T]) Expr[T] { return binary[T](contract.Multiply, a, b) }

// Div is a quotient; of integers, its integer part.
func Div[T any](a, b Expr[T]) Expr[T] { return binary[T](contract.Divide, a, b) }

// Mod is a remainder.
func Mod[T any](a, b Expr[T]) Expr[T] { return binary[T](contract.Modulo, a, b) }

// Neg is the number with its sign reversed.
func Neg[T any](e Expr[T]) Expr[T] { return unary[T](contract.Negate, e) }

// Concat is the concatenation of two texts.
func Concat(a, b Expression) Expr[string] { return binary[string](contract.Concat, a, b) }

// JSONGet is the member or element of a JSON document at a key, as JSON.
func JSONGet(document, key Expression) Expr[JSON] {
	return binary[JSON](contract.JSONGet, document, key)
}

// JSONText is the member or element of a JSON document at a key, as text.
func JSONText(document, key Expression) Expr[string] {
	return binary[string](contract.JSONGetText, document, key)
}

// Coalesce is the first item that is not null.
func Coalesce[T any](items ...Expression) Expr[T] { return listed[T](contract.Coalesce, items...) }

// Func calls a function from the host's list, by its name.
func Func[T any](name string, arguments ...Expression) Aggregate[T] {
	return newAggregate[T](name, arguments...)
}

// Lower is a text in lower case.
func Lower(e Expression) Expr[string] { return Func[string]("lower", e).Expr }

// Upper is a text in upper case.
func Upper(e Expression) Expr[string] { return Func[string]("upper", e).Expr }

// Length is the number of a text's characters.
func Length(e Expression) Expr[int64] { return Func[int64]("length", e).Expr }

// Abs is the absolute value of a number.
func Abs[T any](e Expr[T]) Expr[T] { return Func[T]("abs", e).Expr }

// Aggregate is a function over many rows.
type Aggregate[T any] struct {
	Expr[T]
	name      string
	arguments []Expression
	distinct  bool
	filter    Expression
}

func newAggregate[T any](name string, arguments ...Expression) Aggregate[T] {
	return Aggregate[T]{name: name, arguments: arguments}.bound()
}

func (a Aggregate[T]) bound() Aggregate[T] {
	a.Expr = expr[T](a.call)
	return a
}

func (a Aggregate[T]) call(b *builder) contract.NodeID {
	arguments := b.expressions(a.arguments)
	return b.add(contract.Call{Function: a.name, Arguments: arguments, Distinct: a.distinct, Filter: b.optional(a.filter)})
}

// Distinct counts equal values once.
func (a Aggregate[T]) Distinct() Aggregate[T] { a.distinct = true; return a.bound() }

// Filter aggregates only rows for which the condition is true.
func (a Aggregate[T]) Filter(c Condition) Aggregate[T] { a.filter = c; return a.bound() }

// Over makes the function a window function.
func (a Aggregate[T]) Over(w Window) Expr[T] {
	return expr[T](func(b *builder) contract.NodeID {
		call := a.call(b)
		partition := b.expressions(w.PartitionBy)
		return b.add(contract.Window{Call: call, PartitionBy: partition, OrderBy: b.orders(w.OrderBy), Frame: w.Frame.wire()})
	})
}

// Count counts rows.
func Count() Aggregate[int64] { return newAggregate[int64]("count") }

// CountOf counts values that are not null.
func CountOf(e Expression) Aggregate[int64] { return newAggregate[int64]("count", e) }

// Sum adds values up. T is the Go type that the sum is read as.
func Sum[T any](e Expr[T]) Aggregate[T] { return newAggregate[T]("sum", e) }

// Avg is the mean.
func Avg[T any](e Expression) Aggregate[T] { return newAggregate[T]("avg", e) }

// Min is the smallest value.
func Min[T any](e Expr[T]) Aggregate[T] { return newAggregate[T]("min", e) }

// Max is the greatest value.
func Max[T any](e Expr[T]) Aggregate[T] { return newAggregate[T]("max", e) }

// RowNumber numbers the rows of a window.
func RowNumber() Aggregate[int64] { return newAggregate[int64]("row_number") }

// Rank is the rank in a window's order, with gaps after equal rows.
func Rank() Aggregate[int64] { return newAggregate[int64]("rank") }

// Window is the rows over which a window function is computed.
type Window struct {
	PartitionBy []Expression
	OrderBy     []Order
	Frame       *Frame
}

// Frame is the part of a window's partition that a function uses.
type Frame struct {
	// Unit is the unit that Start and End count.
	Unit FrameUnit
	// Start is the first bound; UnboundedFrame is the partition's start.
	Start FrameBound
	// End is the last bound; UnboundedFrame is the partition's end.
	End FrameBound
}

// FrameUnit is the unit of a frame's bounds.
type FrameUnit = contract.FrameUnit

// The units of a frame's bounds: rows, values of the ordering, groups of equal rows.
const (
	FrameRows   = contract.FrameRows
	FrameRange  = contract.FrameRange
	FrameGroups = contract.FrameGroups
)

// FrameBound is a bound of a frame.
type FrameBound struct{ bound contract.FrameBound }

// Bounds of a frame without an offset.
var (
	UnboundedFrame = FrameBound{contract.Unbounded{}}
	CurrentRow     = FrameBound{contract.Current{}}
)

// Preceding is the bound n units before the current row.
func Preceding(n uint64) FrameBound { return FrameBound{contract.Preceding(n)} }

// Following is the bound n units after the current row.
func Following(n uint64) FrameBound { return FrameBound{contract.Following(n)} }

func (f *Frame) wire() *contract.Frame {
	if f == nil {
		return nil
	}
	return &contract.Frame{Unit: f.Unit, Start: f.Start.bound, End: f.End.bound}
}

// CaseOf is the value of the first branch whose condition is true.
type CaseOf[T any] struct {
	Expr[T]
	whens     []whenThen
	otherwise Expression
}

type whenThen struct{ condition, then Expression }

// Case begins a CASE expression with its first branch.
func Case[T any](condition Condition, then Expr[T]) CaseOf[T] {
	return CaseOf[T]{}.When(condition, then)
}

// When adds a branch.
func (c CaseOf[T]) When(condition Condition, then Expr[T]) CaseOf[T] {
	c.whens = append(c.whens[:len(c.whens):len(c.whens)], whenThen{condition, then})
	return c.bound()
}

// Else sets the value where no condition is true; without it, that is null.
func (c CaseOf[T]) Else(otherwise Expr[T]) CaseOf[T] { c.otherwise = otherwise; return c.bound() }

func (c CaseOf[T]) bound() CaseOf[T] {
	c.Expr = expr[T](func(b *builder) contract.NodeID {
		whens := make([]contract.When, len(c.whens))
		for i, w := range c.whens {
			condition := b.expression(w.condition)
			whens[i] = contract.When{Condition: condition, Then: b.expression(w.then)}
		}
		return b.add(contract.Case{Whens: whens, Otherwise: b.optional(c.otherwise)})
	})
	return c
}

// Cast converts to the column type of T: string is text, int64 is a 64-bit integer, and so on as for fields of models.
func Cast[T any](e Expression) Expr[T] {
	return expr[T](func(b *builder) contract.NodeID {
		ty, ok := columnType(typeFor[T]())
		if !ok {
			return b.fail(failf("invalid", "a %v is no column's type", typeFor[T]()))
		}
		return b.add(contract.Cast{Value: b.expression(e), Type: ty})
	})
}
