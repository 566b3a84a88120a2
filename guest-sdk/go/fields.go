package sqlservice

import (
	"reflect"
	"unsafe"
)

// fieldSet is a set of a model's fields, by their positions.
type fieldSet struct {
	first uint64
	// more has the positions from 64 on, for which first has no bits.
	more map[int]bool
}

func (s *fieldSet) add(position int) {
	if position < 64 {
		s.first |= 1 << position
		return
	}
	if s.more == nil {
		s.more = map[int]bool{}
	}
	s.more[position] = true
}

func (s *fieldSet) has(position int) bool {
	if position < 64 {
		return s.first>>position&1 != 0
	}
	return s.more[position]
}

// positionsKey returns a string that is equal for equal lists of positions only.
func positionsKey(positions []int) string {
	key := make([]byte, 0, 2*len(positions))
	for _, p := range positions {
		key = append(key, byte(p), byte(p>>8))
	}
	return string(key)
}

// isZero reports whether a field is its type's zero value.
func (o object) isZero(position int) bool {
	f := &o.model.fields[position]
	at := unsafe.Add(o.at, f.offset)
	switch f.goType.Kind() {
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64:
		return *(*uint64)(at) == 0
	case reflect.Int32, reflect.Uint32:
		return *(*uint32)(at) == 0
	case reflect.Bool:
		return !*(*bool)(at)
	case reflect.String:
		return *(*string)(at) == ""
	case reflect.Pointer:
		return *(*unsafe.Pointer)(at) == nil
	}
	return f.at(o.at).IsZero()
}
