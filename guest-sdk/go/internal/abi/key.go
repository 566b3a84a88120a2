package abi

// keys is where values are written to be told apart by their bytes.
var keys Arena

// Key writes a value and passes its bytes to use: they are the same for equal values, and for no others, as they are written to
// the same cleared memory each time. They are gone when use returns. A value that does not fit in one chunk has none.
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

// written is what was written to the first chunk.
func (a *Arena) written() []byte {
	if a.first == 0 {
		return nil
	}
	return Bytes(a.first+headerSize, chunkAt(a.first).used-headerSize)
}

// clear takes all memory back, and leaves zeros.
func (a *Arena) clear() {
	for at := a.first; at != 0; at = chunkAt(at).next {
		clear(Bytes(at+headerSize, chunkAt(at).used-headerSize))
	}
	a.Reset()
}
