package main

import (
	"strings"

	sql "github.com/sqlservice/sqlservice/guest-sdk/go"
)

type expr = sql.Expr[any]

// reader makes expressions and queries of a case's JSON. The first mistake sticks.
type reader struct{ err error }

func (r *reader) fail(format string, args ...any) expr {
	if r.err == nil {
		r.err = badCase(format, args...)
	}
	return sql.Value[any](nil)
}

func (r *reader) value(v any) any {
	value, err := decodeValue(v)
	if err != nil && r.err == nil {
		r.err = err
	}
	return value
}

func column(name string) sql.Column[any] {
	if source, rest, ok := strings.Cut(name, "."); ok {
		return sql.NewColumn[any](source, rest)
	}
	return sql.NewColumn[any]("", name)
}

func (r *reader) expression(v any) expr {
	switch v := v.(type) {
	case string:
		return column(v).Expr
	case document:
		if value, ok := v["v"]; ok {
			return sql.Value(r.value(value))
		}
	case list:
		if len(v) > 0 {
			if op, ok := v[0].(string); ok {
				return r.operation(op, v[1:])
			}
		}
	}
	return r.fail("an expression %v", v)
}

func (r *reader) condition(v any) sql.Condition { return sql.Typed[bool](r.expression(v)) }

func (r *reader) conditions(vs list) []sql.Condition {
	out := make([]sql.Condition, len(vs))
	for i, v := range vs {
		out[i] = r.condition(v)
	}
	return out
}

func (r *reader) expressions(vs list) []sql.Expression {
	out := make([]sql.Expression, len(vs))
	for i, v := range vs {
		out[i] = r.expression(v)
	}
	return out
}

var comparisons = map[string]func(a, b sql.Expression) sql.Condition{
	"=": sql.Eq, "!=": sql.Ne, "<": sql.Lt, "<=": sql.Le, ">": sql.Gt, ">=": sql.Ge, "like": sql.Like, "ilike": sql.ILike}

var arithmetic = map[string]func(a, b expr) expr{"+": sql.Add[any], "-": sql.Sub[any], "*": sql.Mul[any]}

var aggregates = map[string]string{"count": "count", "count distinct": "count", "sum": "sum", "min": "min", "max": "max",
	"row_number": "row_number", "lower": "lower", "upper": "upper", "length": "length", "abs": "abs"}

func (r *reader) operation(op string, args list) expr {
	if compare, ok := comparisons[op]; ok && len(args) == 2 {
		return sql.Typed[any](compare(r.expression(args[0]), r.expression(args[1])))
	}
	if compute, ok := arithmetic[op]; ok && len(args) == 2 {
		return compute(r.expression(args[0]), r.expression(args[1]))
	}
	if _, ok := aggregates[op]; ok {
		return r.call(append(list{op}, args...)).Expr
	}
	switch op {
	case "and":
		return sql.Typed[any](sql.And(r.conditions(args)...))
	case "or":
		return sql.Typed[any](sql.Or(r.conditions(args)...))
	case "coalesce":
		return sql.Coalesce[any](r.expressions(args)...)
	}
	if len(args) == 0 {
		return r.fail("an operation %q", op)
	}
	return r.special(op, args)
}

func (r *reader) special(op string, args list) expr {
	switch op {
	case "not":
		return sql.Typed[any](sql.Not(r.condition(args[0])))
	case "is null":
		return sql.Typed[any](r.expression(args[0]).IsNull())
	case "is not null":
		return sql.Typed[any](r.expression(args[0]).IsNotNull())
	case "in", "not in":
		return r.membership(op == "not in", r.expression(args[0]), args[1])
	case "between":
		return sql.Typed[any](sql.Between(r.expression(args[0]), r.expression(args[1]), r.expression(args[2])))
	case "starts with":
		prefix, _ := r.value(args[1].(document)["v"]).(string)
		return sql.Typed[any](r.expression(args[0]).StartsWith(prefix))
	case "||":
		return sql.Typed[any](sql.Concat(r.expression(args[0]), r.expression(args[1])))
	case "case":
		return r.caseOf(args)
	case "cast":
		return r.cast(args)
	case "over":
		return r.over(args)
	case "exists":
		return sql.Typed[any](sql.Exists(r.query(args[0])))
	case "scalar":
		return sql.Scalar[any](r.query(args[0]))
	case "excluded":
		name, _ := args[0].(string)
		return column(name).Excluded()
	}
	return r.fail("an operation %q", op)
}

func (r *reader) membership(negated bool, e expr, in any) expr {
	if query, ok := in.(document); ok {
		if negated {
			return sql.Typed[any](e.NotInQuery(r.query(query)))
		}
		return sql.Typed[any](e.InQuery(r.query(query)))
	}
	items, _ := in.(list)
	if negated {
		return sql.Typed[any](sql.NotIn(e, r.expressions(items)...))
	}
	return sql.Typed[any](sql.In(e, r.expressions(items)...))
}

func (r *reader) caseOf(args list) expr {
	var out sql.CaseOf[any]
	branches, _ := args[0].(list)
	for _, b := range branches {
		pair, _ := b.(list)
		if len(pair) != 2 {
			return r.fail("a branch %v", b)
		}
		out = out.When(r.condition(pair[0]), r.expression(pair[1]))
	}
	if len(args) > 1 {
		out = out.Else(r.expression(args[1]))
	}
	return out.Expr
}

func (r *reader) cast(args list) expr {
	switch args[1] {
	case "text":
		return sql.Typed[any](sql.Cast[string](r.expression(args[0])))
	case "int64":
		return sql.Typed[any](sql.Cast[int64](r.expression(args[0])))
	}
	return r.fail("a cast to %v", args[1])
}

func (r *reader) call(v list) sql.Aggregate[any] {
	op, _ := v[0].(string)
	function := sql.Func[any](aggregates[op], r.expressions(v[1:])...)
	if op == "count distinct" {
		return function.Distinct()
	}
	return function
}

func (r *reader) over(args list) expr {
	call, _ := args[0].(list)
	window, _ := args[1].(document)
	by, _ := window["partition by"].(list)
	order, _ := window["order by"].(list)
	return r.call(call).Over(sql.Window{PartitionBy: r.expressions(by), OrderBy: r.orders(order)})
}

func (r *reader) orders(vs list) []sql.Order {
	out := make([]sql.Order, len(vs))
	for i, v := range vs {
		if pair, ok := v.(list); ok && len(pair) == 2 && pair[0] == "desc" {
			out[i] = r.expression(pair[1]).Desc()
		} else {
			out[i] = r.expression(v).Asc()
		}
	}
	return out
}
