package sqlservice

import (
	"reflect"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

func typeFor[T any]() reflect.Type { return reflect.TypeFor[T]() }

// Source is what a query reads: a table, a Subquery with a name, or a common table expression.
type Source interface {
	source(b *builder) contract.NodeID
}

// Model is the source of a model's rows: what the generated tables are.
type Model[T any] interface {
	Source
	modelOf(*T) *model
}

// Table is the table of the model T. Generated code makes it, by Define.
type Table[T any] struct {
	model *model
	alias string
}

// Define makes the struct T the model of a table. An alias is a name of its own in a statement.
//
// What the tags of T say wrongly is the error of Open.
func Define[T any](table, alias string) Table[T] {
	return Table[T]{models.define(reflect.TypeFor[T](), table), alias}
}

func (t Table[T]) modelOf(*T) *model { return t.model }

func (t Table[T]) source(b *builder) contract.NodeID {
	return b.add(contract.SourceTable{Table: t.model.table.Name, Schema: t.model.table.Schema, Alias: optional(t.alias)})
}

// TableName is the table's name.
func (t Table[T]) TableName() string { return t.model.table.Name }

// NamedTable is a source by its name: a table that was reflected, or a common table expression.
type NamedTable struct{ Name, Schema, Alias string }

// TableNamed is a source by its name.
func TableNamed(name string) NamedTable { return NamedTable{Name: name} }

// As gives it a name of its own in this statement.
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

// SubqueryAs is a query as a source, by a name.
func SubqueryAs(q Subquery, alias string) Source { return namedQuery{q, alias, false} }

// LateralAs is a query as a source that may use columns of the sources before it.
func LateralAs(q Subquery, alias string) Source { return namedQuery{q, alias, true} }

// Exists is true where a query has any row.
func Exists(q Subquery) Condition {
	return expr[bool](func(b *builder) contract.NodeID { return b.add(contract.Exists{Query: b.subquery(q)}) })
}

// Scalar is the single value of a query.
func Scalar[T any](q Subquery) Expr[T] {
	return expr[T](func(b *builder) contract.NodeID { return b.add(contract.ScalarQuery{Query: b.subquery(q)}) })
}

// JoinKind is which rows without a partner a join keeps.
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

// CTE is a common table expression: a query with a name that a statement begins with.
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
	// ForShare lets others read with the same lock.
	ForShare bool
	// NoWait makes a held lock an error at once.
	NoWait bool
	// SkipLocked passes locked rows over.
	SkipLocked bool
	// Tables is the sources whose rows are locked; all where empty.
	Tables []string
}

func (l *Lock) wire() *contract.Locking {
	if l == nil {
		return nil
	}
	return &contract.Locking{ForShare: l.ForShare, NoWait: l.NoWait, SkipLocked: l.SkipLocked, Tables: l.Tables}
}
