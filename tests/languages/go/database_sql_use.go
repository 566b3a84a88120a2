package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

// some inserts so many accounts.
func (p promises) some(count int) error {
	for i := range count {
		if err := p.insert(p.db, i, "a"); err != nil {
			return err
		}
	}
	return nil
}

// within does work in a transaction and rolls it back.
func (p promises) within(work func(tx *sql.Tx) error) error {
	tx, err := p.db.BeginTx(p.ctx, nil)
	if err != nil {
		return err
	}
	return errors.Join(work(tx), tx.Rollback())
}

var usePromises = []promise{
	{"an error is one of the SDK's", func(p promises) error {
		err := errors.Join(p.insert(p.db, 1, "a"), p.insert(p.db, 1, "a"))
		var failed *sqlservice.Error
		if !errors.As(err, &failed) || failed.Code != "unique-violation" {
			return fmt.Errorf("%w", err)
		}
		return same(failed.Retryable, false)
	}},
	{"what is no statement is refused", func(p promises) error {
		for _, text := range []string{"", "  ", "-- nothing", "SELEC 1", "SELECT 'a"} {
			if _, err := p.db.ExecContext(p.ctx, text); err == nil {
				return fmt.Errorf("%q ran", text)
			}
		}
		return nil
	}},
	{"several statements in one text are refused", func(p promises) error {
		_, first := p.db.ExecContext(p.ctx, "DELETE FROM accounts; DELETE FROM accounts")
		_, second := p.db.QueryContext(p.ctx, "SELECT 1; SELECT 2")
		return errors.Join(fails(first), fails(second))
	}},
	{"there is one set of rows", func(p promises) error {
		found, err := p.db.QueryContext(p.ctx, "SELECT 1")
		if err != nil {
			return err
		}
		defer found.Close()
		return errors.Join(same(found.NextResultSet(), false), found.Err())
	}},
	{"transactions are begun by database/sql alone", func(p promises) error {
		_, err := p.db.ExecContext(p.ctx, "BEGIN")
		return fails(err)
	}},
	{"a select that is executed, and an insert that is queried", func(p promises) error {
		_, err := p.db.ExecContext(p.ctx, "SELECT 1")
		if err != nil {
			return err
		}
		found, err := p.db.QueryContext(p.ctx, p.q("INSERT INTO accounts (id, owner, balance, version) VALUES (?, ?, 0, 1)"), 1, "a")
		if err != nil {
			return err
		}
		defer found.Close()
		return errors.Join(same(found.Next(), false), found.Err(), same(p.count(p.db), 1))
	}},
	{"rows of an insert", func(p promises) error {
		if _, err := p.db.ExecContext(p.ctx, "DELETE FROM tags"); err != nil {
			return err
		}
		var id int64
		var label string
		err := p.db.QueryRowContext(p.ctx, p.q("INSERT INTO tags (label) VALUES (?) RETURNING id, label"), "red").Scan(&id, &label)
		return errors.Join(err, same(id > 0 && label == "red", true))
	}},
	{"a statement inside of a transaction", func(p promises) error {
		statement, err := p.db.PrepareContext(p.ctx, p.q("INSERT INTO accounts (id, owner, balance, version) VALUES (?, 'a', 0, 1)"))
		if err != nil {
			return err
		}
		defer statement.Close()
		err = p.within(func(tx *sql.Tx) error {
			own := tx.StmtContext(p.ctx, statement)
			_, first := own.ExecContext(p.ctx, 1)
			_, second := tx.StmtContext(p.ctx, own).ExecContext(p.ctx, 2)
			return errors.Join(first, second, same(p.count(tx), 2))
		})
		_, after := statement.ExecContext(p.ctx, 3)
		return errors.Join(err, after, same(p.count(p.db), 1))
	}},
	{"statements while rows are read, in one transaction", func(p promises) error {
		if err := p.some(30); err != nil {
			return err
		}
		return p.within(func(tx *sql.Tx) error {
			found, err := tx.QueryContext(p.ctx, "SELECT id FROM accounts ORDER BY id")
			if err != nil {
				return err
			}
			defer found.Close()
			read := 0
			for found.Next() {
				var id int
				if err := found.Scan(&id); err != nil {
					return err
				}
				if _, err := tx.ExecContext(p.ctx, p.q("UPDATE accounts SET owner = 'b' WHERE id = ?"), id); err != nil {
					return err
				}
				read++
			}
			return errors.Join(found.Err(), same(read, 30))
		})
	}},
	{"statements while many rows are read, on other connections", func(p promises) error {
		if p.dialect == "sqlite" {
			return nil // A file has one writer.
		}
		const many = 30_000
		if _, err := p.db.ExecContext(p.ctx, fmt.Sprintf(
			"INSERT INTO accounts (id, owner, balance, version) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, 'a', 0, 1 FROM n")); err != nil {
			return err
		}
		found, err := p.db.QueryContext(p.ctx, "SELECT a.id FROM accounts a CROSS JOIN accounts b LIMIT 30000")
		if err != nil {
			return err
		}
		defer found.Close()
		read := 0
		for found.Next() {
			if read++; read%10_000 == 0 {
				if err := p.insert(p.db, 100_000+read, "b"); err != nil {
					return err
				}
			}
		}
		return errors.Join(found.Err(), same(read, many))
	}},
	{"a statement behind many rows that are read on its connection is an error that says so, or waits for none", func(p promises) error {
		if err := p.some(200); err != nil {
			return err
		}
		return p.within(func(tx *sql.Tx) error {
			found, err := tx.QueryContext(p.ctx, "SELECT a.id FROM accounts a CROSS JOIN accounts b")
			if err != nil {
				return err
			}
			found.Next()
			_, err = tx.ExecContext(p.ctx, "UPDATE accounts SET owner = 'b'")
			if err != nil && !errors.Is(err, sqlservice.ErrBusy) {
				return errors.Join(err, found.Close())
			}
			return errors.Join(found.Close(), same(p.count(tx), 200))
		})
	}},
	{"levels of isolation that there are, and those that are not", func(p promises) error {
		for level := sql.LevelDefault; level <= sql.LevelLinearizable; level++ {
			tx, err := p.db.BeginTx(p.ctx, &sql.TxOptions{Isolation: level})
			switch {
			case err == nil:
				err = errors.Join(p.insert(tx, int(level), "a"), tx.Rollback())
			case errors.Is(err, sqlservice.ErrUnsupported) || errors.Is(err, sqlservice.ErrInvalid):
				err = nil
			}
			if err != nil {
				return fmt.Errorf("%v: %w", level, err)
			}
		}
		return errors.Join(p.insert(p.db, 1, "a"), same(p.count(p.db), 1))
	}},
	{"a context that is done begins nothing", func(p promises) error {
		ctx, cancel := context.WithCancel(p.ctx)
		cancel()
		_, began := p.db.BeginTx(ctx, nil)
		_, queried := p.db.QueryContext(ctx, "SELECT 1")
		_, prepared := p.db.PrepareContext(ctx, "SELECT 1")
		return errors.Join(wants(began, context.Canceled), wants(queried, context.Canceled), wants(prepared, context.Canceled),
			wants(p.db.PingContext(ctx), context.Canceled))
	}},
	{"rows end where their context does", func(p promises) error {
		ctx, cancel := context.WithCancel(p.ctx)
		defer cancel()
		if err := p.some(3); err != nil {
			return err
		}
		found, err := p.db.QueryContext(ctx, "SELECT id FROM accounts")
		if err != nil {
			return err
		}
		found.Next()
		cancel()
		time.Sleep(20 * time.Millisecond)
		return errors.Join(same(found.Next(), false), wants(found.Err(), context.Canceled), found.Close())
	}},
	{"a connection for which there is no room is waited for until the context is done", func(p promises) error {
		p.db.SetMaxOpenConns(1)
		defer p.db.SetMaxOpenConns(0)
		return p.within(func(*sql.Tx) error {
			ctx, cancel := context.WithTimeout(p.ctx, 30*time.Millisecond)
			defer cancel()
			return wants(p.db.PingContext(ctx), context.DeadlineExceeded)
		})
	}},
	{"connections that are not kept", func(p promises) error {
		p.db.SetMaxIdleConns(-1)
		p.db.SetConnMaxLifetime(time.Millisecond)
		defer p.db.SetMaxIdleConns(2)
		defer p.db.SetConnMaxLifetime(0)
		if err := p.some(5); err != nil {
			return err
		}
		return errors.Join(same(p.db.Stats().OpenConnections, 0), same(p.count(p.db), 5))
	}},
	{"a connection of one's own does one thing after the other, and ends once", func(p promises) error {
		c, err := p.db.Conn(p.ctx)
		if err != nil {
			return err
		}
		tx, err := c.BeginTx(p.ctx, nil)
		if err != nil {
			return errors.Join(err, c.Close())
		}
		err = errors.Join(p.insert(tx, 1, "a"), tx.Commit(), p.insert(c, 2, "a"), c.Close(), same(p.count(p.db), 2))
		_, after := c.ExecContext(p.ctx, "DELETE FROM accounts")
		return errors.Join(err, wants(after, sql.ErrConnDone), wants(c.Close(), sql.ErrConnDone))
	}},
	{"goroutines share a transaction", func(p promises) error {
		return p.within(func(tx *sql.Tx) error {
			failed := make(chan error)
			for i := range 10 {
				go func() { failed <- p.insert(tx, i, "a") }()
			}
			var err error
			for range 10 {
				err = errors.Join(err, <-failed)
			}
			return errors.Join(err, same(p.count(tx), 10))
		})
	}},
	{"a database that is closed", func(p promises) error {
		db, err := sql.Open("sqlservice", "default")
		if err != nil {
			return err
		}
		found, err := db.QueryContext(p.ctx, "SELECT 1")
		if err != nil {
			return err
		}
		err = errors.Join(db.Close(), db.Close(), found.Close())
		return errors.Join(err, fails(db.PingContext(p.ctx)))
	}},
	{"a database that was not granted", func(p promises) error {
		db, err := sql.Open("sqlservice", "elsewhere")
		if err != nil {
			return err
		}
		defer db.Close()
		return wants(db.PingContext(p.ctx), sqlservice.ErrNoSuchDatabase)
	}},
}
