package abi

import (
	"fmt"
	"reflect"
	"sync"
	"unsafe"
)

type kind uint8

const (
	kindUnit kind = iota
	kindNumber
	kindBool
	kindString
	kindList
	kindRecord
	kindOption
	kindVariant
	kindResult
	kindDeferred
)

// Core is a type of core WebAssembly.
type Core uint8

// The types of core WebAssembly.
const (
	I32 Core = iota
	I64
	F32
	F64
)

// Type is the memory layout of a Go type as a WIT type:
//
//	bool, int8 … uint64, float32, float64   of the same name; int is s64
//	string                                  string
//	[]T                                     list<T>
//	*T                                      option<T>
//	struct                                  record, or tuple; struct{} has no value
//	an interface given to Variant           variant
//	Result[T, E]                            result<T, E>
//	Deferred[T]                             the type of T, in a result
type Type struct {
	kind        kind
	size, align uint32
	goType      reflect.Type
	// same is whether Go's memory layout is that of the ABI.
	same   bool
	elem   *Type
	fields []field
	cases  []*Type
	// words are the first words of interfaces that hold the cases.
	words  []uintptr
	flat   []Core
	signed bool
	// last is the last case of an enum.
	last *uint8
}

type field struct {
	goOffset uintptr
	offset   uint32
	ty       *Type
}

// Result is WIT's result<T, E>.
type Result[T, E any] struct {
	IsErr bool
	Ok    T
	Err   E
}

func (Result[T, E]) isResult() {}

var (
	resultMarker = reflect.TypeFor[interface{ isResult() }]()
	variants     = map[reflect.Type][]variantCase{}
	enums        = map[reflect.Type]uint8{}
	known        = map[reflect.Type]*Type{}
	typesLock    sync.Mutex
)

// variantCase is the type of a case, and the first word of an interface that holds it.
type variantCase struct {
	goType reflect.Type
	word   uintptr
}

// Variant declares the types of the cases of the interface type V, in WIT's order.
func Variant[V any](cases ...V) bool {
	list := make([]variantCase, len(cases))
	for i := range cases {
		list[i] = variantCase{reflect.TypeOf(cases[i]), (*iface)(unsafe.Pointer(&cases[i])).word}
		if isPointer(list[i].goType) {
			panic(fmt.Sprintf("sqlservice: a %v is no case of a variant: it lies in an interface itself", list[i].goType))
		}
	}
	variants[reflect.TypeFor[V]()] = list
	return true
}

// isPointer reports whether an interface stores values of the type directly, and not their address.
func isPointer(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	case reflect.Struct:
		return t.NumField() == 1 && isPointer(t.Field(0).Type)
	case reflect.Array:
		return t.Len() == 1 && isPointer(t.Elem())
	}
	return false
}

// Enum declares the last case of the enum E.
func Enum[E ~uint8](last E) bool {
	enums[reflect.TypeFor[E]()] = uint8(last)
	return true
}

// TypeFor returns the layout of T. It panics for a type that has no counterpart in WIT.
func TypeFor[T any]() *Type { return TypeOf(reflect.TypeFor[T]()) }

// TypeOf returns the layout of a type. It panics for a type that has no counterpart in WIT.
func TypeOf(goType reflect.Type) *Type {
	typesLock.Lock()
	defer typesLock.Unlock()
	return typeOf(goType)
}

func typeOf(goType reflect.Type) *Type {
	if t, ok := known[goType]; ok {
		return t
	}
	t := &Type{goType: goType}
	known[goType] = t
	t.lay()
	return t
}

func (t *Type) lay() {
	switch goKind := t.goType.Kind(); goKind {
	case reflect.Bool:
		t.scalar(kindBool, 1, I32)
	case reflect.Int8, reflect.Int16, reflect.Int32:
		t.scalar(kindNumber, uint32(t.goType.Size()), I32)
		t.signed = true
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		t.scalar(kindNumber, uint32(t.goType.Size()), I32)
		if last, ok := enums[t.goType]; ok {
			t.last, t.same = &last, false
		}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		t.scalar(kindNumber, 8, I64)
	case reflect.Float32:
		t.scalar(kindNumber, 4, F32)
	case reflect.Float64:
		t.scalar(kindNumber, 8, F64)
	case reflect.String:
		t.kind, t.size, t.align, t.flat = kindString, 8, 4, []Core{I32, I32}
	case reflect.Slice:
		t.kind, t.size, t.align, t.flat = kindList, 8, 4, []Core{I32, I32}
		t.elem = typeOf(t.goType.Elem())
	case reflect.Pointer:
		t.kind, t.elem = kindOption, typeOf(t.goType.Elem())
		t.layCases([]*Type{nil, t.elem})
	case reflect.Interface:
		t.layVariant()
	case reflect.Struct:
		t.layStruct()
	default:
		panic(fmt.Sprintf("sqlservice: a %v has no counterpart in WIT", t.goType))
	}
}

func (t *Type) scalar(k kind, size uint32, core Core) {
	t.kind, t.size, t.align, t.flat, t.same = k, size, size, []Core{core}, true
}

func (t *Type) layStruct() {
	if t.goType.Implements(deferredMarker) {
		t.layDeferred()
		return
	}
	if t.goType.Implements(resultMarker) {
		t.kind = kindResult
		for _, i := range []int{1, 2} {
			f := t.goType.Field(i)
			t.fields = append(t.fields, field{goOffset: f.Offset, ty: typeOf(f.Type)})
		}
		t.layCases([]*Type{t.fields[0].ty, t.fields[1].ty})
		return
	}
	if t.goType.NumField() == 0 {
		t.kind, t.align, t.same = kindUnit, 1, true
		return
	}
	t.kind, t.align, t.same = kindRecord, 1, true
	for i := range t.goType.NumField() {
		f := t.goType.Field(i)
		ty := typeOf(f.Type)
		t.size = alignTo(t.size, ty.align)
		t.same = t.same && ty.same && f.Offset == uintptr(t.size)
		t.fields = append(t.fields, field{f.Offset, t.size, ty})
		t.size += ty.size
		t.align = max(t.align, ty.align)
		t.flat = append(t.flat, ty.flat...)
	}
	t.size = alignTo(t.size, t.align)
	t.same = t.same && t.goType.Size() == uintptr(t.size)
}

func (t *Type) layVariant() {
	cases, ok := variants[t.goType]
	if !ok {
		panic(fmt.Sprintf("sqlservice: a %v has no counterpart in WIT", t.goType))
	}
	t.kind = kindVariant
	types := make([]*Type, len(cases))
	for i, c := range cases {
		t.words = append(t.words, c.word)
		types[i] = typeOf(c.goType)
	}
	t.layCases(types)
}

// layCases lays out a variant: a byte for the discriminant, and the case's payload.
func (t *Type) layCases(cases []*Type) {
	t.cases, t.align = cases, 1
	size, flat := uint32(0), []Core{}
	for _, c := range cases {
		if c == nil {
			continue
		}
		size, t.align = max(size, c.size), max(t.align, c.align)
		for i, core := range c.flat {
			if i == len(flat) {
				flat = append(flat, core)
			} else {
				flat[i] = join(flat[i], core)
			}
		}
	}
	t.size = alignTo(alignTo(1, t.align)+size, t.align)
	t.flat = append([]Core{I32}, flat...)
}

// payload returns the offset of a variant's payload.
func (t *Type) payload() uint32 { return t.align }

func join(a, b Core) Core {
	switch {
	case a == b:
		return a
	case (a == I32 || a == F32) && (b == I32 || b == F32):
		return I32
	}
	return I64
}

// Flat returns the core types of a value that is passed outside of memory.
func (t *Type) Flat() []Core { return t.flat }
