package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/Masterminds/squirrel"
)

func runSquirrel(ctx context.Context, db *sql.DB, dialect string) error {
	cache := squirrel.NewStmtCache(db)
	sq := squirrel.StatementBuilder.RunWith(cache)
	if dialect == "postgresql" {
		sq = sq.PlaceholderFormat(squirrel.Dollar)
	}
	if _, err := sq.Insert("authors").Columns("name", "bio").Values("ann", nil).Values("bob", "b").ExecContext(ctx); err != nil {
		return err
	}
	var id int64
	query := sq.Select("id").From("authors").Where(squirrel.Eq{"name": []string{"bob"}}).Where("bio IS NOT NULL")
	if err := query.QueryRowContext(ctx).Scan(&id); err != nil {
		return err
	}
	_, err := sq.Insert("books").Columns("author_id", "title", "pages").Values(id, "one", squirrel.Expr("? + ?", 1, 2)).ExecContext(ctx)
	if err != nil {
		return err
	}
	var pages int
	joined := sq.Select("sum(b.pages)").From("authors a").LeftJoin("books b ON b.author_id = a.id").GroupBy("a.id").
		Having(squirrel.Gt{"count(b.id)": 0}).OrderBy("a.id").Limit(1)
	changed, err := sq.Update("books").Set("pages", squirrel.Expr("pages * ?", 2)).Where(squirrel.And{squirrel.Gt{"pages": 1}, squirrel.Like{"title": "o%"}}).ExecContext(ctx)
	if err != nil {
		return err
	}
	n, err := changed.RowsAffected()
	err = errors.Join(err, joined.QueryRowContext(ctx).Scan(&pages), same(n, int64(1)), same(pages, 6))
	_, deleted := sq.Delete("authors").Where(squirrel.NotEq{"name": "ann"}).ExecContext(ctx)
	_, again := sq.Insert("authors").Columns("name").Values("ann").ExecContext(ctx)
	return errors.Join(err, deleted, unique(again), cache.Clear())
}
