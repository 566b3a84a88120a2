package sqlservice

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/naming"
)

// columnTypes are the column types of Go types.
var columnTypes = map[reflect.Type]contract.TypeKind{
	reflect.TypeFor[time.Time](): contract.KindTimestampTZ,
	reflect.TypeFor[[]byte]():    contract.KindBytes,
	reflect.TypeFor[Decimal]():   contract.KindDecimal,
	reflect.TypeFor[JSON]():      contract.KindJSON,
	reflect.TypeFor[UUID]():      contract.KindUUID,
	reflect.TypeFor[Date]():      contract.KindDate,
	reflect.TypeFor[TimeOfDay](): contract.KindTime,
	reflect.TypeFor[Timestamp](): contract.KindTimestamp,
	reflect.TypeFor[Interval]():  contract.KindInterval,
	reflect.TypeFor[Native]():    contract.KindOther,
}

var kindTypes = map[reflect.Kind]contract.TypeKind{
	reflect.Bool: contract.KindBoolean, reflect.Int8: contract.KindInt16, reflect.Int16: contract.KindInt16,
	reflect.Uint8: contract.KindInt16, reflect.Int32: contract.KindInt32, reflect.Uint16: contract.KindInt32,
	reflect.Int: contract.KindInt64, reflect.Int64: contract.KindInt64, reflect.Uint32: contract.KindInt64,
	reflect.Uint: contract.KindUint64, reflect.Uint64: contract.KindUint64,
	reflect.Float32: contract.KindFloat32, reflect.Float64: contract.KindFloat64, reflect.String: contract.KindText,
}

func columnType(goType reflect.Type) (contract.ColumnType, bool) {
	if kind, ok := columnTypes[goType]; ok {
		return contract.ColumnType{Kind: kind}, true
	}
	if kind, ok := kindTypes[goType.Kind()]; ok {
		return contract.ColumnType{Kind: kind}, true
	}
	if goType.Kind() == reflect.Slice {
		if item, ok := columnType(goType.Elem()); ok && item.Kind != contract.KindArray {
			return contract.ColumnType{Kind: contract.KindArray, Element: &item.Kind}, true
		}
	}
	return contract.ColumnType{}, false
}

// columnOption applies an option of a tag `db`.
func (m *model) columnOption(c *contract.Column, goType reflect.Type, option string) error {
	word, argument, _ := strings.Cut(option, "=")
	switch word {
	case "primarykey":
		m.table.PrimaryKey = append(m.table.PrimaryKey, c.Name)
	case "generated":
		c.Default = contract.GeneratedKey{}
	case "notnull":
		c.Nullable = false
	case "version":
		m.table.VersionColumn = &c.Name
	case "now":
		c.Default = contract.NowDefault{}
	case "updatenow":
		c.OnUpdate = contract.NowDefault{}
	case "unique":
		m.index(&m.table.Uniques, c.Name, argument, true)
	case "index":
		m.index(&m.table.Indexes, c.Name, argument, false)
	case "uniqueindex":
		m.index(&m.table.Indexes, c.Name, argument, true)
	case "size":
		return m.size(c, argument)
	case "precision":
		return number(&c.Type.Precision, word, argument)
	case "scale":
		return number(&c.Type.Scale, word, argument)
	case "enum":
		c.Type = contract.ColumnType{Kind: contract.KindEnumeration, Labels: strings.Split(argument, "|"), Native: c.Type.Native}
	case "native":
		c.Type = contract.ColumnType{Kind: contract.KindOther, Native: &argument}
	case "comment":
		c.Comment = &argument
	case "default":
		value, err := literal(goType, argument)
		if err != nil {
			return err
		}
		c.Default = contract.LiteralDefault{Value: value}
	case "references":
		return m.reference(c.Name, argument)
	case "ondelete", "onupdate":
		return m.referenceAction(c.Name, word, argument)
	default:
		return fmt.Errorf("the tag `db` has no option %q", word)
	}
	return nil
}

func (m *model) size(c *contract.Column, argument string) error {
	if c.Type.Kind == contract.KindText {
		c.Type.Kind = contract.KindVarchar
	}
	return number(&c.Type.Length, "size", argument)
}

func number(to **uint32, word, argument string) error {
	n, err := strconv.ParseUint(argument, 10, 32)
	if err != nil {
		return fmt.Errorf("%s=%s is no number", word, argument)
	}
	value := uint32(n)
	*to = &value
	return nil
}

// index adds a column to the index of that name, or adds a new index where there is none or the name is empty.
func (m *model) index(list *[]contract.Index, column, name string, unique bool) {
	for i := range *list {
		if at := &(*list)[i]; name != "" && at.Name != nil && *at.Name == name {
			at.Columns = append(at.Columns, column)
			return
		}
	}
	*list = append(*list, contract.Index{Name: optional(name), Columns: []string{column}, Unique: unique})
}

// reference adds a foreign key of one column.
func (m *model) reference(column, argument string) error {
	table, referred, ok := strings.Cut(argument, ".")
	if !ok {
		return fmt.Errorf("references=%s is not TABLE.COLUMN", argument)
	}
	m.table.ForeignKeys = append(m.table.ForeignKeys, contract.ForeignKey{
		Columns: []string{column}, Table: table, Referred: []string{referred}})
	return nil
}

var actions = map[string]contract.Action{"noaction": contract.NoAction, "restrict": contract.Restrict, "cascade": contract.Cascade,
	"setnull": contract.SetNull, "setdefault": contract.SetDefault}

func (m *model) referenceAction(column, word, argument string) error {
	action, ok := actions[argument]
	last := len(m.table.ForeignKeys) - 1
	if !ok || last < 0 || m.table.ForeignKeys[last].Columns[0] != column {
		return fmt.Errorf("%s=%s: it stands behind `references` and is noaction, restrict, cascade, setnull or setdefault", word, argument)
	}
	if word == "ondelete" {
		m.table.ForeignKeys[last].OnDelete = action
	} else {
		m.table.ForeignKeys[last].OnUpdate = action
	}
	return nil
}

// literal parses a default in a tag.
func literal(goType reflect.Type, argument string) (contract.Value, error) {
	v := reflect.New(goType).Elem()
	var err error
	switch {
	case v.Kind() == reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(argument)
		v.SetBool(b)
	case v.CanInt():
		var i int64
		i, err = strconv.ParseInt(argument, 10, v.Type().Bits())
		v.SetInt(i)
	case v.CanUint():
		var u uint64
		u, err = strconv.ParseUint(argument, 10, v.Type().Bits())
		v.SetUint(u)
	case v.CanFloat():
		var f float64
		f, err = strconv.ParseFloat(argument, 64)
		v.SetFloat(f)
	case v.Kind() == reflect.String:
		v.SetString(argument)
	default:
		return nil, fmt.Errorf("a %v has no default in a tag", goType)
	}
	if err != nil {
		return nil, fmt.Errorf("default=%s is no %v", argument, goType)
	}
	return valueOf(v.Interface())
}

var cascades = map[string]contract.CascadeKind{"saveupdate": contract.SaveUpdate, "delete": contract.CascadeDelete,
	"deleteorphan": contract.DeleteOrphan}

// addRelation adds the relation of a field with a tag `rel`.
func (m *model) addRelation(index int, f reflect.StructField, tag string) error {
	name, options, _ := strings.Cut(tag, ",")
	if name == "" {
		name = naming.Snake(f.Name)
	}
	r := &relation{index: index, owner: m, goType: f.Type}
	r.Name, r.Owner, r.Cascade = name, m.table.Name, []contract.CascadeKind{contract.SaveUpdate}
	if f.Type.Kind() == reflect.Slice {
		r.Collection, r.goType = true, f.Type.Elem()
	}
	if r.goType.Kind() != reflect.Pointer || r.goType.Elem().Kind() != reflect.Struct {
		return failf("invalid", "%v.%s: a relation is a *T or a []*T of a model T", m.goType, f.Name)
	}
	r.goType = r.goType.Elem()
	for _, option := range strings.Split(options, ",") {
		if option = strings.TrimSpace(option); option != "" {
			if err := r.option(option); err != nil {
				return failf("invalid", "%v.%s: %v", m.goType, f.Name, err)
			}
		}
	}
	m.relations = append(m.relations, r)
	return nil
}

func (r *relation) option(option string) error {
	word, argument, _ := strings.Cut(option, "=")
	switch word {
	case "foreignkey":
		columns := strings.Split(argument, "|")
		r.ForeignKey = &columns
	case "through":
		r.Through = &argument
	case "cascade":
		r.Cascade = nil
		for _, kind := range strings.Split(argument, "|") {
			cascade, ok := cascades[kind]
			if !ok && kind != "none" {
				return fmt.Errorf("cascade=%s: it is none, or saveupdate, delete and deleteorphan with | between", argument)
			} else if ok {
				r.Cascade = append(r.Cascade, cascade)
			}
		}
	case "passivedeletes":
		r.PassiveDeletes = true
	case "postupdate":
		r.PostUpdate = true
	case "orderby":
		r.OrderBy = strings.Split(argument, "|")
	default:
		return fmt.Errorf("the tag `rel` has no option %q", word)
	}
	return nil
}
