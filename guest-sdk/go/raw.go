package sqlservice

import (
	"context"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// RawQuery runs one statement of SQL text and reads its rows as a Query reads R. Arguments are bind values; their placeholders in
// the text are those of the database: ?, or $1 on PostgreSQL. A program that calls it needs the grant for raw SQL.
func RawQuery[R any](ctx context.Context, s *Session, sql string, arguments ...any) ([]R, error) {
	r, err := s.raw(ctx, sql, arguments)
	if err != nil {
		return nil, err
	}
	return collect[R](ctx, r, nil)
}

// RawExec runs one statement of SQL text and reads no rows. A program that calls it needs the grant for raw SQL.
func RawExec(ctx context.Context, s *Session, sql string, arguments ...any) (Result, error) {
	r, err := s.raw(ctx, sql, arguments)
	if err != nil {
		return Result{}, err
	}
	r.close()
	return Result{int64(r.affected), r.lastKey}, nil
}

func (s *Session) raw(ctx context.Context, sql string, arguments []any) (*result, error) {
	if err := s.use(ctx); err != nil {
		return nil, err
	}
	values, err := valuesOf(arguments)
	if err != nil {
		return nil, err
	}
	set, failure := contract.RawExecute(s.handle, sql, values, contract.Options{TimeoutMS: timeout(ctx)})
	return newResult(ctx, set, failure, nil, nil)
}
