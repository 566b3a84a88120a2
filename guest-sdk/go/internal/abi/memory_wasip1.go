package abi

import "unsafe"

// memoryBase is where addresses count from: in a component they are pointers.
var memoryBase unsafe.Pointer

// sbrk is how Go's runtime takes memory from the system. It knows of what others took through it.
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

// results has what the host hands over: arguments of exports, results of imports.
var results Arena

// started says that Go runs: what the WASI adapter asks for before that is its own for good.
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

// hasHost says whether there is a host to call.
const hasHost = true
