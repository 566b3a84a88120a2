package contract

import "github.com/sqlservice/sqlservice/guest-sdk/go/internal/abi"

// ResultColumn is sessions.result-column.
type ResultColumn struct {
	Name     string
	Type     ColumnType
	Nullable *bool
}

// Options is sessions.options.
type Options struct {
	TimeoutMS *uint32
	MaxRows   *uint64
	BatchRows *uint32
}

// ResultColumns is the columns of a result set, which are decoded at their first use.
type ResultColumns = abi.Deferred[[]ResultColumn]

// ResultSet is sessions.result-set.
type ResultSet struct {
	Columns    ResultColumns
	FirstBatch Batch
	Cursor     *Handle
	Affected   uint64
	LastKey    *int64
}

// Isolation is sessions.isolation.
type Isolation uint8

var _ = abi.Enum(Isolation(5))

// TransactionOptions is sessions.transaction-options.
type TransactionOptions struct {
	Isolation Isolation
	ReadOnly  bool
	TimeoutMS *uint32
}

// KeyReference is sessions.key-reference.
type KeyReference struct {
	Row      uint32
	Column   uint16
	OfChange uint32
	OfRow    uint32
}

// KnownRows is sessions.known-rows.
type KnownRows struct {
	Columns []string
	Rows    Batch
}

// Change is sessions.change: one of the types below.
type Change interface{ isChange() }

// The cases of Change.
type (
	Inserts struct {
		Table     string
		Columns   []string
		Rows      Batch
		Links     []KeyReference
		Returning []string
	}
	Updates struct {
		Table     string
		Keys      Batch
		Versions  *Batch
		Columns   []string
		Rows      Batch
		Links     []KeyReference
		Returning []string
		Stored    *KnownRows
	}
	Deletes struct {
		Table    string
		Keys     Batch
		Versions *Batch
		Stored   *KnownRows
		Strict   bool
	}
)

func (Inserts) isChange() {}
func (Updates) isChange() {}
func (Deletes) isChange() {}

var _ = abi.Variant[Change](Inserts{}, Updates{}, Deletes{})

// Load is sessions.load.
type Load struct {
	Relationship string
	Nested       []uint32
	Joined       bool
}

// LoadRoot is sessions.load-root: one of the types below.
type LoadRoot interface{ isLoadRoot() }

// The cases of LoadRoot.
type (
	RootQuery struct {
		Statement  Statement
		Parameters []Value
	}
	RootKeys  Batch
	RootKnown KnownRows
)

func (RootQuery) isLoadRoot() {}
func (RootKeys) isLoadRoot()  {}
func (RootKnown) isLoadRoot() {}

var _ = abi.Variant[LoadRoot](RootQuery{}, RootKeys{}, RootKnown{})

// Plan is sessions.plan.
type Plan struct {
	Table      string
	Root       LoadRoot
	Loads      []Load
	FirstLoads []uint32
}

// Loaded is sessions.loaded.
type Loaded struct {
	Load    uint32
	Columns []ResultColumn
	Rows    Batch
}

// LoadResult is the result of sessions.session.load.
type LoadResult struct {
	Root   ResultSet
	Loaded []Loaded
}
