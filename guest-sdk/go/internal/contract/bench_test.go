package contract

import (
	"testing"
	"unsafe"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/abi"
)

func aResult() outcome[ResultSet] {
	text := Texts{Offsets: []uint32{0, 5}, Data: "a name"[:5]}
	return outcome[ResultSet]{Ok: ResultSet{FirstBatch: Batch{Rows: 1, Columns: []ColumnData{
		{Values: Integers{1}}, {Values: text}, {Values: text, Validity: &[]byte{1}}, {Values: Floats{1.5}}, {Values: Booleans{1}},
		{Values: Integers{1700000000000000}}}}}}
}

func aStatement() Statement {
	var nodes []Node
	for _, name := range []string{"id", "name", "email", "score", "active", "created"} {
		nodes = append(nodes, ColumnName{Table: &name, Name: name})
	}
	nodes = append(nodes, Literal{ScalarValue{Integer(5)}}, Binary{Op: Equal, Left: 0, Right: 6}, SourceTable{Table: "users"},
		Select{Columns: []NodeID{0, 1, 2, 3, 4, 5}})
	return Statement{nodes, SelectRoot{9}}
}

// BenchmarkResult decodes the result of a query of one row by its key; the benchmarks below encode its statement and parameters.
func BenchmarkResult(b *testing.B) {
	var a abi.Arena
	t, in := abi.TypeFor[outcome[ResultSet]](), aResult()
	at := abi.StoreValue(&a, &in)
	b.ReportAllocs()
	for range b.N {
		var out outcome[ResultSet]
		t.Load(at, unsafe.Pointer(&out))
	}
}

func BenchmarkStatement(b *testing.B) {
	var a abi.Arena
	statement := aStatement()
	b.ReportAllocs()
	for range b.N {
		a.Reset()
		abi.StoreValue(&a, &statement)
	}
}

func BenchmarkParameters(b *testing.B) {
	var a abi.Arena
	b.ReportAllocs()
	for range b.N {
		a.Reset()
		c := newCore(&a)
		lower(c, []Value{ScalarValue{Integer(5)}})
		lower(c, Options{})
	}
}
