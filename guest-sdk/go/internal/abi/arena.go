// Package abi encodes and decodes Go values in the canonical ABI of the component model.
//
// All memory that the host writes to or reads from is outside of Go's heap, in
// arenas. So an allocation for the host never starts the garbage collector, which
// must not run during such a call, and nothing has to be pinned.
package abi

import "unsafe"

// Arena allocates memory that is freed as a whole. The zero value is ready to use.
//
// It keeps its chunks for the next use, so it holds as much memory as its largest use needed.
type Arena struct {
	first, current uint32
	// taken is the number of bytes allocated since the last Reset, and most is its limit; 0 is no limit.
	taken, most uint64
}

// callBytes limits the bytes that one call passes to the host: beyond the host's limit, 64 MiB by default, it would trap.
const (
	callBytes = 63 << 20
	tooMuch   = "one call hands at most 63 MiB to the host: write in parts"
)

// chunk is the header at the start of a piece of memory.
type chunk struct {
	next, size, used uint32
}

const (
	headerSize = 16
	chunkSize  = 256 << 10
)

func chunkAt(address uint32) *chunk { return (*chunk)(At(address)) }

// Alloc returns the address of size bytes, which are not cleared.
// It allocates nothing on Go's heap, so the host may call it at any time.
//
// It panics with *EncodeError where that exceeds the arena's limit.
func (a *Arena) Alloc(size, align uint32) uint32 {
	if a.taken += uint64(size); a.most > 0 && a.taken > a.most {
		panic(&EncodeError{"limit", tooMuch})
	}
	for at := a.current; at != 0; at = chunkAt(at).next {
		c := chunkAt(at)
		start := alignTo(c.used, align)
		if start <= c.size && size <= c.size-start {
			c.used = start + size
			a.current = at
			return at + start
		}
	}
	at := a.grow(size, align)
	c := chunkAt(at)
	start := alignTo(c.used, align)
	c.used = start + size
	return at + start
}

// grow appends a chunk with room for size bytes, and makes it the current one.
func (a *Arena) grow(size, align uint32) uint32 {
	need := uint64(headerSize) + uint64(align) + uint64(size)
	if need < chunkSize {
		need = chunkSize
	}
	need = (need + 0xffff) &^ 0xffff
	if need > 1<<32-1<<16 {
		panic("sqlservice: out of memory")
	}
	at := systemMemory(uint32(need))
	*chunkAt(at) = chunk{size: uint32(need), used: headerSize}
	if a.first == 0 {
		a.first = at
	} else {
		last := a.current
		for chunkAt(last).next != 0 {
			last = chunkAt(last).next
		}
		chunkAt(last).next = at
	}
	a.current = at
	return at
}

// Reset frees all memory for the next use.
func (a *Arena) Reset() {
	for at := a.first; at != 0; at = chunkAt(at).next {
		chunkAt(at).used = headerSize
	}
	a.current, a.taken = a.first, 0
}

// Size returns the number of bytes that the arena holds.
func (a *Arena) Size() int {
	size := 0
	for at := a.first; at != 0; at = chunkAt(at).next {
		size += int(chunkAt(at).size)
	}
	return size
}

func alignTo(offset, align uint32) uint32 { return (offset + align - 1) &^ (align - 1) }

// At returns the memory at an address.
func At(address uint32) unsafe.Pointer { return unsafe.Add(memoryBase, uintptr(address)) }

// Bytes returns size bytes of memory at an address.
func Bytes(address, size uint32) []byte {
	if size == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(At(address)), size)
}
