package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jmoiron/sqlx"
)

func runSQLX(ctx context.Context, pool *sql.DB, dialect string) error {
	db := sqlx.NewDb(pool, map[string]string{"postgresql": "postgres", "mariadb": "mysql", "sqlite": "sqlite3"}[dialect])
	return errors.Join(sqlxWrites(ctx, db), sqlxReads(ctx, db), sqlxTransaction(ctx, db))
}

func sqlxWrites(ctx context.Context, db *sqlx.DB) error {
	bio := "writes"
	// One row by names, and many.
	if _, err := db.NamedExecContext(ctx, "INSERT INTO authors (name, bio) VALUES (:name, :bio)", Author{Name: "ann", Bio: &bio}); err != nil {
		return err
	}
	many := []map[string]any{{"name": "bob"}, {"name": "cid"}}
	if _, err := db.NamedExecContext(ctx, "INSERT INTO authors (name) VALUES (:name)", many); err != nil {
		return err
	}
	_, err := db.NamedExecContext(ctx, "INSERT INTO authors (name) VALUES (:name)", many[:1])
	return unique(err)
}

func sqlxReads(ctx context.Context, db *sqlx.DB) error {
	var all []Author
	var one Author
	var names []string
	query, arguments, err := sqlx.In("SELECT name FROM authors WHERE name IN (?) ORDER BY name", []string{"ann", "bob", "zoe"})
	err = errors.Join(err, db.SelectContext(ctx, &all, "SELECT * FROM authors ORDER BY name"),
		db.GetContext(ctx, &one, db.Rebind("SELECT * FROM authors WHERE name = ?"), "ann"),
		db.SelectContext(ctx, &names, db.Rebind(query), arguments...))
	if err != nil {
		return err
	}
	missing := db.GetContext(ctx, &one, db.Rebind("SELECT * FROM authors WHERE name = ?"), "zoe")
	rows, err := db.QueryxContext(ctx, "SELECT name, bio FROM authors ORDER BY name")
	if err != nil {
		return err
	}
	defer rows.Close()
	var maps []map[string]any
	for rows.Next() {
		row := map[string]any{}
		if err := rows.MapScan(row); err != nil {
			return err
		}
		maps = append(maps, row)
	}
	return errors.Join(rows.Err(), same(len(all), 3), same(*one.Bio, "writes"), same(names, []string{"ann", "bob"}),
		same(errors.Is(missing, sql.ErrNoRows), true), same(maps[1], map[string]any{"name": "bob", "bio": nil}))
}

func sqlxTransaction(ctx context.Context, db *sqlx.DB) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	statement, err := tx.PrepareNamedContext(ctx, "SELECT id FROM authors WHERE name = :name")
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	var id int64
	err = errors.Join(statement.GetContext(ctx, &id, map[string]any{"name": "ann"}), statement.Close())
	_, inserted := tx.ExecContext(ctx, tx.Rebind("INSERT INTO books (author_id, title, pages) VALUES (?, ?, ?)"), id, "one", 10)
	var count int
	err = errors.Join(err, inserted, tx.GetContext(ctx, &count, "SELECT count(*) FROM books"), same(count, 1), tx.Rollback())
	return errors.Join(err, db.GetContext(ctx, &count, "SELECT count(*) FROM books"), same(count, 0))
}
