package sqlservice

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/naming"
)

// model is the mapping of a struct to its table.
type model struct {
	goType    reflect.Type
	table     contract.Table
	fields    []modelField
	relations []*relation
	key       []int
	version   int
	generated int
	selected  atomic.Pointer[[]Expression]
}

// modelField is a field that is mapped to a column.
type modelField struct {
	name   string
	index  int
	offset uintptr
	goType reflect.Type
	column *contract.Column
}

// relation is a field that holds related structs: a pointer, or a slice of pointers.
type relation struct {
	contract.Relationship
	index  int
	owner  *model
	goType reflect.Type
	// found and mapped cache the results of target and mapping, which need all models to be defined.
	found  atomic.Pointer[model]
	mapped atomic.Pointer[mapping]
}

func (r *relation) target() (*model, error) {
	if m := r.found.Load(); m != nil {
		return m, nil
	}
	m, err := models.byType(r.goType)
	r.found.Store(m)
	return m, err
}

// registry is all models of the program, in the order of their definition.
type registry struct {
	lock   sync.Mutex
	types  map[reflect.Type]*model
	names  map[string]*model
	order  []*model
	failed error
	// kept is the first keptOf models in the encoding for the host, reused by every Open.
	kept   contract.Declared
	keptOf int
}

var models = &registry{types: map[reflect.Type]*model{}, names: map[string]*model{}}

func (r *registry) define(goType reflect.Type, table string) *model {
	r.lock.Lock()
	defer r.lock.Unlock()
	if m, ok := r.types[goType]; ok {
		if m.table.Name != table && r.failed == nil {
			r.failed = failf("invalid", "%v is the model of table %s and of table %s", goType, m.table.Name, table)
		}
		return m
	}
	m, err := newModel(goType, table)
	if err == nil && r.names[table] != nil {
		err = failf("invalid", "table %s has two models: %v and %v", table, r.names[table].goType, goType)
	}
	if err != nil && r.failed == nil {
		r.failed = err
	}
	r.types[goType], r.names[table] = m, m
	r.order = append(r.order, m)
	return m
}

func (r *registry) byType(goType reflect.Type) (*model, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if m, ok := r.types[goType]; ok {
		return m, nil
	}
	return nil, failf("invalid", "%v is no model: define it by a comment //sqlservice:model, or by Define", goType)
}

// declared returns all models as values of the contract.
func (r *registry) declared() (contract.Models, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	var out contract.Models
	for _, m := range r.order {
		out.Tables = append(out.Tables, m.table)
	}
	for _, m := range r.order {
		for _, rel := range m.relations {
			target, ok := r.types[rel.goType]
			if !ok {
				return out, failf("invalid", "%v.%s: %v is no model", m.goType, rel.Name, rel.goType)
			}
			rel.Target = target.table.Name
			out.Relationships = append(out.Relationships, rel.Relationship)
		}
	}
	return out, r.failed
}

// written returns all models in the encoding for the host. It encodes them again only after more were defined.
func (r *registry) written() (contract.Declared, error) {
	if r.keptOf > 0 && r.keptOf == len(r.order) {
		return r.kept, nil
	}
	declared, err := r.declared()
	if err != nil {
		return contract.Declared{}, err
	}
	kept, failure := contract.Declare(declared)
	if failure != nil {
		return contract.Declared{}, told(failure)
	}
	r.kept, r.keptOf = kept, len(declared.Tables)
	return kept, nil
}

func newModel(goType reflect.Type, table string) (*model, error) {
	m := &model{goType: goType, version: -1, generated: -1}
	m.table = contract.Table{Name: table}
	if goType.Kind() != reflect.Struct {
		return m, failf("invalid", "a model is a struct, and %v is none", goType)
	}
	for i := range goType.NumField() {
		f := goType.Field(i)
		if tag, ok := f.Tag.Lookup("rel"); ok {
			if err := m.addRelation(i, f, tag); err != nil {
				return m, err
			}
		} else if tag := f.Tag.Get("db"); tag != "-" && f.IsExported() {
			if err := m.addColumn(i, f, tag); err != nil {
				return m, err
			}
		}
	}
	for i := range m.fields {
		m.fields[i].column = &m.table.Columns[i]
	}
	return m, nil
}

func (m *model) addColumn(index int, f reflect.StructField, tag string) error {
	name, options, _ := strings.Cut(tag, ",")
	if name == "" {
		name = naming.Snake(f.Name)
	}
	column := contract.Column{Name: name, Default: contract.NoDefault{}, OnUpdate: contract.NoDefault{}}
	goType := f.Type
	if goType.Kind() == reflect.Pointer {
		column.Nullable = true
		goType = goType.Elem()
	}
	ty, ok := columnType(goType)
	if !ok {
		return failf("invalid", "%v.%s: a %v is no column's type; a relation has a tag `rel`", m.goType, f.Name, f.Type)
	}
	column.Type = ty
	field := modelField{name: name, index: index, offset: f.Offset, goType: f.Type}
	for _, option := range strings.Split(options, ",") {
		if option = strings.TrimSpace(option); option != "" {
			if err := m.columnOption(&column, goType, option); err != nil {
				return failf("invalid", "%v.%s: %v", m.goType, f.Name, err)
			}
		}
	}
	position := len(m.fields)
	if slices.Contains(m.table.PrimaryKey, name) {
		m.key = append(m.key, position)
	}
	if _, ok := column.Default.(contract.GeneratedKey); ok {
		m.generated = position
	}
	if m.table.VersionColumn != nil && *m.table.VersionColumn == name {
		m.version = position
	}
	m.fields = append(m.fields, field)
	m.table.Columns = append(m.table.Columns, column)
	return nil
}

// field returns the position of a column; -1 where no column has that name.
func (m *model) field(name string) int {
	return slices.IndexFunc(m.fields, func(f modelField) bool { return f.name == name })
}

func (m *model) relation(name string) *relation {
	for _, r := range m.relations {
		if r.Name == name {
			return r
		}
	}
	return nil
}

func (m *model) columnNames() []string {
	names := make([]string, len(m.fields))
	for i, f := range m.fields {
		names[i] = f.name
	}
	return names
}
