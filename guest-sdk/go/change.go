package sqlservice

import (
	"context"
	"slices"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// Target is a table that can be changed: the table of a model, or a NamedTable.
type Target interface {
	Source
	target() (table string, schema *string)
}

func (t Table[T]) target() (string, *string)   { return t.model.table.Name, t.model.table.Schema }
func (t NamedTable) target() (string, *string) { return t.Name, optional(t.Schema) }

// Change is an insert, an update or a delete.
type Change interface {
	root(b *builder, returning []Expression) contract.Root
}

// Result is the outcome of a change.
type Result struct {
	// Affected is the number of rows that the change matched, whether their values differ or not.
	Affected int64
	// LastKey is the generated key of an insert of one row, where the driver returns it: not on PostgreSQL.
	LastKey *int64
}

// Exec runs a change.
func (s *Session) Exec(ctx context.Context, c Change) (Result, error) {
	statement, err := changeStatement(c, nil)
	if err != nil {
		return Result{}, err
	}
	r, err := s.execute(ctx, statement, contract.Options{})
	if err != nil {
		return Result{}, err
	}
	r.close()
	return Result{int64(r.affected), r.lastKey}, nil
}

func changeStatement(c Change, returning []Expression) (statement, error) {
	b := &builder{}
	return b.statement(c.root(b, returning))
}

// ReturningRows is a change and the columns that it returns of each row.
type ReturningRows[R any] struct {
	change  Change
	columns []Expression
}

// Returning makes a change return columns of the rows that it inserted, changed or deleted, read as a Query reads R.
func Returning[R any](c Change, columns ...Expression) ReturningRows[R] {
	return ReturningRows[R]{c, columns}
}

// All runs the change and reads its rows.
func (r ReturningRows[R]) All(ctx context.Context, s *Session) ([]R, error) {
	statement, err := changeStatement(r.change, r.columns)
	if err != nil {
		return nil, err
	}
	got, err := s.execute(ctx, statement, contract.Options{})
	if err != nil {
		return nil, err
	}
	return collect[R](ctx, got, nil)
}

// One runs the change and reads its only row.
func (r ReturningRows[R]) One(ctx context.Context, s *Session) (R, error) {
	rows, err := r.All(ctx, s)
	return only(rows, err)
}

// InsertStatement is an insert. Its methods return changed copies.
type InsertStatement struct {
	into     Target
	columns  []string
	rows     [][]Assignment
	from     Subquery
	conflict *conflict
}

type conflict struct {
	columns []string
	set     []Assignment
	where   []Condition
}

// Insert makes an insert into a table; without values, it inserts one row of defaults.
func Insert(into Target) InsertStatement { return InsertStatement{into: into} }

// Values adds a row. All rows have the same columns.
func (i InsertStatement) Values(row ...Assignment) InsertStatement {
	i.rows = with(i.rows, [][]Assignment{row})
	return i
}

// Query inserts the rows of a query.
func (i InsertStatement) Query(q Subquery, columns ...Named) InsertStatement {
	i.from = q
	for _, c := range columns {
		i.columns = append(slices.Clip(i.columns), c.Name())
	}
	return i
}

// OnConflictNothing keeps the existing row of a conflict and skips the new one. The columns are those of the unique key; without
// any, the primary key.
func (i InsertStatement) OnConflictNothing(key ...Named) InsertStatement {
	i.conflict = &conflict{columns: names(key)}
	return i
}

// OnConflictUpdate updates the existing row of a conflict.
func (i InsertStatement) OnConflictUpdate(key []Named, set ...Assignment) InsertStatement {
	i.conflict = &conflict{columns: names(key), set: set}
	return i
}

// ConflictWhere restricts the rows that an OnConflictUpdate changes.
func (i InsertStatement) ConflictWhere(conditions ...Condition) InsertStatement {
	if i.conflict != nil {
		c := *i.conflict
		c.where = with(c.where, conditions)
		i.conflict = &c
	}
	return i
}

func names(columns []Named) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Name()
	}
	return out
}

func (i InsertStatement) root(b *builder, returning []Expression) contract.Root {
	out := contract.Insert{Columns: i.columns}
	out.Table, out.Schema = i.into.target()
	switch {
	case i.from != nil:
		out.Source = contract.InsertQuery{Query: b.subquery(i.from)}
	case len(i.rows) == 0:
		out.Source = contract.InsertDefaults{}
	default:
		out.Columns, out.Source = i.values(b, out.Table)
	}
	if c := i.conflict; c != nil {
		out.Conflict = &contract.Conflict{Columns: c.columns, Action: contract.ConflictNothing{}, Where: nil}
		if len(c.set) > 0 {
			out.Conflict.Action = contract.ConflictUpdate(b.assignments(out.Table, c.set))
			out.Conflict.Where = b.all(c.where)
		}
	}
	out.Returning = b.expressions(returning)
	return out
}

func (i InsertStatement) values(b *builder, table string) ([]string, contract.InsertSource) {
	var columns []string
	for _, a := range i.rows[0] {
		columns = append(columns, a.column)
	}
	rows := make(contract.InsertValues, len(i.rows))
	for r, row := range i.rows {
		if len(row) != len(columns) {
			b.fail(failf("invalid", "row %d of an insert has %d columns, and the first has %d", r, len(row), len(columns)))
			break
		}
		rows[r] = make([]contract.NodeID, len(columns))
		for c, a := range row {
			if a.column != columns[c] {
				b.fail(failf("invalid", "row %d of an insert has column %s where the first has %s", r, a.column, columns[c]))
			}
			rows[r][c] = a.node(b, table)
		}
	}
	return columns, rows
}

func (b *builder) assignments(table string, list []Assignment) []contract.Assignment {
	out := make([]contract.Assignment, len(list))
	for i, a := range list {
		out[i] = contract.Assignment{Column: a.column, Value: a.node(b, table)}
	}
	return out
}

// UpdateStatement is an update. Its methods return changed copies.
type UpdateStatement struct {
	table Target
	set   []Assignment
	from  Source
	where []Condition
}

// Update makes an update of a table's rows; without Where, of all rows.
func Update(table Target) UpdateStatement { return UpdateStatement{table: table} }

// Set adds assignments of new values.
func (u UpdateStatement) Set(set ...Assignment) UpdateStatement { u.set = with(u.set, set); return u }

// From adds another source.
func (u UpdateStatement) From(s Source) UpdateStatement { u.from = s; return u }

// Where keeps only rows for which all conditions are true.
func (u UpdateStatement) Where(conditions ...Condition) UpdateStatement {
	u.where = with(u.where, conditions)
	return u
}

func (u UpdateStatement) root(b *builder, returning []Expression) contract.Root {
	out := contract.Update{}
	out.Table, out.Schema = u.table.target()
	out.Source = b.from(u.from, nil)
	out.Assignments = b.assignments(out.Table, u.set)
	out.Where = b.all(u.where)
	out.Returning = b.expressions(returning)
	return out
}

// DeleteStatement is a delete. Its methods return changed copies.
type DeleteStatement struct {
	table Target
	from  Source
	where []Condition
}

// DeleteFrom makes a delete of a table's rows; without Where, of all rows.
func DeleteFrom(table Target) DeleteStatement { return DeleteStatement{table: table} }

// Using adds another source.
func (d DeleteStatement) Using(s Source) DeleteStatement { d.from = s; return d }

// Where keeps only rows for which all conditions are true.
func (d DeleteStatement) Where(conditions ...Condition) DeleteStatement {
	d.where = with(d.where, conditions)
	return d
}

func (d DeleteStatement) root(b *builder, returning []Expression) contract.Root {
	out := contract.Delete{}
	out.Table, out.Schema = d.table.target()
	out.Source = b.from(d.from, nil)
	out.Where = b.all(d.where)
	out.Returning = b.expressions(returning)
	return out
}
