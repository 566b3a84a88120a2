package abi

import "math"

// Lower appends the core values of the Go value at src, each as its bits. It panics with *EncodeError.
func (t *Type) Lower(a *Arena, src p, out []uint64) []uint64 {
	switch t.kind {
	case kindNumber, kindBool:
		t.checkEnum(src)
		return append(out, t.bits(src))
	case kindString:
		text := *(*string)(src)
		return append(out, uint64(storeString(a, text)), uint64(len(text)))
	case kindList:
		at, count := t.storeList(a, src)
		return append(out, uint64(at), uint64(count))
	case kindRecord:
		for _, f := range t.fields {
			out = f.ty.Lower(a, p(uintptr(src)+f.goOffset), out)
		}
		return out
	case kindOption, kindVariant, kindResult:
		tag, ty, payload := t.caseOf(src)
		end := len(out) + len(t.flat)
		out = append(out, uint64(tag))
		if ty != nil {
			out = ty.Lower(a, payload, out)
		}
		for len(out) < end {
			out = append(out, 0)
		}
	}
	return out
}

func (t *Type) bits(src p) uint64 {
	switch {
	case t.size == 1 && t.signed:
		return uint64(uint32(int32(*(*int8)(src))))
	case t.size == 1:
		return uint64(*(*uint8)(src))
	case t.size == 2 && t.signed:
		return uint64(uint32(int32(*(*int16)(src))))
	case t.size == 2:
		return uint64(*(*uint16)(src))
	case t.size == 4:
		return uint64(*(*uint32)(src))
	}
	return *(*uint64)(src)
}

// Lift reads a Go value from core values, writes it to dst, which has to be zero, and returns the remaining core values.
func (t *Type) Lift(in []uint64, dst p) []uint64 {
	switch t.kind {
	case kindNumber, kindBool:
		bits := in[0]
		t.copyNumber(dst, p(&bits))
		return in[1:]
	case kindString:
		*(*string)(dst) = loadString([2]u32{u32(in[0]), u32(in[1])})
		return in[2:]
	case kindList:
		t.loadList([2]u32{u32(in[0]), u32(in[1])}, dst)
		return in[2:]
	case kindRecord:
		for _, f := range t.fields {
			in = f.ty.Lift(in, p(uintptr(dst)+f.goOffset))
		}
		return in
	case kindOption, kindVariant, kindResult:
		if ty, payload := t.setCase(int(in[0]), dst); ty != nil {
			ty.Lift(in[1:], payload)
		}
		return in[len(t.flat):]
	}
	return in
}

// Conversions between core values and their bits, which Lift takes and Lower returns.

// FromI32 is the bits of an i32.
func FromI32(v int32) uint64 { return uint64(uint32(v)) }

// FromI64 is the bits of an i64.
func FromI64(v int64) uint64 { return uint64(v) }

// FromF32 is the bits of an f32.
func FromF32(v float32) uint64 { return uint64(math.Float32bits(v)) }

// FromF64 is the bits of an f64.
func FromF64(v float64) uint64 { return math.Float64bits(v) }

// ToF32 is the f32 with the given bits.
func ToF32(bits uint64) float32 { return math.Float32frombits(uint32(bits)) }

// ToF64 is the f64 with the given bits.
func ToF64(bits uint64) float64 { return math.Float64frombits(bits) }
