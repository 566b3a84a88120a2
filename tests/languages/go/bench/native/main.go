// Measures what is done in the sandbox beside the same without one, or beside another component, in turn on the same database:
//
//	go run . -component guest.wasm
//	go run . -component c.wasm -beside rust.wasm
//
// The sides take turns, each with some rounds of which the first does not count. Shown are medians of a round, the processor's time of
// a round (of the program, not of a database's server), and the machine's load meanwhile.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"bench/work"
)

var (
	component  = flag.String("component", "", "the component to measure")
	beside     = flag.String("beside", "", "another component to measure it beside; the same work in Go without a sandbox otherwise")
	sqlservice = flag.String("sqlservice", "sqlservice", "the host's command")
	only       = flag.String("database", "", "only this kind of database: sqlite, postgresql or mariadb")
	asked      = flag.String("work", "", "only works that have this in their name")
	turns      = flag.Int("turns", 5, "turns of each side")
	rounds     = flag.Int("rounds", 6, "rounds of a turn")
)

func main() {
	// A side without a sandbox is this program itself.
	run := measureAll
	if len(os.Args) == 4 && os.Args[1] == "measure" {
		run = native
	}
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// native does a work without a sandbox.
func native(ctx context.Context) error {
	db, err := open(os.Getenv(variable))
	if err != nil {
		return err
	}
	defer db.Close()
	do, ok := db.Works()[os.Args[2]]
	if !ok {
		return fmt.Errorf("there is no work %s", os.Args[2])
	}
	rounds, err := strconv.Atoi(os.Args[3])
	if err != nil {
		return err
	}
	times, err := work.Measure(ctx, rounds, do, db.Clean)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answer{times})
}

// pair is a work, and the sides that are compared in it.
type pair struct {
	work  string
	sides [2]side
}

func pairs() ([]pair, error) {
	var all []pair
	if *beside != "" {
		sides := [2]side{sandboxed(*component, *sqlservice, *component, ""), sandboxed(*beside, *sqlservice, *beside, "")}
		for _, name := range []string{"open", "point", "built", "read", "insert", "flush"} {
			all = append(all, pair{name, sides})
		}
		return all, nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	for _, prefix := range []string{"", "sql "} {
		outside := side{"native", []string{self, "measure"}, func(work string) string { return strings.TrimPrefix(work, "sql ") }}
		for _, name := range works(prefix) {
			all = append(all, pair{prefix + name, [2]side{sandboxed("sandbox", *sqlservice, *component, ""), outside}})
		}
	}
	return all, nil
}

func works(prefix string) []string {
	all := []string{"point", "built", "read", "insert", "flush"}
	if prefix != "" {
		all = append(all, "alone")
	}
	return all
}

func measureAll(ctx context.Context) error {
	flag.Parse()
	if *component == "" {
		return fmt.Errorf("-component is missing")
	}
	all, err := pairs()
	if err != nil {
		return err
	}
	fmt.Printf("%-10s %-10s %12s %12s %7s %12s %12s %7s %6s\n", "database", "work", "ms", "beside ms", "ratio", "cpu ms", "beside cpu", "ratio", "load")
	for _, kind := range kinds {
		if *only != "" && *only != kind.name {
			continue
		}
		db, err := makeDatabase(ctx, kind.name, kind.variable)
		if err != nil {
			return err
		}
		if db == nil {
			fmt.Printf("%-10s is not measured: %s is not set\n", kind.name, kind.variable)
			continue
		}
		if err := measureOn(db, all); err != nil {
			return err
		}
		if err := db.drop(); err != nil {
			return err
		}
	}
	return nil
}

func measureOn(db *database, all []pair) error {
	prepare := exec.Command(*sqlservice, "run", *component, "--quiet", "--raw-sql", "--database", "env:"+variable, "prepare")
	prepare.Env = append(os.Environ(), variable+"="+db.url)
	if said, err := prepare.CombinedOutput(); err != nil {
		return fmt.Errorf("prepare: %w\n%s", err, strings.ReplaceAll(string(said), db.url, "URL"))
	}
	for _, p := range all {
		if !strings.Contains(p.work, *asked) {
			continue
		}
		if err := p.measure(db); err != nil {
			return err
		}
	}
	return nil
}

// measure lets both sides take turns, and prints a line.
func (p pair) measure(db *database) error {
	var wall [2][]int64
	var cpu [2][]time.Duration
	for range *turns {
		for i, s := range p.sides {
			without, err := s.run(db, p.work, 1)
			if err != nil {
				return err
			}
			with, err := s.run(db, p.work, 1+*rounds)
			if err != nil {
				return err
			}
			wall[i] = append(wall[i], with.wall[1:]...)
			cpu[i] = append(cpu[i], (with.cpu-without.cpu)/time.Duration(*rounds))
		}
	}
	var ms, busy [2]float64
	for i := range p.sides {
		ms[i], busy[i] = float64(median(wall[i]))/1e6, float64(median(cpu[i]))/1e6
	}
	fmt.Printf("%-10s %-10s %12.3f %12.3f %7.2f %12.3f %12.3f %7.2f %6s\n", db.kind, p.work, ms[0], ms[1], ms[0]/ms[1],
		busy[0], busy[1], busy[0]/busy[1], load())
	return nil
}

// load is how many programs wanted the processor in the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	return strings.Fields(string(text))[0]
}
