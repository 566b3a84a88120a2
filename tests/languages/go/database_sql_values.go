package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

// celsius is a value that writes and reads itself.
type celsius struct{ degrees float64 }

func (c celsius) Value() (driver.Value, error) {
	if math.IsNaN(c.degrees) {
		return nil, ownError("no temperature")
	}
	return fmt.Sprintf("%.1f C", c.degrees), nil
}

func (c *celsius) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return ownError(fmt.Sprintf("a %T is no temperature", src))
	}
	_, err := fmt.Sscanf(text, "%f C", &c.degrees)
	return err
}

// ownError is an error of a program's own.
type ownError string

func (e ownError) Error() string { return string(e) }

// kind writes a row with one column of the table kinds and reads that column.
func (p promises) kind(column string, value any, dest ...any) error {
	if _, err := p.db.ExecContext(p.ctx, p.q("INSERT INTO kinds (id, ["+column+"]) VALUES (1, ?)"), value); err != nil {
		return err
	}
	defer p.db.ExecContext(p.ctx, "DELETE FROM kinds")
	for _, d := range dest {
		if err := p.db.QueryRowContext(p.ctx, p.q("SELECT ["+column+"] FROM kinds")).Scan(d); err != nil {
			return fmt.Errorf("%s into a %T: %w", column, d, err)
		}
	}
	return nil
}

// fails is an error where there is none.
func fails(err error) error {
	if err == nil {
		return errors.New("it worked")
	}
	return nil
}

var valuePromises = []promise{
	{"an integer is read as whatever has room for it", func(p promises) error {
		var i int
		var i8 int8
		var u uint64
		var f float64
		var text string
		var bytes []byte
		var null sql.Null[int64]
		var anything any
		var pointer *int64
		err := p.kind("i64", 100, &i, &i8, &u, &f, &text, &bytes, &null, &anything, &pointer)
		return errors.Join(err, same([]any{i, i8, u, f, text, string(bytes), null.V, anything},
			[]any{100, int8(100), uint64(100), 100.0, "100", "100", int64(100), int64(100)}), same(pointer != nil && *pointer == 100, true))
	}},
	{"what has no room is an error", func(p promises) error {
		return errors.Join(fails(p.kind("i64", 300, new(int8))), fails(p.kind("i64", -1, new(uint16))), fails(p.kind("t", "x", new(int))),
			fails(p.kind("t", nil, new(string))), fails(p.kind("t", "x", new(time.Time))), fails(p.kind("t", "x", new(chan int))))
	}},
	{"an integer that its column has no room for is refused", func(p promises) error {
		return fails(p.kind("i64", uint64(math.MaxUint64)))
	}},
	{"an unsigned integer beyond 2^63 is read as one", func(p promises) error {
		if p.dialect != "mariadb" {
			return nil // The others have none.
		}
		const query = "SELECT CAST(18446744073709551615 AS UNSIGNED)"
		var u uint64
		err := p.db.QueryRowContext(p.ctx, query).Scan(&u)
		return errors.Join(err, same(u, uint64(math.MaxUint64)), fails(p.db.QueryRowContext(p.ctx, query).Scan(new(int64))))
	}},
	{"texts and bytes are kept apart, and are the program's own", func(p promises) error {
		var text, bytes any
		var raw, own []byte
		if err := errors.Join(p.kind("t", "grün", &text, &own), p.kind("by", []byte{0, 255}, &bytes, &raw)); err != nil {
			return err
		}
		raw[0] = 7
		return errors.Join(same(text, "grün"), same(bytes, []byte{0, 255}), same(string(own), "grün"))
	}},
	{"empty is not null", func(p promises) error {
		var text sql.NullString
		var bytes, none []byte
		var nothing any
		err := errors.Join(p.kind("t", "", &text), p.kind("by", []byte{}, &bytes), p.kind("by", []byte(nil), &none, &nothing))
		return errors.Join(err, same(text, sql.NullString{Valid: true}), same(bytes != nil && len(bytes) == 0, true),
			same(none == nil && nothing == nil, true))
	}},
	{"RawBytes until the next row", func(p promises) error {
		for i, owner := range []string{"ann", "bob"} {
			if err := p.insert(p.db, i, owner); err != nil {
				return err
			}
		}
		found, err := p.db.QueryContext(p.ctx, "SELECT owner, id FROM accounts ORDER BY id")
		if err != nil {
			return err
		}
		defer found.Close()
		var got []string
		for found.Next() {
			var owner, id sql.RawBytes
			if err := found.Scan(&owner, &id); err != nil {
				return err
			}
			got = append(got, string(owner)+string(id))
		}
		return errors.Join(found.Err(), same(got, []string{"ann0", "bob1"}))
	}},
	{"values that write and read themselves", func(p promises) error {
		var got celsius
		var null sql.Null[celsius]
		err := errors.Join(p.kind("t", celsius{21.5}, &got), p.kind("t", sql.Null[celsius]{}, &null), p.kind("t", (*celsius)(nil), &null))
		return errors.Join(err, same(got.degrees, 21.5), same(null.Valid, false), wants(p.kind("t", celsius{math.NaN()}), ownError("no temperature")),
			wants(p.kind("i64", 5, &got), ownError("a int64 is no temperature")))
	}},
	{"types that a program made of Go's own", func(p promises) error {
		type id int32
		type name string
		type flag bool
		var i id
		var n name
		var f flag
		err := errors.Join(p.kind("i64", id(7), &i), p.kind("t", name("ann"), &n), p.kind("b", flag(true), &f))
		return errors.Join(err, same(i, id(7)), same(n, name("ann")), same(f, flag(true)), wants(p.kind("t", struct{}{}), sqlservice.ErrTypeMismatch),
			wants(p.kind("t", map[string]int{}), sqlservice.ErrTypeMismatch))
	}},
	{"moments are the same in every zone", func(p promises) error {
		there := time.Date(2024, 2, 29, 1, 2, 3, 456_789_000, time.FixedZone("", 5*3600+1800))
		var got time.Time
		var null sql.NullTime
		err := p.kind("tz", there, &got, &null)
		return errors.Join(err, same(got.Equal(there), true), same(null.Time.Equal(there), true), same(got.Location(), time.UTC))
	}},
	{"dates and times", func(p promises) error {
		day, err := sqlservice.ParseDate("2024-02-29")
		if err != nil {
			return err
		}
		var d, ts time.Time
		var ti string
		clock := sqlservice.TimestampOf(time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC))
		err = errors.Join(p.kind("d", day, &d), p.kind("ts", clock, &ts), p.kind("ti", sqlservice.TimeOfDay(3_600_000_000), &ti))
		return errors.Join(err, same(d, day.Time()), same(ts, clock.Time()), same(ti, "01:00:00.000000"))
	}},
	{"decimals, JSON and UUIDs", func(p promises) error {
		var dec string
		var f float64
		var j []byte
		var u string
		id := sqlservice.UUID{0: 0xab, 15: 1}
		err := errors.Join(p.kind("dec", sqlservice.Decimal("12.5"), &dec, &f), p.kind("j", sqlservice.JSON(`{"a": [1]}`), &j), p.kind("u", id, &u))
		return errors.Join(err, same(strings.TrimRight(dec, "0"), "12.5"), same(f, 12.5), same(strings.ReplaceAll(string(j), " ", ""), `{"a":[1]}`),
			same(u, id.String()))
	}},
	{"floats at their ends", func(p promises) error {
		var big, small float64
		return errors.Join(p.kind("f64", math.MaxFloat64, &big), p.kind("f64", math.SmallestNonzeroFloat64, &small),
			same([]float64{big, small}, []float64{math.MaxFloat64, math.SmallestNonzeroFloat64}))
	}},
	{"a long text", func(p promises) error {
		if p.dialect == "mariadb" {
			return nil // Its type `text` has 64 KiB.
		}
		long := strings.Repeat("grün ", 300_000)
		var got string
		return errors.Join(p.kind("t", long, &got), same(got == long, true))
	}},
	{"a text that is none is refused", func(p promises) error {
		return wants(p.kind("t", "\xff\xfe"), sqlservice.ErrTypeMismatch)
	}},
	{"arrays and spans of time are read as the database writes them", func(p promises) error {
		if p.dialect != "postgresql" {
			return nil // The others have none.
		}
		var list, span string
		err := p.db.QueryRowContext(p.ctx, `SELECT ARRAY['a', NULL, 'b "c"', 'NULL', ''], interval '1 year 2 mons -3 days 04:05:06.5'`).Scan(&list, &span)
		return errors.Join(err, same(list, `{a,NULL,"b \"c\"","NULL",""}`), same(span, "1 year 2 mons -3 days 04:05:06.5"))
	}},
	{"as many values as columns", func(p promises) error {
		var one int
		return errors.Join(fails(p.db.QueryRowContext(p.ctx, "SELECT 1, 2").Scan(&one)), fails(p.db.QueryRowContext(p.ctx, "SELECT 1").Scan(&one, &one)))
	}},
	{"a time limit is the context's error", func(p promises) error {
		ctx, cancel := context.WithTimeout(p.ctx, 100*time.Millisecond)
		defer cancel()
		const slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900000000) SELECT max(i) FROM n"
		query := map[string]string{"postgresql": "SELECT pg_sleep(30)", "mariadb": "SELECT sleep(30)"}[p.dialect]
		if query == "" {
			query = slow
		}
		err := p.db.QueryRowContext(ctx, query).Scan(new(any))
		var failed *sqlservice.Error
		return errors.Join(wants(err, context.DeadlineExceeded), same(errors.As(err, &failed) && failed.Code == "timeout", true), p.insert(p.db, 1, "a"))
	}},
}
