// The work of the benchmark in the sandbox: by the SDK's own calls and, with "sql " before the name, by database/sql.
package main

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"strings"

	"bench/work"

	sql "github.com/sqlservice/sqlservice/guest-sdk/go"
	_ "github.com/sqlservice/sqlservice/guest-sdk/go/sqldriver"
)

// User is a row of the benchmark's table.
//
//sqlservice:model users
type User struct {
	ID      int64   `db:"id,primarykey,generated"`
	Name    string  `db:"name,size=64"`
	Email   *string `db:"email,size=128"`
	Score   float64
	Active  bool
	Created int64
	Devices []*Device `rel:"devices"`
}

// Device is something of a user's.
//
//sqlservice:model devices
type Device struct {
	ID     int64  `db:"id,primarykey,generated"`
	UserID int64  `db:"user_id,references=users.id,index"`
	Name   string `db:"name,size=64"`
}

func user(i int) User {
	return User{Name: work.Name(i), Email: work.Email(i), Score: work.Score(i), Active: work.Active(i), Created: work.Created(i)}
}

func users(start int) []User {
	list := make([]User, work.Rows)
	for i := range list {
		list[i] = user(start + i)
	}
	return list
}

// Prepare makes the tables with their rows.
//
//sqlservice:export
func Prepare(ctx context.Context) error {
	db, err := sql.Open(ctx, "default")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.DropAll(ctx); err != nil {
		return err
	}
	if _, err := db.CreateAll(ctx); err != nil {
		return err
	}
	return db.Transaction(ctx, func(s *sql.Session) error { return sql.InsertMany(ctx, s, Users, users(0)) })
}

var works = map[string]func(context.Context) error{
	"open": open, "point": point, "built": built, "read": read, "insert": insert, "flush": flush,
}

// Measure does a work so many times and returns the nanoseconds of each.
//
//sqlservice:export
func Measure(ctx context.Context, name string, rounds uint32) ([]int64, error) {
	if name, ok := strings.CutPrefix(name, "sql "); ok {
		return measureSQL(ctx, name, int(rounds))
	}
	do, ok := works[name]
	if !ok {
		return nil, fmt.Errorf("there is no work %s", name)
	}
	return work.Measure(ctx, int(rounds), do, clean)
}

func measureSQL(ctx context.Context, name string, rounds int) ([]int64, error) {
	pool, err := stdsql.Open("sqlservice", "default")
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	granted, err := sql.Open(ctx, "default")
	if err != nil {
		return nil, err
	}
	defer granted.Close()
	db := work.DB{DB: pool, Kind: granted.Dialect()}
	do, ok := db.Works()[name]
	if !ok {
		return nil, fmt.Errorf("there is no work %s of database/sql", name)
	}
	return work.Measure(ctx, rounds, do, db.Clean)
}

// withSession does work in a session.
func withSession(ctx context.Context, do func(*sql.Session) error) error {
	db, err := sql.Open(ctx, "default")
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := db.Session(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return do(s)
}

func inTransaction(ctx context.Context, do func(*sql.Session) error) error {
	db, err := sql.Open(ctx, "default")
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Transaction(ctx, do)
}

// open opens a database and a session that asks nothing of it.
func open(ctx context.Context) error {
	return withSession(ctx, func(*sql.Session) error { return nil })
}

// point reads single users by a prepared statement.
func point(ctx context.Context) error {
	return withSession(ctx, func(s *sql.Session) error {
		byID, err := sql.From(Users).Where(sql.Eq(Users.ID, sql.Param[int64](0))).Prepare(ctx, s)
		if err != nil {
			return err
		}
		defer byID.Close()
		for k := range work.Points {
			if _, err := byID.One(ctx, s, work.Key(k)); err != nil {
				return err
			}
		}
		return nil
	})
}

// built reads single users by statements that are built each time.
func built(ctx context.Context) error {
	return withSession(ctx, func(s *sql.Session) error {
		for k := range work.Points {
			if _, err := sql.From(Users).Where(Users.ID.Eq(work.Key(k))).One(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

func read(ctx context.Context) error {
	return withSession(ctx, func(s *sql.Session) error {
		list, err := sql.From(Users).All(ctx, s)
		if err == nil && len(list) != work.Rows {
			err = fmt.Errorf("%d rows were read", len(list))
		}
		return err
	})
}

func insert(ctx context.Context) error {
	return inTransaction(ctx, func(s *sql.Session) error { return sql.InsertMany(ctx, s, Users, users(work.Rows)) })
}

// flush saves users with two devices each.
func flush(ctx context.Context) error {
	return inTransaction(ctx, func(s *sql.Session) error {
		objects := make([]any, work.Owners)
		for i := range objects {
			u := user(work.Rows + i)
			for k := range 2 {
				u.Devices = append(u.Devices, &Device{Name: work.Device(work.Rows+i, k)})
			}
			objects[i] = &u
		}
		return s.Save(ctx, objects...)
	})
}

// clean takes away what a work wrote.
func clean(ctx context.Context) error {
	return inTransaction(ctx, func(s *sql.Session) error {
		if _, err := s.Exec(ctx, sql.DeleteFrom(Devices)); err != nil {
			return err
		}
		_, err := s.Exec(ctx, sql.DeleteFrom(Users).Where(Users.Created.Ge(work.Created(work.Rows))))
		return err
	})
}
