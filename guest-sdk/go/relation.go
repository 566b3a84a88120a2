package sqlservice

import (
	"fmt"
	"reflect"
	"slices"
	"unsafe"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// Preload is a relation to load with rows, and the relations of its rows to load.
type Preload interface {
	preload() (name string, nested []Preload)
}

// Relation is a relation from the model O to the model T.
type Relation[O, T any] struct {
	name   string
	nested []Preload
}

// NewRelation makes the relation of O with a name.
func NewRelation[O, T any](name string) Relation[O, T] { return Relation[O, T]{name: name} }

// With also loads relations of the related rows.
func (r Relation[O, T]) With(nested ...Preload) Relation[O, T] {
	r.nested = with(r.nested, nested)
	return r
}

func (r Relation[O, T]) preload() (string, []Preload) { return r.name, r.nested }

// mapping is the columns that a relation joins on.
type mapping struct {
	// local are fields of the owner, remote fields of the target. In a direct relation, they have equal values.
	local, remote []int
	// owns is whether local is the foreign key.
	owns bool
	// through is the association model; its foreign keys are toOwner, which equals local, and toTarget, which equals remote.
	through           *model
	toOwner, toTarget []int
}

func (r *relation) mapping() (mapping, error) {
	if m := r.mapped.Load(); m != nil {
		return *m, nil
	}
	m, err := r.findMapping()
	if err == nil {
		r.mapped.Store(&m)
	}
	return m, err
}

func (r *relation) findMapping() (mapping, error) {
	target, err := r.target()
	if err != nil {
		return mapping{}, err
	}
	if r.Through != nil {
		return r.mapThrough(target)
	}
	if !r.Collection || target == r.owner {
		if key := r.owner.foreignKey(target, r.ForeignKey); key != nil && !r.Collection {
			return mapping{local: r.owner.positions(key.Columns), remote: target.positions(key.Referred), owns: true}, nil
		}
	}
	if key := target.foreignKey(r.owner, r.ForeignKey); key != nil {
		return mapping{local: r.owner.positions(key.Referred), remote: target.positions(key.Columns)}, nil
	}
	return mapping{}, failf("invalid", "%v.%s: no foreign key joins %s and %s", r.owner.goType, r.Name, r.Owner, target.table.Name)
}

func (r *relation) mapThrough(target *model) (mapping, error) {
	through := models.byName(*r.Through)
	if through == nil {
		return mapping{}, failf("invalid", "%v.%s: table %s has no model", r.owner.goType, r.Name, *r.Through)
	}
	var owner, related *contract.ForeignKey
	for i := range through.table.ForeignKeys {
		key := &through.table.ForeignKeys[i]
		switch {
		case owner == nil && key.Table == r.owner.table.Name && (r.ForeignKey == nil || slices.Equal(*r.ForeignKey, key.Columns)):
			owner = key
		case related == nil && key.Table == target.table.Name:
			related = key
		}
	}
	if owner == nil || related == nil {
		return mapping{}, failf("invalid", "%v.%s: table %s lacks a foreign key to %s or %s", r.owner.goType, r.Name, *r.Through, r.Owner, target.table.Name)
	}
	return mapping{local: r.owner.positions(owner.Referred), remote: target.positions(related.Referred), through: through,
		toOwner: through.positions(owner.Columns), toTarget: through.positions(related.Columns)}, nil
}

func (r *registry) byName(table string) *model {
	r.lock.Lock()
	defer r.lock.Unlock()
	return r.names[table]
}

// foreignKey returns the foreign key to a model, with the given columns unless columns is nil; nil where there is none.
func (m *model) foreignKey(to *model, columns *[]string) *contract.ForeignKey {
	for i := range m.table.ForeignKeys {
		key := &m.table.ForeignKeys[i]
		if key.Table == to.table.Name && (columns == nil || slices.Equal(*columns, key.Columns)) {
			return key
		}
	}
	return nil
}

func (m *model) positions(columns []string) []int {
	out := make([]int, len(columns))
	for i, c := range columns {
		out[i] = m.field(c)
	}
	return out
}

// object is a struct of a model.
type object struct {
	at    unsafe.Pointer
	model *model
}

func (o object) get(position int) reflect.Value { return o.model.fields[position].at(o.at) }

// value returns a field's value without its pointer; nil for null.
func (o object) value(position int) any {
	v := o.get(position)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	return v.Interface()
}

// set assigns a value to a field. A nil makes it null, or its zero value where the field is no pointer.
func (o object) set(position int, v any) error {
	f := o.get(position)
	if v == nil && f.Kind() != reflect.Pointer {
		f.SetZero()
		return nil
	}
	return assign(f, v)
}

// key returns the values of fields as a map key; false where one is null.
func (o object) key(positions []int) (any, bool) {
	list := make([]any, len(positions))
	for i, p := range positions {
		if list[i] = o.value(p); list[i] == nil {
			return nil, false
		}
	}
	return keyOf(list), true
}

func keyOf(list []any) any {
	for i, v := range list {
		if r := reflect.ValueOf(v); r.CanInt() {
			list[i] = r.Int()
		}
	}
	if len(list) == 1 && reflect.TypeOf(list[0]).Comparable() {
		return list[0]
	}
	return fmt.Sprintf("%q", list)
}

// related returns the objects in a relation's field.
func (o object) related(r *relation) ([]object, error) {
	target, err := r.target()
	if err != nil {
		return nil, err
	}
	f := reflect.NewAt(o.model.goType, o.at).Elem().Field(r.index)
	if !r.Collection {
		if f.IsNil() {
			return nil, nil
		}
		return []object{{f.UnsafePointer(), target}}, nil
	}
	out := make([]object, 0, f.Len())
	for i := range f.Len() {
		if at := f.Index(i); !at.IsNil() {
			out = append(out, object{at.UnsafePointer(), target})
		}
	}
	return out, nil
}

// relate stores objects in a relation's field.
func (o object) relate(r *relation, list []object) {
	f := reflect.NewAt(o.model.goType, o.at).Elem().Field(r.index)
	if r.Collection {
		out := reflect.MakeSlice(f.Type(), len(list), len(list))
		for i, other := range list {
			out.Index(i).Set(reflect.NewAt(r.goType, other.at))
		}
		f.Set(out)
		return
	}
	f.SetZero()
	if len(list) > 0 {
		f.Set(reflect.NewAt(r.goType, list[0].at))
	}
}
