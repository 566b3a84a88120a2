package main

import (
	sql "github.com/sqlservice/sqlservice/guest-sdk/go"
)

type rowQuery = sql.Query[[]any]

func (r *reader) query(v any) rowQuery {
	q, ok := v.(document)
	if !ok {
		r.fail("a query %v", v)
		return rowQuery{}
	}
	out := r.compound(q)
	withs, _ := q["with"].(list)
	for _, w := range withs {
		out = out.With(r.cte(w))
	}
	order, _ := q["order by"].(list)
	out = out.OrderBy(r.orders(order)...)
	if n, ok := number(q["limit"]); ok {
		out = out.Limit(int(n))
	}
	if n, ok := number(q["offset"]); ok {
		out = out.Offset(int(n))
	}
	return out
}

var setOperations = map[string]func(rowQuery, ...sql.Subquery) rowQuery{
	"union": sql.Union[[]any], "union all": sql.UnionAll[[]any], "intersect": sql.Intersect[[]any], "except": sql.Except[[]any]}

func (r *reader) compound(q document) rowQuery {
	for word, combine := range setOperations {
		if parts, ok := q[word].(list); ok && len(parts) > 0 {
			var more []sql.Subquery
			for _, p := range parts[1:] {
				more = append(more, r.query(p))
			}
			return combine(r.query(parts[0]), more...)
		}
	}
	return r.selection(q)
}

func (r *reader) cte(v any) sql.CTE {
	w, _ := v.(document)
	name, _ := w["name"].(string)
	recursive, _ := w["recursive"].(bool)
	return sql.CTE{Name: name, Columns: texts(w["columns"]), Query: r.query(w["query"]), Recursive: recursive}
}

func (r *reader) source(table, alias any) sql.Source {
	name, _ := alias.(string)
	if query, ok := table.(document); ok {
		return sql.SubqueryAs(r.query(query), name)
	}
	text, _ := table.(string)
	return sql.TableNamed(text).As(name)
}

var joinKinds = map[any]sql.JoinKind{"inner": sql.Inner, "left": sql.Left, "cross": sql.Cross}

func (r *reader) selection(q document) rowQuery {
	var columns []sql.Expression
	items, _ := q["columns"].(list)
	for _, c := range items {
		columns = append(columns, r.column(c))
	}
	out := sql.Select[[]any](columns...)
	if from := q["from"]; from != nil {
		out = out.From(r.source(from, q["as"]))
	}
	joins, _ := q["join"].(list)
	for _, v := range joins {
		j, _ := v.(document)
		var on []sql.Condition
		if c := j["on"]; c != nil {
			on = append(on, r.condition(c))
		}
		out = out.JoinAs(joinKinds[j["kind"]], r.source(j["table"], j["as"]), on...)
	}
	if where := q["where"]; where != nil {
		out = out.Where(r.condition(where))
	}
	groups, _ := q["group by"].(list)
	out = out.GroupBy(r.expressions(groups)...)
	if having := q["having"]; having != nil {
		out = out.Having(r.condition(having))
	}
	if q["distinct"] == true {
		out = out.Distinct()
	}
	return out
}

func (r *reader) column(v any) sql.Expression {
	if named, ok := v.(document); ok && named["is"] != nil {
		label, _ := named["as"].(string)
		return r.expression(named["is"]).As(label)
	}
	return r.expression(v)
}
