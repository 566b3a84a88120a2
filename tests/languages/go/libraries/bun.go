package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
)

type bunAuthor struct {
	bun.BaseModel `bun:"table:authors,alias:a"`

	ID    int64      `bun:",pk,autoincrement"`
	Name  string     `bun:",notnull"`
	Bio   *string    `bun:","`
	Books []*bunBook `bun:"rel:has-many,join:id=author_id"`
}

type bunBook struct {
	bun.BaseModel `bun:"table:books,alias:b"`

	ID       int64 `bun:",pk,autoincrement"`
	AuthorID int64
	Title    string
	Pages    int64
}

func runBun(ctx context.Context, pool *sql.DB, dialect string) error {
	dialects := map[string]func() schema.Dialect{
		"postgresql": func() schema.Dialect { return pgdialect.New() },
		"mariadb":    func() schema.Dialect { return mysqldialect.New() },
		"sqlite":     func() schema.Dialect { return sqlitedialect.New() },
	}
	db := bun.NewDB(pool, dialects[dialect]())
	ann, bob := &bunAuthor{Name: "ann"}, &bunAuthor{Name: "bob"}
	for _, author := range []*bunAuthor{ann, bob} {
		if _, err := db.NewInsert().Model(author).Exec(ctx); err != nil {
			return err
		}
	}
	books := []*bunBook{{AuthorID: ann.ID, Title: "one", Pages: 1}, {AuthorID: ann.ID, Title: "two", Pages: 2}}
	if _, err := db.NewInsert().Model(&books).Exec(ctx); err != nil {
		return err
	}
	var all []bunAuthor
	err := db.NewSelect().Model(&all).Relation("Books").Order("a.name").Scan(ctx)
	if err != nil {
		return err
	}
	err = errors.Join(same(ann.ID > 0 && bob.ID > ann.ID, true), same(len(all), 2), same(len(all[0].Books), 2), same(len(all[1].Books), 0))
	_, updated := db.NewUpdate().Model(bob).Set("bio = ?", "it's").WherePK().Exec(ctx)
	_, again := db.NewInsert().Model(&bunAuthor{Name: "ann"}).Exec(ctx)
	count, counted := db.NewSelect().Model((*bunAuthor)(nil)).Where("bio = ?", "it's").Count(ctx)
	return errors.Join(err, updated, unique(again), counted, same(int(count), 1), bunNested(ctx, db))
}

// bunNested undoes an inner transaction, which is a savepoint, and keeps the outer one.
func bunNested(ctx context.Context, db *bun.DB) error {
	err := db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		_, kept := tx.NewInsert().Model(&bunAuthor{Name: "cid"}).Exec(ctx)
		inner := tx.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewInsert().Model(&bunAuthor{Name: "dan"}).Exec(ctx)
			return errors.Join(err, undone)
		})
		return errors.Join(kept, expectUndone(inner))
	})
	count, counted := db.NewSelect().Model((*bunAuthor)(nil)).Where("name IN (?)", bun.List([]string{"cid", "dan"})).Count(ctx)
	return errors.Join(err, counted, same(int(count), 1))
}
