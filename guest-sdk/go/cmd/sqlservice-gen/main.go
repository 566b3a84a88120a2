// Command sqlservice-gen generates the other files of a plugin in Go: sqlservice_gen.go, with a table for each model and the entry
// point of each export, and a WIT file with the plugin's world.
//
// A struct with the comment
//
//	//sqlservice:model users
//
// is the model of the table users, and gets the variable Users. A function with the comment
//
//	//sqlservice:export
//
// is called by the host. Its parameters and results are of these types: bool, integers, floats, string, slices, pointers
// (an option), and structs of them (a record); the last result may be an error. A first parameter of context.Context is left out.
//
//	go run github.com/sqlservice/sqlservice/guest-sdk/go/cmd/sqlservice-gen -wit target/plugin.wit .
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

const generatedFile = "sqlservice_gen.go"

func main() {
	wit := flag.String("wit", filepath.Join("target", "plugin.wit"), "the WIT file that is written")
	flag.Parse()
	dir := "."
	if flag.NArg() > 0 {
		dir = flag.Arg(0)
	}
	if err := generate(dir, *wit); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(dir, wit string) error {
	p, err := readPlugin(dir)
	if err != nil {
		return err
	}
	code, err := p.code()
	if err != nil {
		return err
	}
	world, err := p.world()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(wit), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(wit, []byte(world), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, generatedFile), code, 0o666)
}
