package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"bench/work"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3"
)

// kinds are the kinds of databases, and the variables that name their servers.
var kinds = []struct{ name, variable string }{
	{"sqlite", ""}, {"postgresql", "SQLSERVICE_TEST_POSTGRES"}, {"mariadb", "SQLSERVICE_TEST_MARIADB"},
}

// database is one that the benchmark has made for itself.
type database struct {
	kind, url string
	// drop takes it away.
	drop func() error
}

// makeDatabase makes a database on a server, or a file. It is nil where the server is not named.
func makeDatabase(ctx context.Context, kind, variable string) (*database, error) {
	if kind == "sqlite" {
		dir, err := os.MkdirTemp("", "bench")
		if err != nil {
			return nil, err
		}
		return &database{kind, "sqlite:" + filepath.Join(dir, "bench.db"), func() error { return os.RemoveAll(dir) }}, nil
	}
	server := os.Getenv(variable)
	if server == "" {
		return nil, nil
	}
	at, err := url.Parse(server)
	if err != nil {
		return nil, fmt.Errorf("%s is no URL", variable) // The error would show its password.
	}
	maintenance, err := open(server)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprint("bench_go_", os.Getpid())
	if _, err := maintenance.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	at.Path = "/" + name
	return &database{kind, at.String(), func() error {
		defer maintenance.Close()
		_, err := maintenance.ExecContext(ctx, "DROP DATABASE "+name)
		return err
	}}, nil
}

// open opens a database by its URL, with the driver that most people use.
func open(text string) (work.DB, error) {
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme {
	case "sqlite":
		// What the host sets as well.
		db, err := sql.Open("sqlite3", "file:"+rest+"?_journal_mode=WAL&_foreign_keys=1&_synchronous=FULL&_busy_timeout=5000")
		if err == nil {
			db.SetMaxOpenConns(1)
		}
		return work.DB{DB: db, Kind: scheme}, err
	case "postgres", "postgresql":
		db, err := sql.Open("pgx", "postgres:"+rest)
		return work.DB{DB: db, Kind: "postgresql"}, err
	case "mysql", "mariadb":
		u, err := url.Parse("mysql:" + rest)
		if err != nil {
			return work.DB{}, err
		}
		password, _ := u.User.Password()
		db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)%s", u.User.Username(), password, u.Host, u.Path))
		return work.DB{DB: db, Kind: "mariadb"}, err
	}
	return work.DB{}, fmt.Errorf("there is no driver for %s", scheme)
}
