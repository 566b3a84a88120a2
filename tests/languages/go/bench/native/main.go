// The work of the benchmark in Go without a sandbox: database/sql with the drivers that people use. It is a peer of
// tests/examples/bench, which starts it as `native ANYTHING URL ROUNDS` and reads a line of JSON for each work and round.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// The sizes are those of tests/examples/bench.
const (
	rows   = 100_000
	points = 5_000
	bulk   = 10_000
	loads  = 20_000
	owners = 10_000
	chunk  = 1_000
)

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: native ANYTHING URL ROUNDS"))
	}
	rounds, err := strconv.Atoi(os.Args[3])
	if err != nil {
		fail(err)
	}
	p, err := open(os.Args[2])
	if err != nil {
		fail(err)
	}
	defer p.db.Close()
	if err := p.measure(context.Background(), rounds); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "native:", err)
	os.Exit(1)
}

// line is a result as the benchmark reads it.
type line struct {
	DB           string  `json:"db"`
	Peer         string  `json:"peer"`
	Work         string  `json:"work"`
	N            int     `json:"n"`
	Milliseconds float64 `json:"ms"`
}

func (p *party) measure(ctx context.Context, rounds int) error {
	if err := p.prepare(ctx); err != nil {
		return err
	}
	works := []struct {
		name string
		n    int
		do   func(context.Context) (int64, error)
	}{
		{"read", rows, p.read}, {"point", points, p.point}, {"built", points, p.built},
		{"bulk", bulk, p.insert}, {"load", loads, p.load}, {"flush", owners * 3, p.flush},
	}
	out := json.NewEncoder(os.Stdout)
	for _, w := range works {
		if asked := os.Getenv("WORK"); asked != "" && !strings.Contains(asked, w.name) {
			continue
		}
		for range rounds {
			start := time.Now()
			if _, err := w.do(ctx); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			ms := float64(time.Since(start).Microseconds()) / 1e3
			if err := out.Encode(line{p.kind, "go", w.name, w.n, ms}); err != nil {
				return err
			}
			if err := p.clean(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// user is a row of the table.
type user struct {
	id      int64
	name    string
	email   *string
	score   float64
	active  bool
	created int64
}

func userOf(i int64) user {
	u := user{name: fmt.Sprintf("user-%08d-abcdefgh", i), score: float64(i) * 0.5, active: i%2 == 0, created: 1_700_000_000_000_000 + i}
	if i%7 != 0 {
		email := fmt.Sprintf("user-%08d@example.org-0123456789", i)
		u.email = &email
	}
	return u
}

const columns = "id, name, email, score, active, created"

func (u *user) scan(row interface{ Scan(...any) error }) error {
	return row.Scan(&u.id, &u.name, &u.email, &u.score, &u.active, &u.created)
}

func (u *user) sum() int64 {
	texts := len(u.name)
	if u.email != nil {
		texts += len(*u.email)
	}
	sum := u.id + int64(texts) + int64(u.score) + u.created
	if u.active {
		sum++
	}
	return sum
}

func (p *party) read(ctx context.Context) (sum int64, err error) {
	return p.readAll(ctx, "SELECT "+columns+" FROM users")
}

func (p *party) load(ctx context.Context) (int64, error) {
	var list []*user
	err := p.each(ctx, func(u user) { list = append(list, &u) }, "SELECT "+columns+" FROM users LIMIT "+p.mark(1), loads)
	return int64(len(list)), err
}

func (p *party) readAll(ctx context.Context, query string) (sum int64, err error) {
	err = p.each(ctx, func(u user) { sum += u.sum() }, query)
	return sum, err
}

func (p *party) each(ctx context.Context, take func(user), query string, arguments ...any) error {
	found, err := p.db.QueryContext(ctx, query, arguments...)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		var u user
		if err := u.scan(found); err != nil {
			return err
		}
		take(u)
	}
	return found.Err()
}

func key(k int) int64 { return int64(k)*7_919%rows + 1 }

func (p *party) point(ctx context.Context) (sum int64, err error) {
	byID, err := p.db.PrepareContext(ctx, "SELECT "+columns+" FROM users WHERE id = "+p.mark(1))
	if err != nil {
		return 0, err
	}
	defer byID.Close()
	for k := range points {
		var u user
		if err := u.scan(byID.QueryRowContext(ctx, key(k))); err != nil {
			return 0, err
		}
		sum += u.created
	}
	return sum, nil
}

func (p *party) built(ctx context.Context) (sum int64, err error) {
	for k := range points {
		var u user
		if err := u.scan(p.db.QueryRowContext(ctx, "SELECT "+columns+" FROM users WHERE id = "+p.mark(1), key(k))); err != nil {
			return 0, err
		}
		sum += u.created
	}
	return sum, nil
}

func (p *party) insert(ctx context.Context) (int64, error) {
	return bulk, p.inTransaction(ctx, func(tx *sql.Tx) error { return p.insertUsers(ctx, tx, 1<<24, bulk) })
}

func (p *party) flush(ctx context.Context) (int64, error) {
	return owners * 3, p.inTransaction(ctx, func(tx *sql.Tx) error { return p.insertOwners(ctx, tx, 1<<24, owners) })
}

func (p *party) inTransaction(ctx context.Context, work func(*sql.Tx) error) error {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := work(tx); err != nil {
		return err
	}
	return tx.Commit()
}
