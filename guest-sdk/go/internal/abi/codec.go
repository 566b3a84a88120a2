package abi

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// EncodeError is the reason why a value cannot be encoded.
type EncodeError struct {
	// Code is the failure's code in the contract.
	Code   string
	Reason string
}

func (e *EncodeError) Error() string { return e.Reason }

func refuse(format string, args ...any) {
	panic(&EncodeError{"type-mismatch", fmt.Sprintf(format, args...)})
}

type (
	p   = unsafe.Pointer
	u32 = uint32
)

// Store writes the Go value at src to memory. It panics with *EncodeError.
func (t *Type) Store(a *Arena, src p, at u32) {
	switch t.kind {
	case kindNumber, kindBool:
		t.checkEnum(src)
		t.copyNumber(At(at), src)
	case kindString:
		text := *(*string)(src)
		pair(at, storeString(a, text), u32(len(text)))
	case kindList:
		address, count := t.storeList(a, src)
		pair(at, address, count)
	case kindRecord:
		for i := range t.fields {
			f := &t.fields[i]
			f.ty.Store(a, p(uintptr(src)+f.goOffset), at+f.offset)
		}
	case kindOption, kindVariant, kindResult:
		tag, ty, payload := t.caseOf(src)
		*(*uint8)(At(at)) = uint8(tag)
		if ty != nil {
			ty.Store(a, payload, at+t.payload())
		}
	}
}

// checkEnum refuses a value that is no case of its enum.
func (t *Type) checkEnum(src p) {
	if t.last != nil && *(*uint8)(src) > *t.last {
		panic(&EncodeError{"invalid", fmt.Sprintf("there is no %v %d", t.goType, *(*uint8)(src))})
	}
}

func (t *Type) copyNumber(dst, src p) {
	switch t.size {
	case 1:
		*(*uint8)(dst) = *(*uint8)(src)
	case 2:
		*(*uint16)(dst) = *(*uint16)(src)
	case 4:
		*(*uint32)(dst) = *(*uint32)(src)
	case 8:
		*(*uint64)(dst) = *(*uint64)(src)
	}
}

func pair(at, first, second u32) {
	*(*[2]u32)(At(at)) = [2]u32{first, second}
}

func storeString(a *Arena, text string) u32 {
	if !utf8.ValidString(text) {
		refuse("a text is not valid UTF-8: %.40q", text)
	}
	if len(text) == 0 {
		return 1
	}
	if len(text) > callBytes {
		panic(&EncodeError{"limit", tooMuch})
	}
	at := a.Alloc(u32(len(text)), 1)
	copy(Bytes(at, u32(len(text))), text)
	return at
}

// slice is the memory layout of a slice in Go.
type slice struct {
	data     p
	len, cap int
}

func (t *Type) storeList(a *Arena, src p) (u32, u32) {
	s := (*slice)(src)
	count, elem := u32(s.len), t.elem
	if count == 0 || elem.size == 0 {
		return elem.align, count
	}
	if uint64(s.len)*uint64(elem.size) > callBytes {
		panic(&EncodeError{"limit", tooMuch})
	}
	at := a.Alloc(count*elem.size, elem.align)
	if elem.same {
		copy(Bytes(at, count*elem.size), unsafe.Slice((*byte)(s.data), count*elem.size))
		return at, count
	}
	step := elem.goType.Size()
	for i := range count {
		elem.Store(a, p(uintptr(s.data)+uintptr(i)*step), at+i*elem.size)
	}
	return at, count
}

// caseOf returns a variant's case: its position, and its payload's type and address; nil without a payload.
func (t *Type) caseOf(src p) (int, *Type, p) {
	switch t.kind {
	case kindOption:
		if to := *(*p)(src); to != nil {
			return 1, t.elem, to
		}
		return 0, nil, nil
	case kindResult:
		tag := int(*(*uint8)(src))
		f := t.fields[tag]
		return tag, f.ty, p(uintptr(src) + f.goOffset)
	}
	value := (*iface)(src)
	if value.word == 0 {
		refuse("a %v is missing", t.goType)
	}
	tag := slices.Index(t.words, value.word)
	if tag < 0 {
		refuse("a %v is no %v", reflect.NewAt(t.goType, src).Elem().Elem().Type(), t.goType)
	}
	if t.cases[tag].kind == kindUnit {
		return tag, nil, nil
	}
	return tag, t.cases[tag], value.data
}

// iface is the memory layout of an interface in Go. The first word identifies the type: it is equal for all interfaces of one type
// that hold values of one type.
type iface struct {
	word uintptr
	data p
}

// Load reads a Go value from memory and writes it to dst, which has to be zero.
func (t *Type) Load(at u32, dst p) {
	switch t.kind {
	case kindNumber, kindBool:
		t.copyNumber(dst, At(at))
	case kindString:
		*(*string)(dst) = loadString(*(*[2]u32)(At(at)))
	case kindList:
		t.loadList(*(*[2]u32)(At(at)), dst)
	case kindRecord:
		for i := range t.fields {
			f := &t.fields[i]
			f.ty.Load(at+f.offset, p(uintptr(dst)+f.goOffset))
		}
	case kindOption, kindVariant, kindResult:
		if ty, payload := t.setCase(int(*(*uint8)(At(at))), dst); ty != nil {
			ty.Load(at+t.payload(), payload)
		}
	case kindDeferred:
		t.deferRead(at, dst)
	}
}

func loadString(s [2]u32) string { return string(Bytes(s[0], s[1])) }

func (t *Type) loadList(s [2]u32, dst p) {
	count, elem := int(s[1]), t.elem
	if count == 0 {
		return
	}
	data := newArray(elem.goType, count)
	if elem.same {
		size := u32(count) * elem.size
		copy(unsafe.Slice((*byte)(data), size), Bytes(s[0], size))
	} else {
		step := elem.goType.Size()
		for i := range count {
			elem.Load(s[0]+u32(i)*elem.size, p(uintptr(data)+uintptr(i)*step))
		}
	}
	*(*slice)(dst) = slice{data, count, count}
}

// setCase sets dst to a variant's case, and returns the type and the address of its payload, which is still zero; nil without a
// payload.
func (t *Type) setCase(tag int, dst p) (*Type, p) {
	switch t.kind {
	case kindOption:
		if tag != 1 {
			return nil, nil
		}
		payload := newValue(t.elem.goType)
		*(*p)(dst) = payload
		return t.elem, payload
	case kindResult:
		*(*bool)(dst) = tag == 1
		f := t.fields[tag]
		return f.ty, p(uintptr(dst) + f.goOffset)
	}
	ty := t.cases[tag]
	payload := newValue(ty.goType)
	*(*p)(p(uintptr(dst) + unsafe.Offsetof(iface{}.data))) = payload
	*(*uintptr)(dst) = t.words[tag]
	return ty, payload
}

func newValue(goType reflect.Type) p { return unsafeNew((*iface)(p(&goType)).data) }

func newArray(goType reflect.Type, count int) p {
	return unsafeNewArray((*iface)(p(&goType)).data, count)
}

// These allocate as reflect.New and reflect.MakeSlice do, without deriving a pointer or slice type.

//go:linkname unsafeNew reflect.unsafe_New
func unsafeNew(goType p) p

//go:linkname unsafeNewArray reflect.unsafe_NewArray
func unsafeNewArray(goType p, count int) p

// toValid replaces invalid UTF-8, which the host does not accept.
func toValid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
