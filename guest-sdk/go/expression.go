package sqlservice

import "github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"

// Expression is a part of a statement that has a value: a Column, an Expr, or a result of this package's functions.
type Expression interface {
	node(b *builder) contract.NodeID
}

// Expr is an expression whose value is a T.
type Expr[T any] struct {
	make func(b *builder) contract.NodeID
}

// Condition is an expression that is true or false.
type Condition = Expr[bool]

func (e Expr[T]) node(b *builder) contract.NodeID {
	if e.make == nil {
		return b.fail(failf("invalid", "an empty Expr: make one by a Column or a function"))
	}
	return e.make(b)
}

func expr[T any](make func(b *builder) contract.NodeID) Expr[T] { return Expr[T]{make} }

// Value is a constant. It is sent as a bind value, never written into a statement's text.
func Value[T any](v T) Expr[T] {
	return expr[T](func(b *builder) contract.NodeID { return b.value(v) })
}

// Param is a parameter of a prepared statement, by its position among the arguments.
func Param[T any](position int) Expr[T] {
	return expr[T](func(b *builder) contract.NodeID { return b.add(contract.Parameter(position)) })
}

// Typed treats an expression as one whose value is a T, without a conversion.
func Typed[T any](e Expression) Expr[T] {
	return expr[T](func(b *builder) contract.NodeID { return b.expression(e) })
}

func binary[T any](op contract.BinaryOp, left, right Expression) Expr[T] {
	return expr[T](func(b *builder) contract.NodeID {
		l, r := b.expression(left), b.expression(right)
		if op <= contract.IsNotDistinct && b.err == nil {
			b.bind(l, r)
			b.bind(r, l)
		}
		return b.add(contract.Binary{Op: op, Left: l, Right: r})
	})
}

func unary[T any](op contract.UnaryOp, operand Expression) Expr[T] {
	return expr[T](func(b *builder) contract.NodeID {
		return b.add(contract.Unary{Op: op, Operand: b.expression(operand)})
	})
}

func listed[T any](op contract.ListOp, items ...Expression) Expr[T] {
	return expr[T](func(b *builder) contract.NodeID {
		ids := b.expressions(items)
		if (op == contract.InList || op == contract.NotInList || op == contract.Between) && b.err == nil && len(ids) > 0 {
			b.bind(ids[0], ids[1:]...)
		}
		return b.add(contract.Listed{Op: op, Items: ids})
	})
}

// Eq is true where the expression equals v.
func (e Expr[T]) Eq(v T) Condition { return Eq(e, Value(v)) }

// Ne is true where the expression differs from v.
func (e Expr[T]) Ne(v T) Condition { return Ne(e, Value(v)) }

// Lt is true where the expression is less than v.
func (e Expr[T]) Lt(v T) Condition { return Lt(e, Value(v)) }

// Le is true where the expression is at most v.
func (e Expr[T]) Le(v T) Condition { return Le(e, Value(v)) }

// Gt is true where the expression is greater than v.
func (e Expr[T]) Gt(v T) Condition { return Gt(e, Value(v)) }

// Ge is true where the expression is at least v.
func (e Expr[T]) Ge(v T) Condition { return Ge(e, Value(v)) }

// In is true where the expression equals a value in vs; never where vs is empty.
func (e Expr[T]) In(vs ...T) Condition { return listed[bool](contract.InList, withValues(e, vs)...) }

// NotIn is true where the expression equals no value in vs; always where vs is empty.
func (e Expr[T]) NotIn(vs ...T) Condition {
	return listed[bool](contract.NotInList, withValues(e, vs)...)
}

func withValues[T any](e Expression, vs []T) []Expression {
	items := []Expression{e}
	for _, v := range vs {
		items = append(items, Value(v))
	}
	return items
}

// Between is true where the expression is between low and high, both included.
func (e Expr[T]) Between(low, high T) Condition {
	return listed[bool](contract.Between, e, Value(low), Value(high))
}

// InQuery is true where the expression is among the values of a query of one column.
func (e Expr[T]) InQuery(q Subquery) Condition { return membership(e, q, false) }

// NotInQuery is true where the expression is not among the values of a query of one column.
func (e Expr[T]) NotInQuery(q Subquery) Condition { return membership(e, q, true) }

func membership(e Expression, q Subquery, negated bool) Condition {
	return expr[bool](func(b *builder) contract.NodeID {
		value := b.expression(e)
		return b.add(contract.Membership{Value: value, Query: b.subquery(q), Negated: negated})
	})
}

// IsNull is true where the expression is null.
func (e Expr[T]) IsNull() Condition { return unary[bool](contract.IsNull, e) }

// IsNotNull is true where the expression is not null.
func (e Expr[T]) IsNotNull() Condition { return unary[bool](contract.IsNotNull, e) }

// Like is true where a text matches a pattern: % matches any text, _ any character, and ! escapes %, _ and itself.
func (e Expr[T]) Like(pattern string) Condition { return Like(e, Value(pattern)) }

// ILike is Like, ignoring case.
func (e Expr[T]) ILike(pattern string) Condition { return ILike(e, Value(pattern)) }

// StartsWith is true where a text begins with another text, which is taken literally.
func (e Expr[T]) StartsWith(text string) Condition { return e.Like(escape(text) + "%") }

// EndsWith is true where a text ends with another text, which is taken literally.
func (e Expr[T]) EndsWith(text string) Condition { return e.Like("%" + escape(text)) }

// Contains is true where a text contains another text, which is taken literally.
func (e Expr[T]) Contains(text string) Condition { return e.Like("%" + escape(text) + "%") }

func escape(text string) string {
	out := make([]rune, 0, len(text))
	for _, r := range text {
		if r == '%' || r == '_' || r == '!' {
			out = append(out, '!')
		}
		out = append(out, r)
	}
	return string(out)
}

// Asc orders by the expression, smallest first.
func (e Expr[T]) Asc() Order { return Order{expression: e} }

// Desc orders by the expression, greatest first.
func (e Expr[T]) Desc() Order { return Order{expression: e, descending: true} }

// As labels the expression: the name of its column in the result.
func (e Expr[T]) As(label string) Expr[T] {
	return expr[T](func(b *builder) contract.NodeID {
		return b.add(contract.Labelled{Value: b.expression(e), Label: label})
	})
}

// Order is a sort key of ORDER BY.
type Order struct {
	expression Expression
	descending bool
	nullsFirst *bool
}

// NullsFirst puts nulls before all other values.
func (o Order) NullsFirst() Order { first := true; o.nullsFirst = &first; return o }

// NullsLast puts nulls after all other values.
func (o Order) NullsLast() Order { first := false; o.nullsFirst = &first; return o }

// Column is a column of a table or of another source.
type Column[T any] struct {
	Expr[T]
	table, name string
}

// NewColumn makes a column by the name of its source and its own. With an empty source, it is the column of any source that has it.
func NewColumn[T any](source, name string) Column[T] {
	return Column[T]{expr[T](func(b *builder) contract.NodeID {
		return b.add(contract.ColumnName{Table: optional(source), Name: name})
	}), source, name}
}

// Name returns the column's name.
func (c Column[T]) Name() string { return c.name }

// Set makes an assignment of a value.
func (c Column[T]) Set(v T) Assignment { return Assignment{column: c.name, constant: v} }

// SetNull makes an assignment of null.
func (c Column[T]) SetNull() Assignment { return Assignment{column: c.name} }

// SetTo makes an assignment of an expression's value.
func (c Column[T]) SetTo(e Expression) Assignment { return Assignment{column: c.name, value: e} }

// Excluded is the column's value in the row that an upsert could not insert.
func (c Column[T]) Excluded() Expr[T] {
	return expr[T](func(b *builder) contract.NodeID { return b.add(contract.Excluded(c.name)) })
}

// Named is a column of any type, for functions that do not depend on the type.
type Named interface {
	Expression
	Name() string
}

// Assignment is a column and its new value.
type Assignment struct {
	column string
	// value is an expression; where it is nil, the new value is constant.
	value    Expression
	constant any
}

// node writes the assignment's value, after checking that a constant fits the column of a declared table.
func (a Assignment) node(b *builder, table string) contract.NodeID {
	if a.value != nil {
		return b.expression(a.value)
	}
	value, err := valueOf(a.constant)
	if err == nil {
		err = fits(table, a.column, value)
	}
	if err != nil {
		return b.fail(err)
	}
	id := b.add(contract.Literal{Value: value})
	if isDeclared(table, a.column, b.scalar(id)) {
		b.bound = append(b.bound, id)
	}
	return id
}
