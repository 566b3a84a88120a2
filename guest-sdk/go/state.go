package sqlservice

import (
	"reflect"
	"slices"
	"unsafe"
)

// objectState is what a session knows of the row of an object: it was read by Preload or Get, or written by Save.
type objectState struct {
	object object
	// row is a copy of the object with the row's values.
	row object
	// related is what relations held when they were loaded or written.
	related map[*relation][]object
}

func (s *Session) state(o object) *objectState { return s.objects[o.at] }

// track notes the rows of objects as they are.
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

// copied is another object with the same values in its columns. What pointers point to is copied as well, as programs change it.
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

// remember notes what a relation of an object holds.
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

// changed is the fields that differ from the row.
func (st *objectState) changed() []int {
	var out []int
	for i := range st.object.model.fields {
		if !reflect.DeepEqual(st.row.value(i), st.object.value(i)) {
			out = append(out, i)
		}
	}
	return out
}

// storedKey is the row's primary key.
func (st *objectState) storedKey() []any {
	key := make([]any, len(st.object.model.key))
	for i, p := range st.object.model.key {
		key[i] = st.row.value(p)
	}
	return key
}
