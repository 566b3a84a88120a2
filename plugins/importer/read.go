package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

func readCSV(input io.Reader, i *importer) error {
	reader := csv.NewReader(input)
	head, err := reader.Read()
	if err != nil {
		return fmt.Errorf("the file has no head: %w", err)
	}
	for _, name := range head {
		if _, ok := i.column(name); !ok {
			return fmt.Errorf("table %s has no column %q", i.table.Name, name)
		}
	}
	for {
		cells, err := reader.Read()
		line, _ := reader.FieldPos(0)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, csv.ErrFieldCount):
			i.refuse(int64(line), fmt.Sprintf("it has %d cells, and the head has %d", len(cells), len(head)))
			continue
		case err != nil:
			return err
		}
		if err := i.addTexts(int64(line), head, cells); err != nil {
			return err
		}
	}
}

func (i *importer) addTexts(line int64, columns, cells []string) error {
	values := make([]any, len(cells))
	for c, cell := range cells {
		column, _ := i.column(columns[c])
		value, err := parse(column, cell)
		if err != nil {
			i.refuse(line, err.Error())
			return nil
		}
		values[c] = value
	}
	return i.add(columns, row{line, values})
}

// parse parses a cell as a value of its column's type.
func parse(c sqlservice.ColumnInfo, cell string) (any, error) {
	if cell == "" && c.Type != "text" && c.Type != "varchar" || cell == "" && c.Nullable {
		return nil, nil
	}
	var value any
	var err error
	switch c.Type {
	case "boolean":
		value, err = strconv.ParseBool(cell)
	case "int16", "int32", "int64":
		value, err = strconv.ParseInt(cell, 10, bits[c.Type])
	case "uint64":
		value, err = strconv.ParseUint(cell, 10, 64)
	case "float32", "float64":
		value, err = strconv.ParseFloat(cell, 64)
	case "decimal":
		value = sqlservice.Decimal(cell)
	case "json":
		value = sqlservice.JSON(cell)
	case "date":
		value, err = sqlservice.ParseDate(cell)
	case "timestamp-tz":
		value, err = time.Parse(time.RFC3339Nano, cell)
	case "timestamp":
		var t time.Time
		t, err = time.Parse("2006-01-02T15:04:05", strings.Replace(cell, " ", "T", 1))
		value = sqlservice.TimestampOf(t)
	case "text", "varchar", "enumeration":
		value = cell
	default:
		return nil, fmt.Errorf("column %s: files have no values of type %s", c.Name, c.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("column %s: %q is no %s", c.Name, cell, c.Type)
	}
	return value, nil
}

var bits = map[string]int{"int16": 16, "int32": 32, "int64": 64}

func readJSON(input io.Reader, i *importer) error {
	lines := bufio.NewScanner(input)
	lines.Buffer(nil, 16<<20)
	for line := int64(1); lines.Scan(); line++ {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(lines.Bytes(), &fields); err != nil {
			i.refuse(line, err.Error())
			continue
		}
		if err := i.addFields(line, fields); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (i *importer) addFields(line int64, fields map[string]json.RawMessage) error {
	columns := slices.Sorted(maps.Keys(fields))
	values := make([]any, len(columns))
	for c, name := range columns {
		column, ok := i.column(name)
		if !ok {
			i.refuse(line, fmt.Sprintf("table %s has no column %q", i.table.Name, name))
			return nil
		}
		value, err := parseJSON(column, fields[name])
		if err != nil {
			i.refuse(line, err.Error())
			return nil
		}
		values[c] = value
	}
	return i.add(columns, row{line, values})
}

// parseJSON parses a member as a value of its column's type; numbers may be written as texts.
func parseJSON(c sqlservice.ColumnInfo, raw json.RawMessage) (any, error) {
	switch text := string(raw); {
	case c.Type == "json":
		return sqlservice.JSON(text), nil
	case text == "null":
		return nil, nil
	case raw[0] == '"':
		var cell string
		if err := json.Unmarshal(raw, &cell); err != nil {
			return nil, err
		}
		if c.Type == "text" || c.Type == "varchar" {
			return cell, nil
		}
		return parse(c, cell)
	case c.Type == "text" || c.Type == "varchar" || c.Type == "enumeration":
		return nil, fmt.Errorf("column %s: %s is no text", c.Name, text)
	default:
		return parse(c, text)
	}
}
