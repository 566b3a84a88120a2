// The guest of the conformance list: it does the steps of a case by the calls of this SDK, and says what came of each.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	sql "github.com/sqlservice/sqlservice/guest-sdk/go"
)

// RunCase does the steps of a case, JSON in and out.
//
//sqlservice:export
func RunCase(ctx context.Context, steps string) string {
	decoder := json.NewDecoder(strings.NewReader(steps))
	decoder.UseNumber()
	var all []document
	if err := decoder.Decode(&all); err != nil {
		return `[{"error": {"code": "bad-case"}}]`
	}
	r := &run{ctx: ctx, sessions: map[string]*sql.Session{}, savepoints: map[string]*sql.Savepoint{}}
	outcomes := make([]document, len(all))
	for i, step := range all {
		outcome, err := r.step(step)
		if err != nil {
			outcome = document{"error": describe(err)}
		}
		outcomes[i] = outcome
	}
	r.close()
	text, err := json.Marshal(outcomes)
	if err != nil {
		return `[{"error": {"code": "bad-case"}}]`
	}
	return string(text)
}

func describe(err error) document {
	var e *sql.Error
	if !errors.As(err, &e) {
		return document{"code": "bad-case", "message": err.Error()}
	}
	out := document{"code": e.Code, "message": e.Message}
	if e.Table != "" {
		out["table"] = e.Table
	}
	if len(e.Columns) > 0 {
		out["columns"] = e.Columns
	}
	if e.Position >= 0 {
		out["position"] = e.Position
	}
	return out
}

// run is one case.
type run struct {
	ctx        context.Context
	db         *sql.Database
	sessions   map[string]*sql.Session
	savepoints map[string]*sql.Savepoint
}

func (r *run) close() {
	for _, s := range r.sessions {
		_ = s.Close()
	}
	if r.db != nil {
		_ = r.db.Close()
	}
}

func (r *run) database() (*sql.Database, error) {
	var err error
	if r.db == nil {
		r.db, err = sql.Open(r.ctx, "default")
	}
	return r.db, err
}

func sessionName(step document) string {
	if name, ok := step["session"].(string); ok {
		return name
	}
	return "a"
}

func (r *run) session(step document) (*sql.Session, error) {
	name := sessionName(step)
	if s := r.sessions[name]; s != nil {
		return s, nil
	}
	db, err := r.database()
	if err != nil {
		return nil, err
	}
	s, err := db.Session(r.ctx)
	if err == nil {
		r.sessions[name] = s
	}
	return s, err
}

func (r *run) step(step document) (document, error) {
	db, err := r.database()
	if err != nil {
		return nil, err
	}
	switch step["do"] {
	case "create all":
		tables, err := db.CreateAll(r.ctx)
		return tablesMade(tables), err
	case "drop all":
		tables, err := db.DropAll(r.ctx)
		return tablesMade(tables), err
	case "ping":
		return document{}, db.Ping(r.ctx)
	case "reflect":
		return r.reflect(db, step)
	}
	s, err := r.session(step)
	if err != nil {
		return nil, err
	}
	return r.onSession(s, step)
}

func tablesMade(names []string) document {
	if names == nil {
		names = []string{}
	}
	return document{"tables": names}
}

func (r *run) onSession(s *sql.Session, step document) (document, error) {
	switch step["do"] {
	case "begin", "commit", "rollback", "close", "savepoint", "release", "rollback to":
		return document{}, r.transaction(s, step)
	case "select", "stream", "raw":
		return r.read(s, step)
	case "insert", "insert many", "upsert", "update", "delete":
		return r.change(s, step)
	case "save", "load", "change", "remove":
		return r.unit(s, step)
	}
	return nil, badCase("a step %v", step["do"])
}

func (r *run) reflect(db *sql.Database, step document) (document, error) {
	tables, err := db.Reflect(r.ctx, texts(step["only"])...)
	out := document{}
	for _, t := range tables {
		columns, keys, uniques := []string{}, list{}, t.Uniques
		for _, c := range t.Columns {
			columns = append(columns, c.Name)
		}
		for _, k := range t.ForeignKeys {
			keys = append(keys, list{k.Columns, k.Table, k.Referred})
		}
		if uniques == nil {
			uniques = [][]string{}
		}
		out[t.Name] = document{"columns": columns, "primary key": t.PrimaryKey, "foreign keys": keys, "uniques": uniques}
	}
	return document{"tables": out}, err
}
