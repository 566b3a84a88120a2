package sqlservice

import (
	"reflect"
	"slices"
	"unsafe"
)

// objectState is what a session knows of the row of an object: it was read by Preload or Get, or written by Save.
type objectState struct {
	object object
	// stored is the row's values, in the order of the model's fields; nil is null.
	stored []any
	// related is what relations held when they were loaded or written.
	related map[*relation][]object
}

func (s *Session) state(o object) *objectState { return s.objects[o.at] }

// track notes the rows of objects as they are.
func (s *Session) track(list []object) {
	if s.objects == nil {
		s.objects = map[unsafe.Pointer]*objectState{}
	}
	for _, o := range list {
		stored := make([]any, len(o.model.fields))
		for i := range stored {
			stored[i] = o.value(i)
		}
		if known := s.objects[o.at]; known != nil {
			known.stored = stored
		} else {
			s.objects[o.at] = &objectState{object: o, stored: stored}
		}
	}
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
	for i, was := range st.stored {
		if !reflect.DeepEqual(was, st.object.value(i)) {
			out = append(out, i)
		}
	}
	return out
}

// storedKey is the row's primary key.
func (st *objectState) storedKey() []any {
	key := make([]any, len(st.object.model.key))
	for i, p := range st.object.model.key {
		key[i] = st.stored[p]
	}
	return key
}
