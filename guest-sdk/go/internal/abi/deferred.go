package abi

import (
	"reflect"
	"unsafe"
)

// Deferred is a part of a result, of the type T in WIT, that is decoded at its first use, or before its memory is freed: most
// programs do not use the types of columns, and a prepared statement's columns are decoded only once.
type Deferred[T any] struct{ read *pendingRead }

func (Deferred[T]) deferredType() reflect.Type { return reflect.TypeFor[T]() }

var deferredMarker = reflect.TypeFor[interface{ deferredType() reflect.Type }]()

// pendingRead is the address of a value, and the value after it was decoded.
type pendingRead struct {
	at    uint32
	ty    *Type
	value unsafe.Pointer
}

// unread are the deferred values in the memory of results.
var unread []*pendingRead

// layDeferred gives a Deferred[T] the layout of T.
func (t *Type) layDeferred() {
	elem := typeOf(reflect.Zero(t.goType).Interface().(interface{ deferredType() reflect.Type }).deferredType())
	t.kind, t.elem, t.size, t.align, t.flat = kindDeferred, elem, elem.size, elem.align, elem.flat
}

func (t *Type) deferRead(at uint32, dst unsafe.Pointer) {
	read := &pendingRead{at: at, ty: t.elem}
	unread = append(unread, read)
	*(**pendingRead)(dst) = read
}

func (r *pendingRead) load() {
	if r.ty != nil && r.value == nil {
		r.value = newValue(r.ty.goType)
		r.ty.Load(r.at, r.value)
	}
}

// takeBackResults frees the memory of results, after decoding the deferred values in it.
func takeBackResults() {
	for _, r := range unread {
		r.load()
	}
	clear(unread)
	unread = unread[:0]
	results.Reset()
}

// Get returns the value; the zero value where Forget dropped it.
func (d Deferred[T]) Get() (value T) {
	callLock.Lock()
	defer callLock.Unlock()
	if d.read == nil {
		return value
	}
	if d.read.load(); d.read.value == nil {
		return value
	}
	return *(*T)(d.read.value)
}

// Forget drops a value that is not decoded yet.
func (d Deferred[T]) Forget() {
	if d.read != nil && d.read.value == nil {
		d.read.ty = nil
	}
}

// FirstTexts returns the first field, a text, of each record of a list.
func (d Deferred[T]) FirstTexts() []string {
	callLock.Lock()
	defer callLock.Unlock()
	if d.read == nil || d.read.ty == nil {
		return nil
	}
	list, record := *(*[2]uint32)(At(d.read.at)), d.read.ty.elem
	if d.read.value != nil {
		return firstTexts(*(*slice)(d.read.value), record.goType.Size())
	}
	out := make([]string, list[1])
	for i := range out {
		out[i] = shared(*(*[2]uint32)(At(list[0] + uint32(i)*record.size)))
	}
	return out
}

func firstTexts(list slice, step uintptr) []string {
	out := make([]string, list.len)
	for i := range out {
		out[i] = *(*string)(unsafe.Add(list.data, uintptr(i)*step))
	}
	return out
}

// names caches texts that recur, such as names of columns.
var names = map[string]string{}

const namesAtMost = 1_024

// shared returns a text of the host's from names, to which it adds a new one.
func shared(s [2]uint32) string {
	bytes := Bytes(s[0], s[1])
	if name, ok := names[string(bytes)]; ok {
		return name
	}
	if len(names) >= namesAtMost {
		clear(names)
	}
	name := string(bytes)
	names[name] = name
	return name
}
