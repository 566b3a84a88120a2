// Libraries that people use with database/sql, unchanged, over the SDK's driver.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
	_ "github.com/sqlservice/sqlservice/guest-sdk/go/sqldriver"
)

// Author is a row of the table authors.
//
//sqlservice:model authors
type Author struct {
	ID   int64   `db:"id,primarykey,generated"`
	Name string  `db:"name,size=64,unique"`
	Bio  *string `db:"bio,size=200"`
}

// Book is a row of the table books.
//
//sqlservice:model books
type Book struct {
	ID       int64  `db:"id,primarykey,generated"`
	AuthorID int64  `db:"author_id,references=authors.id,ondelete=cascade"`
	Title    string `db:"title,size=64"`
	Pages    int64  `db:"pages"`
}

// program is what one does with a library.
type program struct {
	name string
	run  func(ctx context.Context, db *sql.DB, dialect string) error
}

// Libraries runs all programs. It returns a line for each that failed, and how many there were at the end. It needs the grant for raw
// SQL.
//
//sqlservice:export
func Libraries(ctx context.Context) ([]string, error) {
	granted, err := sqlservice.Open(ctx, "default")
	if err != nil {
		return nil, err
	}
	defer granted.Close()
	if _, err := granted.DropAll(ctx); err != nil {
		return nil, err
	}
	if _, err := granted.CreateAll(ctx); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlservice", "default")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var failed []string
	for _, p := range programs {
		if err := errors.Join(clean(ctx, db), p.run(ctx, db, granted.Dialect())); err != nil {
			failed = append(failed, p.name+": "+err.Error())
		}
		if n := db.Stats().InUse; n != 0 {
			failed = append(failed, fmt.Sprintf("%s: %d connections are not given back", p.name, n))
		}
	}
	return append(failed, fmt.Sprintf("%d programs", len(programs))), nil
}

func clean(ctx context.Context, db *sql.DB) error {
	_, books := db.ExecContext(ctx, "DELETE FROM books")
	_, authors := db.ExecContext(ctx, "DELETE FROM authors")
	return errors.Join(books, authors)
}

// same is an error where values differ.
func same(got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%v instead of %v", got, want)
	}
	return nil
}

// unique is an error where err is no broken unique constraint.
func unique(err error) error {
	var failed *sqlservice.Error
	if !errors.As(err, &failed) || failed.Code != "unique-violation" {
		return fmt.Errorf("%w instead of a broken constraint", err)
	}
	return nil
}

// undone is an error that a program rolls back by.
var undone = errors.New("undone")

func expectUndone(err error) error {
	if !errors.Is(err, undone) {
		return fmt.Errorf("%w instead of %w", err, undone)
	}
	return nil
}

// placed is a query with the database's placeholders.
func placed(query, dialect string) string {
	if dialect != "postgresql" {
		return query
	}
	for i := 1; strings.Contains(query, "?"); i++ {
		query = strings.Replace(query, "?", fmt.Sprint("$", i), 1)
	}
	return query
}

var programs = []program{
	{"sqlx", runSQLX}, {"squirrel", runSquirrel}, {"bun", runBun}, {"ent", runEnt}, {"sqlc", runSQLC},
}
