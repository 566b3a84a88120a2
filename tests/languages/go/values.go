package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

// document is a JSON object, list is a JSON array.
type (
	document = map[string]any
	list     = []any
)

// badCase is a case that this guest does not understand.
func badCase(format string, args ...any) error {
	return &sqlservice.Error{Code: "bad-case", Message: fmt.Sprintf(format, args...)}
}

// decodeValue is a JSON value as Go has it.
func decodeValue(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i, nil
		}
		return v.Float64()
	case document:
		for form, inner := range v {
			return decodeForm(form, inner)
		}
	}
	return v, nil
}

func decodeForm(form string, inner any) (any, error) {
	if form == "json" {
		text, err := json.Marshal(inner)
		return sqlservice.JSON(text), err
	}
	text, _ := inner.(string)
	switch form {
	case "integer":
		return strconv.ParseInt(text, 10, 64)
	case "decimal":
		return sqlservice.Decimal(text), nil
	case "bytes":
		return hex.DecodeString(text)
	case "uuid":
		return decodeUUID(text)
	case "date":
		return sqlservice.ParseDate(text)
	case "time":
		t, err := time.Parse("15:04:05.000000", text)
		return sqlservice.TimeOfDay(t.Sub(t.Truncate(24 * time.Hour)).Microseconds()), err
	case "timestamp":
		t, err := time.Parse("2006-01-02T15:04:05.000000", text)
		return sqlservice.TimestampOf(t), err
	case "timestamp-tz":
		return time.Parse("2006-01-02T15:04:05.000000Z07:00", text)
	}
	return nil, badCase("a value of the form %q", form)
}

func decodeUUID(text string) (u sqlservice.UUID, err error) {
	digits := make([]byte, 0, 32)
	for _, b := range []byte(text) {
		if b != '-' {
			digits = append(digits, b)
		}
	}
	_, err = hex.Decode(u[:], digits)
	return u, err
}

// encodeValue is a Go value as JSON.
func encodeValue(v any) any {
	switch v := v.(type) {
	case int64:
		if v > 1<<53-1 || v < -(1<<53-1) {
			return document{"integer": strconv.FormatInt(v, 10)}
		}
	case uint64:
		if v > 1<<53-1 {
			return document{"integer": strconv.FormatUint(v, 10)}
		}
	case sqlservice.Decimal:
		return document{"decimal": string(v)}
	case []byte:
		return document{"bytes": hex.EncodeToString(v)}
	case sqlservice.UUID:
		return document{"uuid": v.String()}
	case sqlservice.JSON:
		return document{"json": json.RawMessage(v)}
	case sqlservice.Date:
		return document{"date": v.String()}
	case sqlservice.TimeOfDay:
		return document{"time": v.String()}
	case sqlservice.Timestamp:
		return document{"timestamp": v.String()}
	case time.Time:
		return document{"timestamp-tz": v.UTC().Format("2006-01-02T15:04:05.000000Z")}
	}
	return v
}

func encodeRows(rows [][]any) list {
	out := make(list, len(rows))
	for i, row := range rows {
		cells := make(list, len(row))
		for c, v := range row {
			cells[c] = encodeValue(v)
		}
		out[i] = cells
	}
	return out
}

func texts(v any) []string {
	items, _ := v.(list)
	out := make([]string, len(items))
	for i, item := range items {
		out[i], _ = item.(string)
	}
	return out
}

func number(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}
