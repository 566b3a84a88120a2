// Package abi carries Go values over the canonical ABI of the component model.
//
// All memory that the host writes to or reads from is outside of Go's heap, in
// arenas. So the garbage collector, which must not run while the host asks for
// memory, is never started by the host, and nothing has to be pinned.
package abi

import "unsafe"

// Arena gives out memory that is taken back as a whole. The zero value is ready.
//
// Its chunks are kept for the next use: an arena holds as much as its largest use took.
type Arena struct {
	first, current uint32
	// taken is how many bytes were asked for since the last Reset, and most how many may be; 0 is no limit.
	taken, most uint64
}

// callBytes is how much one call hands to the host: more than its own limit would end the program. The host's default is 64 MiB.
const (
	callBytes = 63 << 20
	tooMuch   = "one call hands at most 63 MiB to the host: write in parts"
)

// chunk is the header of a piece of memory, and lies at its start.
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
// It panics with *EncodeError where that is more than the arena may give.
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

// grow appends a chunk that has room for size bytes, and makes it the current one.
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

// Reset takes all memory back.
func (a *Arena) Reset() {
	for at := a.first; at != 0; at = chunkAt(at).next {
		chunkAt(at).used = headerSize
	}
	a.current, a.taken = a.first, 0
}

// Size is how many bytes the arena holds.
func (a *Arena) Size() int {
	size := 0
	for at := a.first; at != 0; at = chunkAt(at).next {
		size += int(chunkAt(at).size)
	}
	return size
}

func alignTo(offset, align uint32) uint32 { return (offset + align - 1) &^ (align - 1) }

// At is the memory at an address.
func At(address uint32) unsafe.Pointer { return unsafe.Add(memoryBase, uintptr(address)) }

// Bytes is the memory of size bytes at an address.
func Bytes(address, size uint32) []byte {
	if size == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(At(address)), size)
}
