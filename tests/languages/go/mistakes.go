package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	sql "github.com/sqlservice/sqlservice/guest-sdk/go"
)

// mistake is something that a program does by mistake, and the code of the error that it has to get: several with | between,
// "ok" for none.
type mistake struct {
	name, want string
	do         func(t *trial) error
}

// trial is where mistakes are made: each has a session in a transaction of its own.
type trial struct {
	ctx context.Context
	db  *sql.Database
	s   *sql.Session
}

// Mistakes makes all mistakes that this guest knows, and returns a line for each that ended otherwise than it has to, and how
// many there were at the end. One that traps ends the call.
//
//sqlservice:export
func Mistakes(ctx context.Context) ([]string, error) {
	db, err := sql.Open(ctx, "default")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if _, err := db.DropAll(ctx); err != nil {
		return nil, err
	}
	if _, err := db.CreateAll(ctx); err != nil {
		return nil, err
	}
	var wrong []string
	count := 0
	for _, list := range [][]mistake{valueMistakes, handleMistakes, objectMistakes, transactionMistakes} {
		for _, m := range list {
			count++
			got, err := m.try(ctx, db)
			if !strings.Contains("|"+m.want+"|", "|"+got+"|") {
				wrong = append(wrong, fmt.Sprintf("%s: %s instead of %s (%v)", m.name, got, m.want, err))
			}
		}
	}
	rows, err := countKept(ctx, db)
	if err != nil || rows != 0 {
		wrong = append(wrong, fmt.Sprintf("%d rows were kept of transactions that failed (%v)", rows, err))
	}
	return append(wrong, fmt.Sprintf("%d mistakes", count)), nil
}

// try makes the mistake, and says which code it got.
func (m mistake) try(ctx context.Context, db *sql.Database) (code string, err error) {
	s, err := db.Begin(ctx)
	if err != nil {
		return "no session", err
	}
	defer func() {
		if p := recover(); p != nil {
			code, err = "panic", fmt.Errorf("%v", p)
		}
		_ = s.Close()
	}()
	err = m.do(&trial{ctx, db, s})
	var failed *sql.Error
	switch {
	case err == nil:
		return "ok", nil
	case errors.As(err, &failed):
		return failed.Code, err
	}
	return "another error", err
}

// countKept is how many rows there are of all that is not committed.
func countKept(ctx context.Context, db *sql.Database) (int64, error) {
	s, err := db.Session(ctx)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	return sql.From(Kinds).Count(ctx, s)
}

func (t *trial) insert(column string, value any) error {
	_, err := t.s.Exec(t.ctx, sql.Insert(Kinds).Values(Kinds.ID.Set(1), sql.NewColumn[any]("", column).Set(value)))
	return err
}

func inserts(column string, value any) func(*trial) error {
	return func(t *trial) error { return t.insert(column, value) }
}

// readAs reads a value of the database as another type.
func readAs[R any](column string, value any) func(*trial) error {
	return func(t *trial) error {
		if err := t.insert(column, value); err != nil {
			return err
		}
		_, err := sql.Select[R](sql.NewColumn[any]("", column)).From(Kinds).One(t.ctx, t.s)
		return err
	}
}

var valueMistakes = []mistake{
	{"a text in an integer", "type-mismatch", inserts("i32", "five")},
	{"an integer in a text", "type-mismatch", inserts("t", 5)},
	{"an integer out of range", "type-mismatch", inserts("i16", 40_000)},
	{"an unsigned integer out of range", "type-mismatch", inserts("i64", uint64(math.MaxUint64))},
	{"a channel", "type-mismatch", inserts("t", make(chan int))},
	{"a map", "type-mismatch", inserts("j", map[string]int{"a": 1})},
	{"a pointer to a pointer to nothing", "ok", inserts("t", new(*string))},
	{"a text that is not UTF-8", "type-mismatch", inserts("t", "\xff\xfe")},
	{"a text with a zero", "ok|data", inserts("t", "a\x00b")},
	{"no number", "ok|data", inserts("f64", math.NaN())},
	{"infinity", "ok|data", inserts("f64", math.Inf(-1))},
	{"a decimal that is none", "data|type-mismatch|invalid", inserts("dec", sql.Decimal("1e5"))},
	{"JSON that is none", "data|type-mismatch|invalid", inserts("j", sql.JSON("{"))},
	{"a date out of range", "ok|data|type-mismatch|invalid", inserts("d", sql.Date(math.MaxInt32))},
	{"a moment out of range", "type-mismatch", inserts("tz", time.Unix(1<<60, 0))},
	{"a time of day out of range", "ok|data|type-mismatch|invalid", inserts("ti", sql.TimeOfDay(math.MaxInt64))},
	{"a text longer than the host takes", "limit|data|operational|type-mismatch", inserts("t", strings.Repeat("x", 70<<20))},
	{"a text in a short column", "type-mismatch", inserts("v", strings.Repeat("x", 21))},
	{"a null read as an integer", "type-mismatch", readAs[int64]("i64", nil)},
	{"a text read as an integer", "type-mismatch", readAs[int64]("t", "x")},
	{"an integer read as a smaller one", "type-mismatch", readAs[int8]("i64", 300)},
	{"a negative read as unsigned", "type-mismatch", readAs[uint8]("i64", -1)},
	{"a value read as a channel", "type-mismatch", readAs[chan int]("i64", 1)},
	{"a row read as a struct without the column", "no-such-column", readAs[struct{ Other int }]("i64", 1)},
	{"a table that is none", "no-such-table", func(t *trial) error {
		_, err := sql.Select[int](sql.Count()).From(sql.TableNamed("ki\xffnds")).One(t.ctx, t.s)
		return tolerate(err, "type-mismatch", "no-such-table")
	}},
	{"a column that is none", "no-such-column", readAs[int64]("nick", 1)},
	{"an expression that is missing", "invalid", func(t *trial) error {
		_, err := sql.From(Kinds).Where(sql.Eq(nil, Kinds.ID)).All(t.ctx, t.s)
		return err
	}},
	{"a condition that is zero", "invalid", func(t *trial) error {
		_, err := sql.From(Kinds).Where(sql.Condition{}).All(t.ctx, t.s)
		return err
	}},
	{"a source that is missing", "invalid", func(t *trial) error {
		_, err := sql.Select[int](sql.Count()).From(sql.SubqueryAs(nil, "x")).One(t.ctx, t.s)
		return err
	}},
	{"a query of nothing", "invalid", func(t *trial) error {
		_, err := sql.Select[int]().All(t.ctx, t.s)
		return err
	}},
	{"a negative limit", "ok|invalid|data", func(t *trial) error {
		_, err := sql.From(Kinds).Limit(-1).All(t.ctx, t.s)
		return err
	}},
	{"a list of nothing", "ok", func(t *trial) error {
		_, err := sql.From(Kinds).Where(Kinds.ID.In()).All(t.ctx, t.s)
		return err
	}},
	{"a hundred thousand conditions", "limit|ok", func(t *trial) error {
		var all []sql.Condition
		for i := range int64(100_000) {
			all = append(all, Kinds.ID.Eq(i))
		}
		_, err := sql.From(Kinds).Where(sql.Or(all...)).All(t.ctx, t.s)
		return err
	}},
	{"conditions in each other", "limit", func(t *trial) error {
		c := Kinds.ID.Eq(1)
		for range 10_000 {
			c = sql.Not(c)
		}
		_, err := sql.From(Kinds).Where(c).All(t.ctx, t.s)
		return err
	}},
}

// tolerate makes one of these codes the wanted one.
func tolerate(err error, code, wanted string) error {
	var failed *sql.Error
	if errors.As(err, &failed) && failed.Code == code {
		return &sql.Error{Code: wanted, Message: failed.Message}
	}
	return err
}
