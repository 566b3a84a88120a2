package sqlservice

import (
	"slices"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// Query is a select whose rows are read as R: *T for From, anything else for Select. Its methods return changed copies.
//
// R may be a struct, whose fields are matched to the result's columns by name (their tag `db`, or their name in snake case);
// a type of values, for one column; []any; or map[string]any.
type Query[R any] struct {
	selection
	model    *model
	preloads []Preload
	maxRows  *uint64
	batch    *uint32
}

type selection struct {
	ctes     []CTE
	columns  []Expression
	distinct bool
	from     Source
	joins    []join
	where    []Condition
	groupBy  []Expression
	having   []Condition
	order    []Order
	limit    *int
	offset   *int
	lock     *Lock
	parts    []Subquery
	op       contract.SetOp
}

// From selects the rows of a model.
func From[T any](m Model[T]) Query[*T] {
	q := Query[*T]{model: m.modelOf(nil)}
	q.from = m
	name := q.model.table.Name
	if t, ok := m.(interface{ sourceName() string }); ok {
		name = t.sourceName()
	}
	q.columns = q.model.columnsOf(name)
	return q
}

// columnsOf returns the columns of a source that is the model's table. Those of the table's own name are cached.
func (m *model) columnsOf(source string) []Expression {
	if known := m.selected.Load(); known != nil && source == m.table.Name {
		return *known
	}
	columns := make([]Expression, len(m.fields))
	for i, f := range m.fields {
		columns[i] = NewColumn[any](source, f.name)
	}
	if source == m.table.Name {
		m.selected.Store(&columns)
	}
	return columns
}

func (t Table[T]) sourceName() string {
	if t.alias != "" {
		return t.alias
	}
	return t.model.table.Name
}

// Select selects expressions.
func Select[R any](columns ...Expression) Query[R] {
	q := Query[R]{}
	q.columns = columns
	return q
}

func compound[R any](op contract.SetOp, first Query[R], more []Subquery) Query[R] {
	q := Query[R]{model: first.model}
	q.op, q.parts = op, append([]Subquery{first}, more...)
	return q
}

// Union is the rows of any of the queries, equal rows once. It is ordered by columns without a source.
func Union[R any](first Query[R], more ...Subquery) Query[R] {
	return compound(contract.Union, first, more)
}

// UnionAll is the rows of any of the queries.
func UnionAll[R any](first Query[R], more ...Subquery) Query[R] {
	return compound(contract.UnionAll, first, more)
}

// Intersect is the rows that all of the queries return.
func Intersect[R any](first Query[R], more ...Subquery) Query[R] {
	return compound(contract.Intersect, first, more)
}

// Except is the rows of the first query that the others do not return.
func Except[R any](first Query[R], more ...Subquery) Query[R] {
	return compound(contract.Except, first, more)
}

// with appends more to list in new memory, so that copies of a query do not overwrite each other's items.
func with[E any](list []E, more []E) []E { return append(slices.Clip(list), more...) }

// With begins the statement with common table expressions.
func (q Query[R]) With(ctes ...CTE) Query[R] { q.ctes = with(q.ctes, ctes); return q }

// From sets the source that a Select reads.
func (q Query[R]) From(s Source) Query[R] { q.from = s; return q }

// Join adds a source by an inner join; rows without a match are left out.
func (q Query[R]) Join(s Source, on ...Condition) Query[R] { return q.JoinAs(Inner, s, on...) }

// LeftJoin adds a source by a left join; rows without a match in it are kept.
func (q Query[R]) LeftJoin(s Source, on ...Condition) Query[R] { return q.JoinAs(Left, s, on...) }

// JoinAs adds a source by a kind of join.
func (q Query[R]) JoinAs(kind JoinKind, s Source, on ...Condition) Query[R] {
	q.joins = with(q.joins, []join{{kind, s, on}})
	return q
}

// Where keeps only rows for which all conditions are true.
func (q Query[R]) Where(conditions ...Condition) Query[R] {
	q.where = with(q.where, conditions)
	return q
}

// GroupBy makes one row of all rows that are equal in these expressions.
func (q Query[R]) GroupBy(by ...Expression) Query[R] { q.groupBy = with(q.groupBy, by); return q }

// Having keeps only groups for which all conditions are true.
func (q Query[R]) Having(conditions ...Condition) Query[R] {
	q.having = with(q.having, conditions)
	return q
}

// OrderBy orders the rows.
func (q Query[R]) OrderBy(by ...Order) Query[R] { q.order = with(q.order, by); return q }

// Limit returns at most n rows.
func (q Query[R]) Limit(n int) Query[R] { q.limit = &n; return q }

// Offset skips the first n rows.
func (q Query[R]) Offset(n int) Query[R] { q.offset = &n; return q }

// Distinct returns equal rows once.
func (q Query[R]) Distinct() Query[R] { q.distinct = true; return q }

// For locks the rows until the transaction ends.
func (q Query[R]) For(l Lock) Query[R] { q.lock = &l; return q }

// MaxRows is the number of rows that the query may return before it fails with ErrLimit.
func (q Query[R]) MaxRows(n uint64) Query[R] { q.maxRows = &n; return q }

// BatchRows is the number of rows that are fetched at a time.
func (q Query[R]) BatchRows(n uint32) Query[R] { q.batch = &n; return q }

// Preload loads relations of the rows in the same crossing.
func (q Query[R]) Preload(relations ...Preload) Query[R] {
	q.preloads = with(q.preloads, relations)
	return q
}

// query writes the select's or compound's node.
func (s selection) query(b *builder) contract.NodeID {
	ctes := b.ctes(s.ctes)
	if len(s.parts) > 0 {
		if s.from != nil || len(s.where)+len(s.groupBy)+len(s.having)+len(s.columns)+len(s.joins) > 0 || s.lock != nil {
			return b.fail(failf("invalid", "queries put together are only ordered and limited; the rest belongs to its parts"))
		}
		parts := make([]contract.NodeID, len(s.parts))
		for i, p := range s.parts {
			parts[i] = b.subquery(p)
		}
		return b.add(contract.Compound{CTEs: ctes, Op: s.op, Parts: parts, OrderBy: b.orders(s.order),
			Limit: b.count(s.limit), Offset: b.count(s.offset)})
	}
	if s.from == nil && len(s.joins) > 0 {
		return b.fail(failf("invalid", "a join needs what it joins: call From"))
	}
	node := contract.Select{CTEs: ctes, Distinct: s.distinct, Lock: s.lock.wire()}
	node.Source = b.from(s.from, s.joins)
	node.Columns = b.expressions(s.columns)
	node.Where = b.all(s.where)
	node.GroupBy = b.expressions(s.groupBy)
	node.Having = b.all(s.having)
	node.OrderBy = b.orders(s.order)
	node.Limit, node.Offset = b.count(s.limit), b.count(s.offset)
	return b.add(node)
}

func (s selection) statement() (statement, error) {
	b := &builder{}
	id := s.query(b)
	return b.statement(contract.SelectRoot{Query: id})
}
