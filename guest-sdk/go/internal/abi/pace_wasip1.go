package abi

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// garbageAtLeast is the least growth of the heap in bytes before a collection. Go's own minimum heap is 4 MiB, with which a program
// with little live memory collects repeatedly within one export.
const garbageAtLeast = 16 << 20

func init() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		pace(new(turn))
	}
}

// live is the metric of the bytes that are live after the last collection.
var live = []metrics.Sample{{Name: "/gc/heap/live:bytes"}}

// turn is an unreachable object, whose finalizer sets the pace anew after each collection. It is too large for Go's tiny allocator,
// which would put it beside other values that can keep it alive.
type turn struct{ _ [4]uint64 }

// pace sets the heap's growth until the next collection: by the bytes in use, as is Go's default, and by garbageAtLeast at least.
func pace(next *turn) {
	metrics.Read(live)
	inUse := max(live[0].Value.Uint64(), 1<<20)
	debug.SetGCPercent(max(100, int(garbageAtLeast*100/inUse)))
	runtime.SetFinalizer(next, func(*turn) { pace(new(turn)) })
}
