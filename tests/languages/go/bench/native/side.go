package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// variable has the URL of the database that a side works on; a command line would show its password.
const variable = "SQLSERVICE_BENCH_DATABASE"

// side is a program that does the work: it does `work` so many times and prints the nanoseconds of each.
type side struct {
	name    string
	command []string
	// named is the work as this side calls it.
	named func(work string) string
}

// sandboxed is a component.
func sandboxed(name, sqlservice, component, prefix string) side {
	return side{
		name:    name,
		command: []string{sqlservice, "run", component, "--quiet", "--json", "--raw-sql", "--database", "env:" + variable, "measure"},
		named:   func(work string) string { return prefix + work },
	}
}

// answer is what a side prints.
type answer struct {
	OK []int64 `json:"ok"`
}

// measured is what the rounds of a work took.
type measured struct {
	// wall is each round's time, in nanoseconds.
	wall []int64
	// cpu is what all rounds took of the processor, with the program's beginning and end.
	cpu time.Duration
}

// run does a work so many times.
func (s side) run(db *database, work string, rounds int) (m measured, err error) {
	command := exec.Command(s.command[0], append(s.command[1:], s.named(work), fmt.Sprint(rounds))...)
	command.Env = append(os.Environ(), variable+"="+db.url)
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		// It may say its URL, which has a password.
		return m, fmt.Errorf("%s: %s: %w\n%s%s", s.name, work, err, strings.ReplaceAll(said.String(), db.url, "URL"), out)
	}
	m.cpu = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	var got answer
	err = json.Unmarshal(out, &got)
	m.wall = got.OK
	return m, err
}

func median[N int64 | float64 | time.Duration](list []N) N {
	slices.Sort(list)
	return list[len(list)/2]
}
