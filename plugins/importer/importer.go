package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

// bulkRows is the number of rows that are inserted at a time.
const bulkRows = 1000

// row is a row of the file: its values by column, and its line.
type row struct {
	line   int64
	values []any
}

// importer collects rows with the same columns and inserts them in bulk.
type importer struct {
	ctx     context.Context
	session *sqlservice.Session
	table   sqlservice.TableInfo
	columns []string
	rows    []row
	report  Report
}

func (i *importer) column(name string) (sqlservice.ColumnInfo, bool) {
	at := slices.IndexFunc(i.table.Columns, func(c sqlservice.ColumnInfo) bool { return c.Name == name })
	if at < 0 {
		return sqlservice.ColumnInfo{}, false
	}
	return i.table.Columns[at], true
}

func (i *importer) refuse(line int64, reason string) {
	i.report.Refused = append(i.report.Refused, Refusal{line, reason})
}

// add collects a row. A row with other columns than those before begins a new bulk.
func (i *importer) add(columns []string, r row) error {
	if !slices.Equal(columns, i.columns) || len(i.rows) == bulkRows {
		if err := i.flush(); err != nil {
			return err
		}
		i.columns = slices.Clone(columns)
	}
	i.rows = append(i.rows, r)
	return nil
}

func (i *importer) flush() error {
	rows := i.rows
	i.rows = nil
	return i.insert(rows)
}

// insert inserts rows at once. Where the database refuses any of them, it tries each half again, down to the single row.
func (i *importer) insert(rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	columns := make([][]any, len(i.columns))
	for c := range columns {
		columns[c] = make([]any, len(rows))
		for r := range rows {
			columns[c][r] = rows[r].values[c]
		}
	}
	err := i.session.Nested(i.ctx, func() error {
		_, _, err := sqlservice.InsertColumns[[]any](i.ctx, i.session, i.table.Name, i.columns, columns)
		return err
	})
	switch {
	case err == nil:
		i.report.Imported += int64(len(rows))
		return nil
	case !isOfRow(err):
		return err
	case len(rows) == 1:
		i.refuse(rows[0].line, err.Error())
		return nil
	}
	if err := i.insert(rows[:len(rows)/2]); err != nil {
		return err
	}
	return i.insert(rows[len(rows)/2:])
}

// isOfRow reports whether an error is caused by the values of a row, so that other rows may succeed.
func isOfRow(err error) bool {
	var e *sqlservice.Error
	return errors.As(err, &e) && (strings.HasSuffix(e.Code, "-violation") || e.Code == "type-mismatch" || e.Code == "data")
}
