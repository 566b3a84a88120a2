// Package work is the work of the benchmark by database/sql, which is the same in the sandbox and outside of it.
package work

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// Rows that are there, single rows that are read, and users that are saved with two devices each.
const (
	Rows   = 10_000
	Points = 1_000
	Owners = 1_000
	chunk  = 1_000
)

// DB is a database, and the word for its kind: sqlite, postgresql or mariadb.
type DB struct {
	*sql.DB
	Kind string
}

// Works is what can be measured, by name.
func (db DB) Works() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"point": db.point, "built": db.built, "read": db.read, "insert": db.insert, "flush": db.flush, "alone": db.alone,
	}
}

// Measure does a work so many times, takes away what it wrote, and returns the nanoseconds of each time.
func Measure(ctx context.Context, rounds int, do, clean func(context.Context) error) ([]int64, error) {
	times := make([]int64, rounds)
	for i := range times {
		start := time.Now()
		if err := do(ctx); err != nil {
			return nil, err
		}
		times[i] = time.Since(start).Nanoseconds()
		if err := clean(ctx); err != nil {
			return nil, err
		}
	}
	return times, nil
}

// Name, Email, Score, Active and Created are what the user number i has.
func Name(i int) string { return fmt.Sprintf("user-%08d-abcdefgh", i) }

// Email is null for every seventh.
func Email(i int) *string {
	if i%7 == 0 {
		return nil
	}
	email := fmt.Sprintf("user-%08d@example.org-0123456789", i)
	return &email
}

// Score is a number.
func Score(i int) float64 { return float64(i) * 0.5 }

// Active is a truth value.
func Active(i int) bool { return i%2 == 0 }

// Created is microseconds.
func Created(i int) int64 { return 1_700_000_000_000_000 + int64(i) }

// Device is the name of one of a user's two devices.
func Device(i, k int) string { return fmt.Sprintf("dev-%08d-%d", i, k) }

// Key is the key that is asked for in turn k.
func Key(k int) int64 { return int64(k)*7_919%Rows + 1 }

type user struct {
	id      int64
	name    string
	email   *string
	score   float64
	active  bool
	created int64
}

const selectUsers = "SELECT id, name, email, score, active, created FROM users"

func (u *user) scan(row interface{ Scan(...any) error }) error {
	return row.Scan(&u.id, &u.name, &u.email, &u.score, &u.active, &u.created)
}

// mark is the placeholder of a parameter, counted from 1.
func (db DB) mark(position int) string {
	if db.Kind == "postgresql" {
		return fmt.Sprint("$", position)
	}
	return "?"
}

func (db DB) byID() string { return selectUsers + " WHERE id = " + db.mark(1) }

func (db DB) point(ctx context.Context) error {
	byID, err := db.PrepareContext(ctx, db.byID())
	if err != nil {
		return err
	}
	defer byID.Close()
	for k := range Points {
		var u user
		if err := u.scan(byID.QueryRowContext(ctx, Key(k))); err != nil {
			return err
		}
	}
	return nil
}

func (db DB) built(ctx context.Context) error {
	for k := range Points {
		var u user
		if err := u.scan(db.QueryRowContext(ctx, db.byID(), Key(k))); err != nil {
			return err
		}
	}
	return nil
}

func (db DB) read(ctx context.Context) error {
	found, err := db.QueryContext(ctx, selectUsers)
	if err != nil {
		return err
	}
	defer found.Close()
	list := make([]user, 0, Rows)
	for found.Next() {
		var u user
		if err := u.scan(found); err != nil {
			return err
		}
		list = append(list, u)
	}
	if len(list) != Rows {
		return fmt.Errorf("%d rows were read", len(list))
	}
	return found.Err()
}

func (db DB) insert(ctx context.Context) error {
	return db.inTransaction(ctx, func(tx *sql.Tx) error {
		_, err := db.insertUsers(ctx, tx, Rows, false)
		return err
	})
}

func (db DB) flush(ctx context.Context) error {
	return db.inTransaction(ctx, func(tx *sql.Tx) error {
		keys, err := db.insertUsers(ctx, tx, Owners, true)
		if err != nil {
			return err
		}
		return db.insertMany(ctx, tx, "devices (user_id, name)", "", 2, 2*Owners, nil, func(i int) []any {
			return []any{keys[i/2], Device(Rows+i/2, i%2)}
		})
	})
}

func (db DB) inTransaction(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// insertUsers inserts users and returns their keys, where they are asked for.
func (db DB) insertUsers(ctx context.Context, tx *sql.Tx, count int, returning bool) (keys []int64, err error) {
	behind, take := "", (*[]int64)(nil)
	if returning {
		behind, take = " RETURNING id", &keys
	}
	err = db.insertMany(ctx, tx, "users (name, email, score, active, created)", behind, 5, count, take, func(i int) []any {
		i += Rows
		return []any{Name(i), Email(i), Score(i), Active(i), Created(i)}
	})
	return keys, err
}

// insertMany inserts rows in statements of many.
func (db DB) insertMany(ctx context.Context, tx *sql.Tx, into, behind string, width, count int, keys *[]int64, row func(i int) []any) error {
	statement, err := tx.PrepareContext(ctx, "INSERT INTO "+into+" VALUES "+db.values(chunk, width)+behind)
	if err != nil {
		return err
	}
	defer statement.Close()
	for start := 0; start < count; start += chunk {
		arguments := make([]any, 0, chunk*width)
		for i := range chunk {
			arguments = append(arguments, row(start+i)...)
		}
		if keys == nil {
			_, err = statement.ExecContext(ctx, arguments...)
		} else {
			err = readKeys(ctx, statement, arguments, keys)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func readKeys(ctx context.Context, statement *sql.Stmt, arguments []any, keys *[]int64) error {
	made, err := statement.QueryContext(ctx, arguments...)
	if err != nil {
		return err
	}
	defer made.Close()
	for made.Next() {
		var key int64
		if err := made.Scan(&key); err != nil {
			return err
		}
		*keys = append(*keys, key)
	}
	return made.Err()
}

// values is so many rows of placeholders.
func (db DB) values(count, width int) string {
	var text strings.Builder
	for i := range count * width {
		switch {
		case i == 0:
			text.WriteString("(")
		case i%width == 0:
			text.WriteString("),(")
		default:
			text.WriteString(",")
		}
		text.WriteString(db.mark(i + 1))
	}
	return text.String() + ")"
}

// Clean takes away what a work wrote.
func (db DB) Clean(ctx context.Context) error {
	for _, statement := range []string{"DELETE FROM devices", fmt.Sprint("DELETE FROM users WHERE created >= ", Created(Rows))} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
