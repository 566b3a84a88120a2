package sqlservice

import (
	"context"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// TableInfo is a table that was reflected or declared by a model.
type TableInfo struct {
	Name, Schema string
	Columns      []ColumnInfo
	PrimaryKey   []string
	ForeignKeys  []ForeignKeyInfo
	// Uniques are the columns of each unique constraint.
	Uniques [][]string
	Indexes []IndexInfo
	Comment string
	IsView  bool
}

// ColumnInfo is a column.
type ColumnInfo struct {
	Name string
	// Type is the type's name in the contract: "int64", "varchar", "timestamp-tz", …
	Type     string
	Length   uint32
	Nullable bool
	// Generated is whether the database generates the key.
	Generated bool
	// Native is the type's name in this database, where reflection found one.
	Native string
}

// ForeignKeyInfo is a foreign key.
type ForeignKeyInfo struct {
	Columns  []string
	Table    string
	Referred []string
}

// IndexInfo is an index.
type IndexInfo struct {
	Name    string
	Columns []string
	Unique  bool
}

var kindWords = [...]string{"boolean", "int16", "int32", "int64", "uint64", "float32", "float64", "decimal", "text", "varchar", "bytes",
	"uuid", "json", "date", "time", "timestamp", "timestamp-tz", "interval", "enumeration", "array", "other"}

func tableInfo(t contract.Table) TableInfo {
	info := TableInfo{Name: t.Name, Schema: text(t.Schema), PrimaryKey: t.PrimaryKey, Comment: text(t.Comment), IsView: t.IsView}
	for _, c := range t.Columns {
		column := ColumnInfo{Name: c.Name, Type: kindWords[c.Type.Kind], Nullable: c.Nullable, Native: text(c.Type.Native)}
		if c.Type.Length != nil {
			column.Length = *c.Type.Length
		}
		_, column.Generated = c.Default.(contract.GeneratedKey)
		info.Columns = append(info.Columns, column)
	}
	for _, f := range t.ForeignKeys {
		info.ForeignKeys = append(info.ForeignKeys, ForeignKeyInfo{f.Columns, f.Table, f.Referred})
	}
	for _, u := range t.Uniques {
		info.Uniques = append(info.Uniques, u.Columns)
	}
	for _, i := range t.Indexes {
		info.Indexes = append(info.Indexes, IndexInfo{text(i.Name), i.Columns, i.Unique})
	}
	return info
}

func tableInfos(list []contract.Table) []TableInfo {
	out := make([]TableInfo, len(list))
	for i, t := range list {
		out[i] = tableInfo(t)
	}
	return out
}

// Tables returns the declared and reflected tables, in an order in which they can be created.
func (d *Database) Tables() []TableInfo {
	if d.use(context.Background()) != nil {
		return nil
	}
	return tableInfos(d.handle.Tables())
}

// Reflect reads tables from the database, all or those named. Statements may use them afterwards, by TableNamed.
func (d *Database) Reflect(ctx context.Context, only ...string) ([]TableInfo, error) {
	if err := d.use(ctx); err != nil {
		return nil, err
	}
	tables, failure := d.handle.Reflect(contract.ReflectOptions{Only: only})
	return tableInfos(tables), told(failure)
}

// Reflect is Database.Reflect within the open transaction, whose changes of the schema it sees.
func (s *Session) Reflect(ctx context.Context, only ...string) ([]TableInfo, error) {
	if err := s.use(ctx); err != nil {
		return nil, err
	}
	tables, failure := s.handle.Reflect(contract.ReflectOptions{Only: only})
	return tableInfos(tables), told(failure)
}
