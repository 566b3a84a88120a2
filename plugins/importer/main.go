// A plugin that imports files into tables that it does not declare: CSV with a header, or JSON lines. Rows are inserted in bulk,
// column by column. Rows that the database or a column's type refuses are reported with their line; the others are kept.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

// Report is the outcome of an import.
type Report struct {
	Imported int64
	Refused  []Refusal
}

// Refusal is a row that was not imported.
type Refusal struct {
	Line   int64
	Reason string
}

// ImportCSV imports a CSV file, whose first line names columns of the table. An empty cell is null, or empty text if not nullable.
//
//sqlservice:export import-csv
func ImportCSV(ctx context.Context, table, file string) (Report, error) {
	return importFile(ctx, table, file, readCSV)
}

// ImportJSON imports a file with a JSON object of the table's columns in each line.
//
//sqlservice:export import-json
func ImportJSON(ctx context.Context, table, file string) (Report, error) {
	return importFile(ctx, table, file, readJSON)
}

// importFile imports all of a file in one transaction.
func importFile(ctx context.Context, table, file string, read func(io.Reader, *importer) error) (Report, error) {
	input, err := os.Open(file)
	if err != nil {
		return Report{}, fmt.Errorf("grant its directory by --dir: %w", err)
	}
	defer input.Close()
	db, err := sqlservice.Open(ctx, "default")
	if err != nil {
		return Report{}, err
	}
	defer db.Close()
	tables, err := db.Reflect(ctx, table)
	if err != nil {
		return Report{}, err
	}
	position := slices.IndexFunc(tables, func(t sqlservice.TableInfo) bool { return t.Name == table })
	if position < 0 {
		return Report{}, fmt.Errorf("there is no table %s", table)
	}
	i := &importer{ctx: ctx, table: tables[position]}
	err = db.Transaction(ctx, func(s *sqlservice.Session) error {
		i.session = s
		if err := read(input, i); err != nil {
			return err
		}
		return i.flush()
	})
	slices.SortFunc(i.report.Refused, func(a, b Refusal) int { return int(a.Line - b.Line) })
	return i.report, err
}
