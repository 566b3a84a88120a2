package sqlservice

import (
	"reflect"
	"slices"
	"unsafe"
)

// objectState is a session's record of an object that Preload or Get read, or that Save wrote.
type objectState struct {
	object object
	// row is a copy of the object with the row's values.
	row object
	// related is the objects in each relation when it was loaded or written.
	related map[*relation][]object
}

func (s *Session) state(o object) *objectState { return s.objects[o.at] }

// track records the current column values of objects as their rows' values.
func (s *Session) track(list ...object) {
	if s.objects == nil {
		s.objects = make(map[unsafe.Pointer]*objectState, len(list))
	}
	for _, o := range list {
		if known := s.objects[o.at]; known != nil {
			known.row = o.copied()
		} else {
			s.objects[o.at] = &objectState{object: o, row: o.copied()}
		}
	}
}

// copied returns another object with the same column values. Pointers get copies of their values, which programs may change.
func (o object) copied() object {
	at := reflect.New(o.model.goType)
	at.Elem().Set(reflect.NewAt(o.model.goType, o.at).Elem())
	out := object{at.UnsafePointer(), o.model}
	for i := range o.model.fields {
		if f := &o.model.fields[i]; f.goType.Kind() == reflect.Pointer {
			if v := f.at(out.at); !v.IsNil() {
				own := reflect.New(f.goType.Elem())
				own.Elem().Set(v.Elem())
				v.Set(own)
			}
		}
	}
	for _, r := range o.model.relations {
		at.Elem().Field(r.index).SetZero()
	}
	return out
}

// remember records the objects in a relation of a tracked object.
func (s *Session) remember(o object, r *relation, list []object) {
	state := s.state(o)
	if state == nil {
		return
	}
	if state.related == nil {
		state.related = map[*relation][]object{}
	}
	state.related[r] = slices.Clone(list)
}

// changed returns the fields that differ from the row.
func (st *objectState) changed() []int {
	var out []int
	for i := range st.object.model.fields {
		if !reflect.DeepEqual(st.row.value(i), st.object.value(i)) {
			out = append(out, i)
		}
	}
	return out
}

// storedKey returns the row's primary key.
func (st *objectState) storedKey() []any {
	key := make([]any, len(st.object.model.key))
	for i, p := range st.object.model.key {
		key[i] = st.row.value(p)
	}
	return key
}
