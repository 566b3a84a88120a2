//go:build !wasip1

package abi

import "unsafe"

// Outside of a component there is no host; this memory is for tests that do not need one.
var (
	testMemory = make([]uint64, 8<<20)
	memoryBase = unsafe.Pointer(unsafe.SliceData(testMemory))
	testBreak  = uint32(1 << 16)
	results    Arena
)

func systemMemory(size uint32) uint32 {
	at := testBreak
	if uint64(at)+uint64(size) > uint64(len(testMemory))*8 {
		panic("sqlservice: out of memory")
	}
	testBreak += size
	return at
}

// hasHost is whether there is a host to call.
const hasHost = false
