package main

import (
	"context"
	"database/sql"
	"errors"
)

// queries is of the form that sqlc generates: it runs on a pool, and on a transaction.
type queries struct {
	db interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
		PrepareContext(context.Context, string) (*sql.Stmt, error)
		QueryContext(context.Context, string, ...any) (*sql.Rows, error)
		QueryRowContext(context.Context, string, ...any) *sql.Row
	}
	dialect string
}

func (q *queries) withTx(tx *sql.Tx) *queries { return &queries{tx, q.dialect} }

type createAuthorParams struct {
	Name string
	Bio  sql.NullString
}

func (q *queries) createAuthor(ctx context.Context, arg createAuthorParams) (id int64, err error) {
	row := q.db.QueryRowContext(ctx, placed("INSERT INTO authors (name, bio) VALUES (?, ?) RETURNING id", q.dialect), arg.Name, arg.Bio)
	err = row.Scan(&id)
	return id, err
}

func (q *queries) listAuthors(ctx context.Context) ([]createAuthorParams, error) {
	rows, err := q.db.QueryContext(ctx, "SELECT name, bio FROM authors ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var items []createAuthorParams
	for rows.Next() {
		var i createAuthorParams
		if err := rows.Scan(&i.Name, &i.Bio); err != nil {
			return nil, err
		}
		items = append(items, i)
	}
	return items, errors.Join(rows.Close(), rows.Err())
}

func runSQLC(ctx context.Context, db *sql.DB, dialect string) error {
	q := &queries{db, dialect}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	ann := createAuthorParams{Name: "ann", Bio: sql.NullString{String: "writes", Valid: true}}
	_, first := q.withTx(tx).createAuthor(ctx, ann)
	err = errors.Join(first, tx.Commit())
	id, second := q.createAuthor(ctx, createAuthorParams{Name: "bob"})
	_, again := q.createAuthor(ctx, ann)
	list, listed := q.listAuthors(ctx)
	return errors.Join(err, second, unique(again), listed, same(id > 0, true), same(list, []createAuthorParams{ann, {Name: "bob"}}))
}
