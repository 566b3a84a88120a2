package abi

import "unsafe"

// memoryBase is the base of addresses: nil, as in a component they are pointers.
var memoryBase unsafe.Pointer

// sbrk is the function by which Go's runtime allocates memory from the system. The runtime allows for other callers.
//
//go:linkname sbrk runtime.sbrk
func sbrk(size uintptr) unsafe.Pointer

func systemMemory(size uint32) uint32 {
	at := sbrk(uintptr(size))
	if at == nil {
		panic("sqlservice: out of memory")
	}
	return uint32(uintptr(at))
}

// results has the values that the host passes: arguments of exports, results of imports.
var results Arena

// started is whether Go runs. The WASI adapter allocates before that, and keeps this memory for good.
var started bool

func init() { started = true }

//go:wasmexport cabi_realloc
func cabiRealloc(old uint32, oldSize, align, size uint32) uint32 {
	if size == 0 {
		return align
	}
	if !started {
		return systemMemory((size + 0xffff) &^ 0xffff)
	}
	at := results.Alloc(size, align)
	if old != 0 {
		copy(Bytes(at, size), Bytes(old, min(oldSize, size)))
	}
	return at
}

// hasHost is whether there is a host to call.
const hasHost = true
