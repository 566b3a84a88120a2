package main

import (
	"context"
	"database/sql"
	"errors"

	entdialect "entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// runEnt uses what ent's generated code calls: its driver and its builder.
func runEnt(ctx context.Context, pool *sql.DB, dialect string) error {
	name := map[string]string{"postgresql": entdialect.Postgres, "mariadb": entdialect.MySQL, "sqlite": entdialect.SQLite}[dialect]
	driver := entsql.OpenDB(name, pool)
	b := entsql.Dialect(name)
	query, arguments := b.Insert("authors").Columns("name", "bio").Values("ann", nil).Values("bob", "b").Query()
	var did entsql.Result
	if err := driver.Exec(ctx, query, arguments, &did); err != nil {
		return err
	}
	n, err := did.RowsAffected()
	names, read := entNames(ctx, driver, b.Select("name").From(entsql.Table("authors")).Where(entsql.HasPrefix("name", "a")).OrderBy("name"))
	err = errors.Join(err, read, same(n, int64(2)), same(names, []string{"ann"}))

	tx, began := driver.Tx(ctx)
	if began != nil {
		return errors.Join(err, began)
	}
	query, arguments = b.Update("authors").Set("bio", "new").Where(entsql.And(entsql.EQ("name", "ann"), entsql.IsNull("bio"))).Query()
	err = errors.Join(err, tx.Exec(ctx, query, arguments, &did), tx.Commit())
	changed, read := entNames(ctx, driver, b.Select("bio").From(entsql.Table("authors")).Where(entsql.In("name", "ann", "bob")).OrderBy(entsql.Desc("bio")).Limit(1))
	return errors.Join(err, read, same(changed, []string{"new"}))
}

func entNames(ctx context.Context, driver *entsql.Driver, s *entsql.Selector) (names []string, err error) {
	query, arguments := s.Query()
	var rows entsql.Rows
	if err := driver.Query(ctx, query, arguments, &rows); err != nil {
		return nil, err
	}
	defer rows.Close()
	err = entsql.ScanSlice(rows, &names)
	return names, err
}
