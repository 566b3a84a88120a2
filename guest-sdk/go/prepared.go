package sqlservice

import (
	"context"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// Prepared is a statement that was checked and compiled once. Its parameters are Param expressions. Close it after the last use.
type Prepared[R any] struct {
	handle  contract.Prepared
	columns []contract.ResultColumn
	model   *model
	options contract.Options
	open    bool
}

// Prepare compiles the query for the session's database; any session of that database may run it.
func (q Query[R]) Prepare(ctx context.Context, s *Session) (*Prepared[R], error) {
	statement, err := q.statement()
	if err != nil {
		return nil, err
	}
	return prepare[R](ctx, s, statement.Statement, q.model, contract.Options{MaxRows: q.maxRows, BatchRows: q.batch})
}

// Prepare compiles the change for the session's database.
func (r ReturningRows[R]) Prepare(ctx context.Context, s *Session) (*Prepared[R], error) {
	statement, err := changeStatement(r.change, r.columns)
	if err != nil {
		return nil, err
	}
	return prepare[R](ctx, s, statement.Statement, nil, contract.Options{})
}

// PrepareChange compiles a change that returns no rows; run it by Exec.
func PrepareChange(ctx context.Context, s *Session, c Change) (*Prepared[struct{}], error) {
	return Returning[struct{}](c).Prepare(ctx, s)
}

func prepare[R any](ctx context.Context, s *Session, statement contract.Statement, m *model, o contract.Options) (*Prepared[R], error) {
	if err := s.use(ctx); err != nil {
		return nil, err
	}
	handle, failure := s.handle.Prepare(statement)
	if failure != nil {
		return nil, told(failure)
	}
	return &Prepared[R]{handle, handle.Columns(), m, o, true}, nil
}

// Close releases the compiled statement. Closing twice returns ErrClosed.
func (p *Prepared[R]) Close() error {
	if p == nil || !p.open {
		return failf("closed", "the prepared statement was closed already")
	}
	p.open = false
	p.handle.Drop()
	return nil
}

func (p *Prepared[R]) run(ctx context.Context, s *Session, arguments []any) (*result, error) {
	if p == nil || !p.open {
		return nil, failf("closed", "the prepared statement was closed; prepare it again")
	}
	if err := s.use(ctx); err != nil {
		return nil, err
	}
	values, err := valuesOf(arguments)
	if err != nil {
		return nil, err
	}
	o := p.options
	o.TimeoutMS = timeout(ctx)
	set, failure := s.handle.Run(p.handle, values, o)
	return newResult(ctx, set, failure, o.BatchRows, p.columns)
}

func valuesOf(list []any) ([]contract.Value, error) {
	values := make([]contract.Value, len(list))
	for i, v := range list {
		var err error
		if values[i], err = valueOf(v); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// All runs the statement and reads all rows.
func (p *Prepared[R]) All(ctx context.Context, s *Session, arguments ...any) ([]R, error) {
	r, err := p.run(ctx, s, arguments)
	if err != nil {
		return nil, err
	}
	return collect[R](ctx, r, p.model)
}

// One runs the statement and reads its only row.
func (p *Prepared[R]) One(ctx context.Context, s *Session, arguments ...any) (R, error) {
	rows, err := p.All(ctx, s, arguments...)
	return only(rows, err)
}

// Exec runs the statement and reads no rows.
func (p *Prepared[R]) Exec(ctx context.Context, s *Session, arguments ...any) (Result, error) {
	r, err := p.run(ctx, s, arguments)
	if err != nil {
		return Result{}, err
	}
	r.close()
	return Result{int64(r.affected), r.lastKey}, nil
}
