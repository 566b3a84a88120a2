package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	sql "github.com/sqlservice/sqlservice/guest-sdk/go"
)

// after does something to what is closed.
func after(end, use func(t *trial) error) func(*trial) error {
	return func(t *trial) error {
		if err := end(t); err != nil {
			return fmt.Errorf("the first time: %v", err)
		}
		return use(t)
	}
}

func closeSession(t *trial) error { return t.s.Close() }
func read(t *trial) error         { _, err := sql.From(Kinds).All(t.ctx, t.s); return err }

var handleMistakes = []mistake{
	{"a session closed twice", "closed", after(closeSession, closeSession)},
	{"a session used after its end", "closed", after(closeSession, read)},
	{"a commit after the end", "closed", after(closeSession, func(t *trial) error { return t.s.Commit(t.ctx) })},
	{"a commit after a commit", "transaction-closed", after(func(t *trial) error { return t.s.Commit(t.ctx) },
		func(t *trial) error { return t.s.Commit(t.ctx) })},
	{"a read after a rollback", "transaction-closed", after(func(t *trial) error { return t.s.Rollback(t.ctx) }, read)},
	{"a transaction in a transaction", "already-begun", func(t *trial) error { return t.s.Begin(t.ctx) }},
	{"a session that is none", "closed", func(t *trial) error { t.s = nil; return read(t) }},
	{"a session that is zero", "closed", func(t *trial) error { t.s = new(sql.Session); return closeSession(t) }},
	{"a database that is none", "closed", func(t *trial) error { _, err := (*sql.Database)(nil).Begin(t.ctx); return err }},
	{"a database that was not granted", "no-such-database", func(t *trial) error { _, err := sql.Open(t.ctx, "nowhere"); return err }},
	{"a database whose name is not UTF-8", "type-mismatch", func(t *trial) error { _, err := sql.Open(t.ctx, "\xff"); return err }},
	{"a database closed twice", "closed", func(t *trial) error {
		db, err := sql.Open(t.ctx, "default")
		if err != nil {
			return err
		}
		return errors.Join(db.Close(), db.Close())
	}},
	{"a prepared statement used after its end", "closed", func(t *trial) error {
		p, err := sql.From(Kinds).Prepare(t.ctx, t.s)
		if err != nil {
			return err
		}
		if err := p.Close(); err != nil {
			return err
		}
		_, err = p.All(t.ctx, t.s)
		return errors.Join(err, p.Close())
	}},
	{"a prepared statement that is none", "closed", func(t *trial) error {
		var p *sql.Prepared[*Kind]
		_, err := p.All(t.ctx, t.s)
		return errors.Join(err, p.Close())
	}},
	{"too few arguments", "invalid", func(t *trial) error {
		p, err := sql.From(Kinds).Where(sql.Eq(Kinds.ID, sql.Param[int64](0))).Prepare(t.ctx, t.s)
		if err != nil {
			return err
		}
		defer p.Close()
		_, err = p.All(t.ctx, t.s)
		return err
	}},
	{"a savepoint ended twice", "closed", func(t *trial) error {
		p, err := t.s.Savepoint(t.ctx)
		if err != nil {
			return err
		}
		return errors.Join(p.Release(t.ctx), p.Rollback(t.ctx))
	}},
	{"a savepoint that is none", "closed", func(t *trial) error { return (*sql.Savepoint)(nil).Rollback(t.ctx) }},
	{"a savepoint after its transaction", "closed|invalid|transaction-closed", func(t *trial) error {
		p, err := t.s.Savepoint(t.ctx)
		if err != nil {
			return err
		}
		if err := t.s.Rollback(t.ctx); err != nil {
			return err
		}
		return p.Release(t.ctx)
	}},
	{"a context that is done", "cancelled", func(t *trial) error {
		ctx, cancel := context.WithCancel(t.ctx)
		cancel()
		_, err := sql.From(Kinds).All(ctx, t.s)
		return err
	}},
	{"a context whose time is over", "timeout", func(t *trial) error {
		ctx, cancel := context.WithDeadline(t.ctx, time.Unix(0, 0))
		defer cancel()
		return t.s.Commit(ctx)
	}},
	{"a transaction in no time", "ok|transaction-closed", func(t *trial) error {
		s, err := t.db.Begin(t.ctx, sql.TxTimeout(-time.Second))
		if err != nil {
			return err
		}
		return s.Close()
	}},
	{"a level that is none", "invalid", func(t *trial) error {
		_, err := t.db.Begin(t.ctx, sql.WithIsolation(77))
		return err
	}},
	{"rows left half read", "ok", func(t *trial) error {
		if err := fill(t, 5000); err != nil {
			return err
		}
		for range 3 {
			for _, err := range sql.From(Kinds).BatchRows(10).Rows(t.ctx, t.s) {
				if err != nil {
					return err
				}
				break
			}
			// The connection is free again, in a transaction that is still good or says that it is not.
			if err := read(t); err != nil {
				return passOver(err)
			}
		}
		return nil
	}},
	{"a statement while rows are read", "busy", func(t *trial) error {
		if err := fill(t, 5000); err != nil {
			return err
		}
		for _, err := range sql.From(Kinds).BatchRows(10).Rows(t.ctx, t.s) {
			if err != nil {
				return err
			}
			return read(t)
		}
		return nil
	}},
}

func fill(t *trial, rows int64) error {
	kinds := make([]Kind, rows)
	for i := range kinds {
		kinds[i].ID = int64(i)
	}
	return sql.InsertMany(t.ctx, t.s, Kinds, kinds)
}

// passOver takes the error of a transaction that PostgreSQL ended with the query: the contract says that it may.
func passOver(err error) error {
	if errors.Is(err, sql.ErrPendingRollback) {
		return nil
	}
	return err
}
