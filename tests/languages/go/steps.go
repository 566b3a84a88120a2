package main

import (
	"maps"
	"slices"

	sql "github.com/sqlservice/sqlservice/guest-sdk/go"
)

var isolations = map[any]sql.Isolation{"read uncommitted": sql.ReadUncommitted, "read-uncommitted": sql.ReadUncommitted,
	"read committed": sql.ReadCommitted, "read-committed": sql.ReadCommitted, "repeatable read": sql.RepeatableRead,
	"repeatable-read": sql.RepeatableRead, "serializable": sql.Serializable, "autocommit": sql.Autocommit}

func (r *run) transaction(s *sql.Session, step document) error {
	name, _ := step["name"].(string)
	switch step["do"] {
	case "begin":
		options := []sql.TxOption{sql.WithIsolation(isolations[step["isolation"]])}
		if step["read only"] == true {
			options = append(options, sql.ReadOnly())
		}
		return s.Begin(r.ctx, options...)
	case "commit":
		return s.Commit(r.ctx)
	case "rollback":
		return s.Rollback(r.ctx)
	case "close":
		delete(r.sessions, sessionName(step))
		return s.Close()
	case "savepoint":
		p, err := s.Savepoint(r.ctx)
		r.savepoints[name] = p
		return err
	case "release":
		return r.savepoints[name].Release(r.ctx)
	}
	return r.savepoints[name].Rollback(r.ctx)
}

func (r *run) read(s *sql.Session, step document) (document, error) {
	if step["do"] == "raw" {
		return r.raw(s, step)
	}
	read := &reader{}
	q := read.query(step["query"])
	if read.err != nil {
		return nil, read.err
	}
	if step["do"] == "stream" {
		return r.stream(s, q, step)
	}
	if n, ok := number(step["max rows"]); ok {
		q = q.MaxRows(uint64(n))
	}
	table, err := q.Table(r.ctx, s)
	if err != nil {
		return nil, err
	}
	return document{"columns": table.Columns, "rows": encodeRows(table.Rows)}, nil
}

func (r *run) stream(s *sql.Session, q rowQuery, step document) (document, error) {
	if n, ok := number(step["batch"]); ok {
		q = q.BatchRows(uint32(n))
	}
	take, limited := number(step["take"])
	var rows [][]any
	for row, err := range q.Rows(r.ctx, s) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
		if limited && len(rows) == int(take) {
			break
		}
	}
	return document{"rows": encodeRows(rows)}, nil
}

func (r *run) raw(s *sql.Session, step document) (document, error) {
	texts, _ := step["sql"].(document)
	text, _ := texts[r.db.Dialect()].(string)
	var arguments []any
	parameters, _ := step["parameters"].(list)
	for _, p := range parameters {
		v, err := decodeValue(p)
		if err != nil {
			return nil, err
		}
		arguments = append(arguments, v)
	}
	rows, err := sql.RawQuery[[]any](r.ctx, s, text, arguments...)
	return document{"rows": encodeRows(rows)}, err
}

func (r *run) change(s *sql.Session, step document) (document, error) {
	name, _ := step["table"].(string)
	table := sql.TableNamed(name)
	if step["do"] == "insert many" {
		return r.insertMany(s, name, step)
	}
	read := &reader{}
	var change sql.Change
	switch step["do"] {
	case "insert":
		change = read.insert(table, step)
	case "upsert":
		change = read.upsert(table, step)
	case "update":
		update := sql.Update(table).Set(read.assignments(step["set"])...)
		if where := step["where"]; where != nil {
			update = update.Where(read.condition(where))
		}
		change = update
	case "delete":
		remove := sql.DeleteFrom(table)
		if where := step["where"]; where != nil {
			remove = remove.Where(read.condition(where))
		}
		change = remove
	}
	if read.err != nil {
		return nil, read.err
	}
	returning, _ := step["returning"].(list)
	if len(returning) == 0 {
		did, err := s.Exec(r.ctx, change)
		return document{"affected": did.Affected}, err
	}
	rows, err := sql.Returning[[]any](change, read.expressions(returning)...).All(r.ctx, s)
	return document{"rows": encodeRows(rows)}, err
}

func (r *reader) insert(table sql.NamedTable, step document) sql.Change {
	insert := sql.Insert(table)
	if query := step["query"]; query != nil {
		var columns []sql.Named
		for _, c := range texts(step["columns"]) {
			columns = append(columns, column(c))
		}
		return insert.Query(r.query(query), columns...)
	}
	rows, _ := step["rows"].(list)
	for _, row := range rows {
		insert = insert.Values(r.row(row)...)
	}
	return insert
}

// row is values of columns, in the order of their names.
func (r *reader) row(v any) []sql.Assignment {
	row, _ := v.(document)
	var out []sql.Assignment
	for _, name := range slices.Sorted(maps.Keys(row)) {
		out = append(out, column(name).Set(r.value(row[name])))
	}
	return out
}

// assignments is expressions for columns.
func (r *reader) assignments(v any) []sql.Assignment {
	set, _ := v.(document)
	var out []sql.Assignment
	for _, name := range slices.Sorted(maps.Keys(set)) {
		out = append(out, column(name).SetTo(r.expression(set[name])))
	}
	return out
}

func (r *reader) upsert(table sql.NamedTable, step document) sql.Change {
	var key []sql.Named
	for _, c := range texts(step["key"]) {
		key = append(key, column(c))
	}
	insert := sql.Insert(table).Values(r.row(step["row"])...)
	if step["set"] == nil {
		return insert.OnConflictNothing(key...)
	}
	insert = insert.OnConflictUpdate(key, r.assignments(step["set"])...)
	if where := step["where"]; where != nil {
		insert = insert.ConflictWhere(r.condition(where))
	}
	return insert
}

func (r *run) insertMany(s *sql.Session, table string, step document) (document, error) {
	names := texts(step["columns"])
	columns := make([][]any, len(names))
	rows, _ := step["rows"].(list)
	for _, row := range rows {
		cells, _ := row.(list)
		for i := range names {
			value, err := decodeValue(cells[i])
			if err != nil {
				return nil, err
			}
			columns[i] = append(columns[i], value)
		}
	}
	got, did, err := sql.InsertColumns[[]any](r.ctx, s, table, names, columns, texts(step["returning"])...)
	if err != nil {
		return nil, err
	}
	if step["returning"] != nil {
		return document{"rows": encodeRows(got)}, nil
	}
	return document{"affected": did.Affected}, nil
}
