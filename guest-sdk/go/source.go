package sqlservice

import (
	"reflect"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

func typeFor[T any]() reflect.Type { return reflect.TypeFor[T]() }

// Source is a source of rows for a query: a table, a named Subquery, or a common table expression.
type Source interface {
	source(b *builder) contract.NodeID
}

// Model is the source of a model's rows. The generated tables implement it.
type Model[T any] interface {
	Source
	modelOf(*T) *model
}

// Table is the table of the model T. Generated code makes it by Define.
type Table[T any] struct {
	model *model
	alias string
}

// Define makes the struct T the model of a table. An alias is the table's name within statements; empty for none.
//
// Open returns the error of an invalid tag of T.
func Define[T any](table, alias string) Table[T] {
	return Table[T]{models.define(reflect.TypeFor[T](), table), alias}
}

func (t Table[T]) modelOf(*T) *model { return t.model }

func (t Table[T]) source(b *builder) contract.NodeID {
	return b.add(contract.SourceTable{Table: t.model.table.Name, Schema: t.model.table.Schema, Alias: optional(t.alias)})
}

// TableName returns the table's name.
func (t Table[T]) TableName() string { return t.model.table.Name }

// NamedTable is a source by its name: a table that was reflected, or a common table expression.
type NamedTable struct{ Name, Schema, Alias string }

// TableNamed makes a source by its name.
func TableNamed(name string) NamedTable { return NamedTable{Name: name} }

// As sets the table's alias in a statement.
func (t NamedTable) As(alias string) NamedTable { t.Alias = alias; return t }

func (t NamedTable) source(b *builder) contract.NodeID {
	return b.add(contract.SourceTable{Table: t.Name, Schema: optional(t.Schema), Alias: optional(t.Alias)})
}

// Subquery is a query inside of a statement.
type Subquery interface {
	query(b *builder) contract.NodeID
}

type namedQuery struct {
	inner   Subquery
	alias   string
	lateral bool
}

func (q namedQuery) source(b *builder) contract.NodeID {
	return b.add(contract.SourceQuery{Query: b.subquery(q.inner), Alias: q.alias, Lateral: q.lateral})
}

// SubqueryAs makes a named source of a query.
func SubqueryAs(q Subquery, alias string) Source { return namedQuery{q, alias, false} }

// LateralAs makes a named source of a query that may use columns of the sources before it.
func LateralAs(q Subquery, alias string) Source { return namedQuery{q, alias, true} }

// Exists is true where a query returns any row.
func Exists(q Subquery) Condition {
	return expr[bool](func(b *builder) contract.NodeID { return b.add(contract.Exists{Query: b.subquery(q)}) })
}

// Scalar is the single value of a query.
func Scalar[T any](q Subquery) Expr[T] {
	return expr[T](func(b *builder) contract.NodeID { return b.add(contract.ScalarQuery{Query: b.subquery(q)}) })
}

// JoinKind is a kind of join: which unmatched rows it keeps.
type JoinKind = contract.JoinKind

// The kinds of joins.
const (
	Inner = contract.InnerJoin
	Left  = contract.LeftJoin
	Right = contract.RightJoin
	Full  = contract.FullJoin
	Cross = contract.CrossJoin
)

type join struct {
	kind JoinKind
	with Source
	on   []Condition
}

func (b *builder) from(first Source, joins []join) *contract.NodeID {
	if first == nil {
		return nil
	}
	left := b.source(first)
	for _, j := range joins {
		right := b.source(j.with)
		left = b.add(contract.Join{Kind: j.kind, Left: left, Right: right, On: b.all(j.on)})
	}
	return &left
}

// CTE is a common table expression: a named query of the WITH clause.
type CTE struct {
	Name      string
	Columns   []string
	Query     Subquery
	Recursive bool
}

func (b *builder) ctes(list []CTE) []contract.CTE {
	out := make([]contract.CTE, len(list))
	for i, c := range list {
		out[i] = contract.CTE{Name: c.Name, Columns: c.Columns, Query: b.subquery(c.Query), Recursive: c.Recursive}
	}
	return out
}

// Lock locks the rows of a query.
type Lock struct {
	// ForShare takes a shared lock, which other transactions can hold as well.
	ForShare bool
	// NoWait fails at once where another transaction holds a lock.
	NoWait bool
	// SkipLocked leaves out locked rows.
	SkipLocked bool
	// Tables are the sources whose rows are locked; all where empty.
	Tables []string
}

func (l *Lock) wire() *contract.Locking {
	if l == nil {
		return nil
	}
	return &contract.Locking{ForShare: l.ForShare, NoWait: l.NoWait, SkipLocked: l.SkipLocked, Tables: l.Tables}
}
