package abi

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// garbageAtLeast is how many bytes a program may leave behind before they are collected. Go's own floor is 4 MiB, so that a program
// with little in its memory collects again and again in one export.
const garbageAtLeast = 16 << 20

func init() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		pace(new(turn))
	}
}

// live is how many bytes the last collection left.
var live = []metrics.Sample{{Name: "/gc/heap/live:bytes"}}

// turn is garbage by the next collection, which then sets the pace of the one after it. It is not so small that Go would put it
// beside other values, which can keep it.
type turn struct{ _ [4]uint64 }

// pace sets how much memory may grow until the next collection: by as much as is in use, as Go does it, and by no less than the floor.
func pace(next *turn) {
	metrics.Read(live)
	inUse := max(live[0].Value.Uint64(), 1<<20)
	debug.SetGCPercent(max(100, int(garbageAtLeast*100/inUse)))
	runtime.SetFinalizer(next, func(*turn) { pace(new(turn)) })
}
