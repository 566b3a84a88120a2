package sqlservice

import (
	"context"
	"iter"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

const (
	batchRows  = 10_000
	batchBytes = 4 << 20
)

// result is a statement's result set: a first batch, and a cursor where there may be more rows.
type result struct {
	// known is the columns of a prepared statement; nil for any other, whose columns came with the rows.
	known    []contract.ResultColumn
	came     contract.ResultColumns
	first    contract.Batch
	cursor   *contract.Cursor
	rows     uint32
	affected uint64
	lastKey  *int64
}

// columns returns the columns of the rows.
func (r *result) columns() []contract.ResultColumn {
	if r.known != nil {
		return r.known
	}
	return r.came.Get()
}

// names returns the names of the columns.
func (r *result) names() []string {
	if r.known == nil {
		return r.came.FirstTexts()
	}
	names := make([]string, len(r.known))
	for i, c := range r.known {
		names[i] = c.Name
	}
	return names
}

// newResult makes a result of the result set or failure that the host returned; known is the columns of a prepared statement.
func newResult(ctx context.Context, set contract.ResultSet, failure *contract.Failure, rows *uint32, known []contract.ResultColumn) (*result, error) {
	if failure != nil {
		return nil, toldIn(ctx, failure)
	}
	if known != nil {
		set.Columns.Forget()
	}
	r := &result{known: known, came: set.Columns, first: set.FirstBatch, affected: set.Affected, lastKey: set.LastKey, rows: batchRows}
	if set.Cursor != nil {
		r.cursor = &contract.Cursor{Handle: *set.Cursor}
	}
	if rows != nil {
		r.rows = max(*rows, 1)
	}
	return r, nil
}

// close stops the query. It may be called more than once.
func (r *result) close() {
	if r.cursor != nil {
		r.cursor.Drop()
		r.cursor = nil
	}
}

// next fetches the next batch; nil at the end.
func (r *result) next(ctx context.Context) (*contract.Batch, error) {
	if r.cursor == nil {
		return nil, nil
	}
	if err := check(ctx); err != nil {
		return nil, err
	}
	batch, failure := r.cursor.NextBatch(r.rows, batchBytes)
	if failure != nil || batch == nil {
		r.close()
	}
	return batch, toldIn(ctx, failure)
}

// batches reads the batches of a result until take returns false, and closes the result.
func batches[R any](ctx context.Context, r *result, m *model, take func([]R) bool) error {
	defer r.close()
	s, err := newScanner[R](r.columns(), m)
	if err != nil {
		return err
	}
	for batch := &r.first; batch != nil; {
		rows, err := s.scan(batch)
		if err != nil {
			return err
		}
		if !take(rows) {
			return nil
		}
		if batch, err = r.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) execute(ctx context.Context, st statement, o contract.Options) (*result, error) {
	if err := s.use(ctx); err != nil {
		return nil, err
	}
	o.TimeoutMS = timeout(ctx)
	if known, values := s.plans.find(s, st); known != nil {
		defer s.plans.release(known)
		set, failure := s.handle.Run(known.prepared, values, o)
		return newResult(ctx, set, failure, o.BatchRows, known.columns)
	}
	set, failure := s.handle.Execute(st.Statement, nil, o)
	return newResult(ctx, set, failure, o.BatchRows, nil)
}

func (q Query[R]) run(ctx context.Context, s *Session) (*result, error) {
	statement, err := q.statement()
	if err != nil {
		return nil, err
	}
	return s.execute(ctx, statement, contract.Options{MaxRows: q.maxRows, BatchRows: q.batch})
}

// All reads all rows.
func (q Query[R]) All(ctx context.Context, s *Session) ([]R, error) {
	if len(q.preloads) > 0 {
		return q.load(ctx, s)
	}
	r, err := q.run(ctx, s)
	if err != nil {
		return nil, err
	}
	return collect[R](ctx, r, q.model)
}

func collect[R any](ctx context.Context, r *result, m *model) ([]R, error) {
	var all []R
	err := batches(ctx, r, m, func(rows []R) bool {
		if all == nil {
			all = rows
		} else {
			all = append(all, rows...)
		}
		return true
	})
	return all, err
}

// One reads the only row. It fails with ErrNoRows without a row, and with ErrMultipleRows where there are several.
func (q Query[R]) One(ctx context.Context, s *Session) (R, error) {
	if q.limit == nil {
		q = q.Limit(2)
	}
	rows, err := q.All(ctx, s)
	return only(rows, err)
}

func only[R any](rows []R, err error) (row R, _ error) {
	switch {
	case err != nil:
		return row, err
	case len(rows) == 0:
		return row, failf("no-result", "one row was required and there was none")
	case len(rows) > 1:
		return row, failf("multiple-results", "at most one row was allowed and there were more")
	}
	return rows[0], nil
}

// First reads the first row. It fails with ErrNoRows where there is none.
func (q Query[R]) First(ctx context.Context, s *Session) (R, error) {
	rows, err := q.Limit(1).All(ctx, s)
	return only(rows, err)
}

// Rows iterates over the rows, which it fetches in batches. Leaving the loop stops the query.
//
//	for user, err := range sqlservice.From(Users).Rows(ctx, session) {
//		if err != nil {
//			return err
//		}
//	}
func (q Query[R]) Rows(ctx context.Context, s *Session) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		var none R
		if len(q.preloads) > 0 {
			yield(none, failf("invalid", "relations are loaded with all rows at once: call All, or no Preload"))
			return
		}
		r, err := q.run(ctx, s)
		if err != nil {
			yield(none, err)
			return
		}
		stopped := false
		err = batches(ctx, r, q.model, func(rows []R) bool {
			for _, row := range rows {
				if stopped = !yield(row, nil); stopped {
					return false
				}
			}
			return true
		})
		if err != nil && !stopped {
			yield(none, err)
		}
	}
}

// Count returns the number of rows of the query.
func (q Query[R]) Count(ctx context.Context, s *Session) (int64, error) {
	return Select[int64](Count()).From(SubqueryAs(q, "counted")).One(ctx, s)
}

// ResultTable is rows with the names of their columns.
type ResultTable struct {
	Columns []string
	Rows    [][]any
}

// Table reads all rows with the names of their columns.
func (q Query[R]) Table(ctx context.Context, s *Session) (ResultTable, error) {
	var table ResultTable
	r, err := q.run(ctx, s)
	if err != nil {
		return table, err
	}
	table.Columns = r.names()
	table.Rows, err = collect[[]any](ctx, r, nil)
	return table, err
}
