package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	sql "github.com/sqlservice/sqlservice/guest-sdk/go"
)

func saves(object any) func(*trial) error {
	return func(t *trial) error { return t.s.Save(t.ctx, object) }
}

var objectMistakes = []mistake{
	{"nothing to save", "invalid", saves(nil)},
	{"a nil pointer to save", "invalid", saves((*User)(nil))},
	{"a struct instead of a pointer", "invalid", saves(User{})},
	{"a number to save", "invalid", saves(5)},
	{"a struct that is no model", "invalid", saves(&struct{ A int }{})},
	{"nil among the related", "ok", saves(&User{Name: "ann", Devices: []*Device{nil, {Name: "tv"}, nil}})},
	{"an object twice", "ok", func(t *trial) error { u := &User{Name: "ann"}; return t.s.Save(t.ctx, u, u) }},
	{"a circle of objects", "ok", func(t *trial) error {
		u := &User{Name: "ann"}
		u.Devices = []*Device{{Name: "tv", User: u}}
		return t.s.Save(t.ctx, u)
	}},
	{"a row that is not there", "stale-data", saves(&User{ID: 987654, Name: "ann"})},
	{"a delete of what was never saved", "ok|stale-data|invalid", func(t *trial) error { return t.s.Delete(t.ctx, &User{Name: "ann"}) }},
	{"a delete of nothing", "invalid", func(t *trial) error { return t.s.Delete(t.ctx, (*User)(nil)) }},
	{"nothing to insert", "ok", func(t *trial) error { return sql.InsertMany(t.ctx, t.s, Kinds, nil) }},
	{"columns of different lengths", "invalid", func(t *trial) error {
		_, _, err := sql.InsertColumns[int](t.ctx, t.s, "kinds", []string{"id", "t"}, [][]any{{1, 2}, {"a"}})
		return err
	}},
	{"more columns than names", "invalid", func(t *trial) error {
		_, _, err := sql.InsertColumns[int](t.ctx, t.s, "kinds", []string{"id"}, [][]any{{1}, {"a"}})
		return err
	}},
	{"no columns", "ok", func(t *trial) error {
		_, _, err := sql.InsertColumns[int](t.ctx, t.s, "kinds", nil, nil)
		return err
	}},
	{"a column of nulls", "not-null-violation|type-mismatch|invalid", func(t *trial) error {
		_, _, err := sql.InsertColumns[int](t.ctx, t.s, "kinds", []string{"id"}, [][]any{{nil, nil}})
		return err
	}},
	{"a relation that is none", "invalid", func(t *trial) error {
		_, err := sql.From(Users).Preload(sql.NewRelation[User, Device]("friends")).All(t.ctx, t.s)
		return err
	}},
	{"a key of another type", "type-mismatch", func(t *trial) error { _, err := sql.Get(t.ctx, t.s, Users, "ann"); return err }},
	{"a key that is null", "type-mismatch", func(t *trial) error { _, err := sql.Get(t.ctx, t.s, Users, nil); return err }},
	{"a row that has to be there", "no-result", func(t *trial) error { _, err := sql.Get(t.ctx, t.s, Users, 987654); return err }},
	{"a moment out of range in a struct", "type-mismatch", func(t *trial) error {
		late := time.Unix(1<<60, 0)
		return sql.InsertMany(t.ctx, t.s, Kinds, []Kind{{ID: 1, Tz: &late}})
	}},
	{"a name that is taken", "unique-violation", func(t *trial) error {
		return t.s.Save(t.ctx, &User{Name: "ann"}, &User{Name: "ann"})
	}},
	{"a statement after a failure", "pending-rollback|ok", func(t *trial) error {
		if err := t.s.Save(t.ctx, &User{Name: "ann"}, &User{Name: "ann"}); err == nil {
			return fmt.Errorf("ann is there twice")
		}
		return read(t)
	}},
}

// late waits until the transaction's time is over.
func late() { time.Sleep(150 * time.Millisecond) }

const short = 40 * time.Millisecond

var transactionMistakes = []mistake{
	{"a commit after the transaction's time", "transaction-closed", func(t *trial) error {
		s, err := t.db.Begin(t.ctx, sql.TxTimeout(short))
		if err != nil {
			return err
		}
		defer s.Close()
		t.s = s
		if err := fill(t, 1); err != nil {
			return err
		}
		late()
		return s.Commit(t.ctx)
	}},
	{"a transaction whose work takes longer than its time", "transaction-closed", func(t *trial) error {
		return t.db.Transaction(t.ctx, func(s *sql.Session) error {
			t.s = s
			err := fill(t, 1)
			late()
			return err
		}, sql.TxTimeout(short))
	}},
	{"a commit of a transaction that was begun by hand, after its time", "transaction-closed", func(t *trial) error {
		s, err := t.db.Connect(t.ctx)
		if err != nil {
			return err
		}
		defer s.Close()
		if err := s.Begin(t.ctx, sql.TxTimeout(short)); err != nil {
			return err
		}
		t.s = s
		if err := fill(t, 1); err != nil {
			return err
		}
		late()
		return s.Commit(t.ctx)
	}},
	{"a savepoint in a transaction whose time is over", "transaction-closed", func(t *trial) error {
		return t.db.Transaction(t.ctx, func(s *sql.Session) error {
			t.s = s
			return s.Nested(t.ctx, func() error {
				err := fill(t, 1)
				late()
				return err
			})
		}, sql.TxTimeout(short))
	}},
	{"work that commits by itself", "ok", func(t *trial) error {
		return t.db.Transaction(t.ctx, func(s *sql.Session) error { return s.Commit(t.ctx) })
	}},
	{"a panic in a transaction", "panic", func(t *trial) error {
		return t.db.Transaction(t.ctx, func(s *sql.Session) error {
			t.s = s
			if err := fill(t, 1); err != nil {
				return err
			}
			panic("in the middle")
		})
	}},
	{"a panic in a savepoint, and its transaction goes on", "ok", func(t *trial) error {
		err := func() (err error) {
			defer func() { err = fmt.Errorf("%v", recover()) }()
			return t.s.Nested(t.ctx, func() error {
				if err := fill(t, 1); err != nil {
					return err
				}
				panic("in the middle")
			})
		}()
		if err.Error() != "in the middle" {
			return err
		}
		rows, err := sql.From(Kinds).Count(t.ctx, t.s)
		if rows != 0 {
			return errors.Join(err, fmt.Errorf("%d rows are left", rows))
		}
		return err
	}},
	{"a transaction after all of these", "ok", func(t *trial) error {
		return t.db.Transaction(t.ctx, func(s *sql.Session) error { t.s = s; return read(t) })
	}},
}

// Idle leaves transactions open for longer than the host lets them be: its limit is shorter than pause milliseconds. It returns
// the code of each way to end them, which is never "ok".
//
//sqlservice:export
func Idle(ctx context.Context, pause int64) ([]string, error) {
	db, err := sql.Open(ctx, "default")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if _, err := db.CreateAll(ctx); err != nil {
		return nil, err
	}
	sleep := func() { time.Sleep(time.Duration(pause) * time.Millisecond) }
	work := func(s *sql.Session) error {
		err := fill(&trial{ctx, db, s}, 1)
		sleep()
		return err
	}
	inSession := func(open func(context.Context) (*sql.Session, error)) func(*trial) error {
		return func(*trial) error {
			s, err := open(ctx)
			if err != nil {
				return err
			}
			defer s.Close()
			if err := work(s); err != nil {
				return err
			}
			return s.Commit(ctx)
		}
	}
	ways := []mistake{
		{name: "Transaction", do: func(*trial) error { return db.Transaction(ctx, work) }},
		{name: "Session and Commit", do: inSession(db.Session)},
		{name: "Connect and Commit", do: inSession(db.Connect)},
		{name: "Begin and Commit", do: inSession(func(ctx context.Context) (*sql.Session, error) { return db.Begin(ctx) })},
		{name: "Nested", do: inSession(func(ctx context.Context) (*sql.Session, error) {
			s, err := db.Session(ctx)
			if err == nil {
				err = s.Nested(ctx, func() error { return work(s) })
			}
			return s, err
		})},
	}
	var codes []string
	for _, way := range ways {
		code, _ := way.try(ctx, db)
		codes = append(codes, way.name+": "+code)
	}
	rows, err := countKept(ctx, db)
	return append(codes, fmt.Sprintf("%d rows", rows)), err
}
