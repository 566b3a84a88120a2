package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
	"github.com/sqlservice/sqlservice/guest-sdk/go/sqldriver"
)

// DatabaseSQL holds the driver to what database/sql promises its users. It returns a line for each promise that was not kept, and
// how many there were at the end. It needs the grant for raw SQL.
//
//sqlservice:export
func DatabaseSQL(ctx context.Context) ([]string, error) {
	db, err := sql.Open("sqlservice", "default")
	if err != nil {
		return nil, err
	}
	defer db.Close()
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
	p := promises{ctx, db, granted.Dialect()}
	var broken []string
	all := slices.Concat(driverPromises, valuePromises, usePromises)
	for _, promise := range all {
		if _, err := db.ExecContext(ctx, "DELETE FROM accounts"); err != nil {
			return nil, err
		}
		if err := promise.keep(p); err != nil {
			broken = append(broken, fmt.Sprintf("%s: %v", promise.name, err))
		}
		if n := db.Stats().InUse; n != 0 {
			broken = append(broken, fmt.Sprintf("%s: %d connections are not given back", promise.name, n))
		}
	}
	return append(broken, fmt.Sprintf("%d promises", len(all))), nil
}

type promises struct {
	ctx     context.Context
	db      *sql.DB
	dialect string
}

// q is a statement with the database's placeholders and quotes; a name that it reserves is in brackets.
func (p promises) q(query string) string {
	quote := `"`
	if p.dialect == "mariadb" || p.dialect == "mysql" {
		quote = "`"
	}
	query = strings.NewReplacer("[", quote, "]", quote).Replace(query)
	if p.dialect != "postgresql" {
		return query
	}
	for i := 1; strings.Contains(query, "?"); i++ {
		query = strings.Replace(query, "?", fmt.Sprint("$", i), 1)
	}
	return query
}

type executor interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (p promises) insert(on executor, id int, owner any) error {
	_, err := on.ExecContext(p.ctx, p.q("INSERT INTO accounts (id, owner, balance, version) VALUES (?, ?, ?, ?)"), id, owner, sqlservice.Decimal("1.5"), 1)
	return err
}

func (p promises) count(on executor) (n int) {
	if err := on.QueryRowContext(p.ctx, "SELECT count(*) FROM accounts").Scan(&n); err != nil {
		return -1
	}
	return n
}

// wants is an error that has to be one of these.
func wants(err error, targets ...error) error {
	for _, target := range targets {
		if !errors.Is(err, target) {
			return fmt.Errorf("%w instead of %v", err, target)
		}
	}
	return nil
}

func same(got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%v instead of %v", got, want)
	}
	return nil
}

// promise is what database/sql says of a driver.
type promise struct {
	name string
	keep func(p promises) error
}

var driverPromises = []promise{
	{"rows affected", func(p promises) error {
		done, err := p.db.ExecContext(p.ctx, p.q("INSERT INTO accounts (id, owner, balance, version) VALUES (1, ?, 0, 1), (2, ?, 0, 1)"), "a", "b")
		if err != nil {
			return err
		}
		n, err := done.RowsAffected()
		return errors.Join(err, same(n, int64(2)))
	}},
	{"a last id, or an error that says that there is none", func(p promises) error {
		done, err := p.db.ExecContext(p.ctx, "INSERT INTO tags (label) VALUES ('x')")
		if err != nil {
			return err
		}
		id, err := done.LastInsertId()
		if p.dialect == "postgresql" {
			return wants(err, sqlservice.ErrUnsupported)
		}
		if err == nil && id <= 0 {
			err = fmt.Errorf("the id %d", id)
		}
		return err
	}},
	{"no rows are sql.ErrNoRows", func(p promises) error {
		var owner string
		return wants(p.db.QueryRowContext(p.ctx, "SELECT owner FROM accounts").Scan(&owner), sql.ErrNoRows)
	}},
	{"a prepared statement runs again and again, also after errors, and not when it is closed", func(p promises) error {
		statement, err := p.db.PrepareContext(p.ctx, p.q("INSERT INTO accounts (id, owner, balance, version) VALUES (?, ?, 0, 1)"))
		if err != nil {
			return err
		}
		for i := range 3 {
			if _, err := statement.ExecContext(p.ctx, i, "a"); err != nil {
				return err
			}
		}
		_, err = statement.ExecContext(p.ctx, 1, "a")
		if err := wants(err, sqlservice.ErrUniqueViolation); err != nil {
			return err
		}
		if _, err := statement.ExecContext(p.ctx, 9, "a"); err != nil {
			return err
		}
		if err := statement.Close(); err != nil {
			return err
		}
		if _, err := statement.ExecContext(p.ctx, 10, "a"); err == nil {
			return errors.New("a closed statement ran")
		}
		return same(p.count(p.db), 4)
	}},
	{"too few arguments are an error", func(p promises) error {
		if err := p.db.QueryRowContext(p.ctx, p.q("SELECT owner FROM accounts WHERE id = ?")).Scan(new(string)); err == nil || errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("%v", err)
		}
		return nil
	}},
	{"columns and their types", func(p promises) error {
		found, err := p.db.QueryContext(p.ctx, "SELECT id, owner AS who FROM accounts")
		if err != nil {
			return err
		}
		defer found.Close()
		names, err := found.Columns()
		if err != nil {
			return err
		}
		types, err := found.ColumnTypes()
		if err != nil {
			return err
		}
		return errors.Join(same(names, []string{"id", "who"}), same(types[1].Name(), "who"),
			same(types[0].DatabaseTypeName() != "", true), same(types[1].ScanType() != nil, true), found.Err())
	}},
	{"nulls", func(p promises) error {
		if _, err := p.db.ExecContext(p.ctx, p.q("INSERT INTO kinds (id, i64, t, f64, b, tz) VALUES (1, ?, ?, ?, ?, ?)"),
			sql.NullInt64{}, (*string)(nil), sql.NullFloat64{Float64: 1.5, Valid: true}, nil, sql.NullTime{}); err != nil {
			return err
		}
		defer p.db.ExecContext(p.ctx, "DELETE FROM kinds")
		var i sql.NullInt64
		var t sql.NullString
		var f sql.Null[float64]
		var b sql.NullBool
		var tz sql.NullTime
		if err := p.db.QueryRowContext(p.ctx, "SELECT i64, t, f64, b, tz FROM kinds").Scan(&i, &t, &f, &b, &tz); err != nil {
			return err
		}
		err := p.db.QueryRowContext(p.ctx, "SELECT i64 FROM kinds").Scan(new(int64))
		if err == nil {
			return errors.New("a null was read as an integer")
		}
		return errors.Join(same(i.Valid || t.Valid || b.Valid || tz.Valid, false), same(f.V, 1.5))
	}},
	{"values come back", func(p promises) error {
		now := time.UnixMicro(1_700_000_000_123_456).UTC()
		if _, err := p.db.ExecContext(p.ctx, p.q("INSERT INTO kinds (id, i64, t, [by], b, tz, [dec]) VALUES (1, ?, ?, ?, ?, ?, ?)"),
			int64(-1<<63), "grün", []byte{0, 255}, true, now, sqlservice.Decimal("12.5000")); err != nil {
			return err
		}
		defer p.db.ExecContext(p.ctx, "DELETE FROM kinds")
		var i int64
		var t, dec string
		var by []byte
		if err := p.db.QueryRowContext(p.ctx, p.q("SELECT i64, t, [by], [dec] FROM kinds WHERE b = ?"), true).Scan(&i, &t, &by, &dec); err != nil {
			return err
		}
		return errors.Join(same(i, int64(-1<<63)), same(t, "grün"), same(by, []byte{0, 255}), same(strings.HasPrefix(dec, "12.5"), true))
	}},
	{"named arguments and output parameters are refused", func(p promises) error {
		_, named := p.db.ExecContext(p.ctx, p.q("DELETE FROM accounts WHERE id = ?"), sql.Named("id", 1))
		_, out := p.db.ExecContext(p.ctx, p.q("DELETE FROM accounts WHERE id = ?"), sql.Out{Dest: new(int)})
		return errors.Join(wants(named, sqlservice.ErrUnsupported), wants(out, sqlservice.ErrUnsupported))
	}},
	{"a transaction that is rolled back leaves nothing, and one that is committed stays", func(p promises) error {
		for commit, want := range map[bool]int{false: 0, true: 1} {
			tx, err := p.db.BeginTx(p.ctx, nil)
			if err != nil {
				return err
			}
			if err := p.insert(tx, 1, "a"); err != nil {
				return errors.Join(err, tx.Rollback())
			}
			if commit {
				err = tx.Commit()
			} else {
				err = tx.Rollback()
			}
			if err := errors.Join(err, same(p.count(p.db), want), wants(tx.Commit(), sql.ErrTxDone)); err != nil {
				return err
			}
			if _, err := p.db.ExecContext(p.ctx, "DELETE FROM accounts"); err != nil {
				return err
			}
		}
		return nil
	}},
	{"a statement that fails ends no connection", func(p promises) error {
		tx, err := p.db.BeginTx(p.ctx, nil)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(p.ctx, "SELECT nothing FROM nowhere"); err == nil {
			return errors.New("there is a table nowhere")
		}
		return errors.Join(tx.Rollback(), p.insert(p.db, 1, "a"), same(p.count(p.db), 1))
	}},
	{"levels of isolation", func(p promises) error {
		for _, level := range []sql.IsolationLevel{sql.LevelDefault, sql.LevelSerializable} {
			tx, err := p.db.BeginTx(p.ctx, &sql.TxOptions{Isolation: level})
			if err != nil {
				return err
			}
			if err := errors.Join(p.insert(tx, int(level), "a"), tx.Rollback()); err != nil {
				return err
			}
		}
		_, err := p.db.BeginTx(p.ctx, &sql.TxOptions{Isolation: sql.LevelLinearizable})
		return errors.Join(wants(err, sqlservice.ErrUnsupported), same(p.count(p.db), 0))
	}},
	{"a transaction that only reads changes nothing", func(p promises) error {
		tx, err := p.db.BeginTx(p.ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		if err := p.insert(tx, 1, "a"); err == nil {
			return errors.Join(errors.New("it did"), tx.Rollback())
		}
		return errors.Join(tx.Rollback(), same(p.count(p.db), 0))
	}},
	{"savepoints by text", func(p promises) error {
		tx, err := p.db.BeginTx(p.ctx, nil)
		if err != nil {
			return err
		}
		steps := []string{"SAVEPOINT a", "", "SAVEPOINT b", "", "ROLLBACK TO SAVEPOINT b", "", "RELEASE SAVEPOINT b", "ROLLBACK TO a", "", "RELEASE a"}
		for i, step := range steps {
			if step == "" {
				err = p.insert(tx, i, "a")
			} else {
				_, err = tx.ExecContext(p.ctx, step)
			}
			if err != nil {
				return errors.Join(fmt.Errorf("%q: %w", step, err), tx.Rollback())
			}
		}
		_, unknown := tx.ExecContext(p.ctx, "RELEASE a")
		return errors.Join(wants(unknown, sqlservice.ErrInvalid), tx.Commit(), same(p.count(p.db), 1))
	}},
	{"a context that is cancelled", func(p promises) error {
		ctx, cancel := context.WithCancel(p.ctx)
		defer cancel()
		tx, err := p.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := p.insert(tx, 1, "a"); err != nil {
			return err
		}
		cancel()
		_, err = p.db.ExecContext(ctx, "DELETE FROM accounts")
		time.Sleep(20 * time.Millisecond) // database/sql rolls back by a goroutine of its own.
		return errors.Join(wants(err, context.Canceled), wants(tx.Commit(), sql.ErrTxDone), same(p.count(p.db), 0))
	}},
	{"rows that are left are closed", func(p promises) error {
		for i := range 5 {
			if err := p.insert(p.db, i, "a"); err != nil {
				return err
			}
		}
		found, err := p.db.QueryContext(p.ctx, "SELECT id FROM accounts")
		if err != nil {
			return err
		}
		found.Next()
		return errors.Join(found.Close(), found.Close(), same(p.count(p.db), 5))
	}},
	{"many goroutines", func(p promises) error {
		p.db.SetMaxOpenConns(3)
		defer p.db.SetMaxOpenConns(0)
		failed := make(chan error)
		for i := range 20 {
			go func() { failed <- p.insert(p.db, i, "a") }()
		}
		var err error
		for range 20 {
			err = errors.Join(err, <-failed)
		}
		return errors.Join(err, same(p.count(p.db), 20))
	}},
	{"a connection of one's own, and its session", func(p promises) error {
		c, err := p.db.Conn(p.ctx)
		if err != nil {
			return err
		}
		err = c.Raw(func(driver any) error {
			own, ok := driver.(sqldriver.Conn)
			if !ok {
				return io.ErrUnexpectedEOF
			}
			_, err := sqlservice.From(Accounts).Count(p.ctx, own.Session())
			return err
		})
		return errors.Join(err, c.PingContext(p.ctx), c.Close())
	}},
}
