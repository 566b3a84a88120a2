package abi

// keys is the arena to which Key writes.
var keys Arena

// Key encodes a value and passes its bytes to use: they are equal for equal values only, as the value is written to the same
// cleared memory each time. They are valid until use returns. It does not call use for a value that exceeds one chunk.
func Key[T any](value *T, use func(key []byte)) (err error) {
	callLock.Lock()
	defer callLock.Unlock()
	defer catch(&err)
	keys.clear()
	StoreValue(&keys, value)
	if keys.current == keys.first {
		use(keys.written())
	}
	return nil
}

// written returns the used bytes of the first chunk.
func (a *Arena) written() []byte {
	if a.first == 0 {
		return nil
	}
	return Bytes(a.first+headerSize, chunkAt(a.first).used-headerSize)
}

// clear frees all memory and fills it with zeros.
func (a *Arena) clear() {
	for at := a.first; at != 0; at = chunkAt(at).next {
		clear(Bytes(at+headerSize, chunkAt(at).used-headerSize))
	}
	a.Reset()
}
