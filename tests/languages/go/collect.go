package main

import (
	"context"
	"fmt"
	"runtime"

	sql "github.com/sqlservice/sqlservice/guest-sdk/go"
)

// CollectGarbage reads so many rows so many times while the garbage collector runs as it likes, and says how much memory Go
// holds after the first tenth of the reads and at the end. Every result is garbage at once, so the two are about the same.
//
//sqlservice:export
func CollectGarbage(ctx context.Context, reads, rows int64) ([]int64, error) {
	db, err := sql.Open(ctx, "default")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if _, err := db.CreateAll(ctx); err != nil {
		return nil, err
	}
	var memory []int64
	err = db.Transaction(ctx, func(s *sql.Session) error {
		kinds := make([]Kind, rows)
		for i := range kinds {
			text := fmt.Sprintf("a text of the row %d", i)
			kinds[i] = Kind{ID: int64(i), T: &text}
		}
		if err := sql.InsertMany(ctx, s, Kinds, kinds); err != nil {
			return err
		}
		for read := range reads {
			got, err := sql.From(Kinds).All(ctx, s)
			if err != nil || len(got) != len(kinds) || *got[rows-1].T != *kinds[rows-1].T {
				return fmt.Errorf("read %d gave %d rows: %w", read, len(got), err)
			}
			if read == reads/10 || read == reads-1 {
				var stats runtime.MemStats
				runtime.ReadMemStats(&stats)
				memory = append(memory, int64(stats.Sys))
			}
		}
		return nil
	})
	return memory, err
}
