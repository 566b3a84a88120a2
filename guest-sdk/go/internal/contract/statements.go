package contract

import "github.com/sqlservice/sqlservice/guest-sdk/go/internal/abi"

// NodeID is the position of a node in its statement.
type NodeID = uint32

// UnaryOp is statements.unary-op.
type UnaryOp uint8

// The cases of UnaryOp.
const (
	Not UnaryOp = iota
	Negate
	IsNull
	IsNotNull
)

var _ = abi.Enum(IsNotNull)

// BinaryOp is statements.binary-op.
type BinaryOp uint8

// The cases of BinaryOp.
const (
	Equal BinaryOp = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	IsDistinct
	IsNotDistinct
	Add
	Subtract
	Multiply
	Divide
	Modulo
	Concat
	JSONGet
	JSONGetText
)

var _ = abi.Enum(JSONGetText)

// ListOp is statements.list-op.
type ListOp uint8

// The cases of ListOp.
const (
	And ListOp = iota
	Or
	InList
	NotInList
	Between
	Coalesce
	RowValues
)

var _ = abi.Enum(RowValues)

// Node is statements.node: one of the types below.
type Node interface{ isNode() }

// The cases of Node.
type (
	Literal    struct{ Value Value }
	Parameter  uint32
	ColumnName struct {
		Table *string
		Name  string
	}
	Excluded string
	Unary    struct {
		Op      UnaryOp
		Operand NodeID
	}
	Binary struct {
		Op          BinaryOp
		Left, Right NodeID
	}
	Listed struct {
		Op    ListOp
		Items []NodeID
	}
	Matching struct {
		Value, Pattern NodeID
		Escape         *rune
		IgnoreCase     bool
		Negated        bool
	}
	Membership struct {
		Value, Query NodeID
		Negated      bool
	}
	Call struct {
		Function  string
		Arguments []NodeID
		Distinct  bool
		Filter    *NodeID
	}
	Cast struct {
		Value NodeID
		Type  ColumnType
	}
	Case struct {
		Whens     []When
		Otherwise *NodeID
	}
	Window struct {
		Call        NodeID
		PartitionBy []NodeID
		OrderBy     []Order
		Frame       *Frame
	}
	Labelled struct {
		Value NodeID
		Label string
	}
	SourceTable struct {
		Table         string
		Schema, Alias *string
	}
	SourceQuery struct {
		Query   NodeID
		Alias   string
		Lateral bool
	}
	Join struct {
		Kind        JoinKind
		Left, Right NodeID
		On          *NodeID
	}
	Select struct {
		CTEs     []CTE
		Columns  []NodeID
		Distinct bool
		Source   *NodeID
		Where    *NodeID
		GroupBy  []NodeID
		Having   *NodeID
		OrderBy  []Order
		Limit    *NodeID
		Offset   *NodeID
		Lock     *Locking
	}
	Compound struct {
		CTEs    []CTE
		Op      SetOp
		Parts   []NodeID
		OrderBy []Order
		Limit   *NodeID
		Offset  *NodeID
	}
	Exists      struct{ Query NodeID }
	ScalarQuery struct{ Query NodeID }
)

func (Literal) isNode()     {}
func (Parameter) isNode()   {}
func (ColumnName) isNode()  {}
func (Excluded) isNode()    {}
func (Unary) isNode()       {}
func (Binary) isNode()      {}
func (Listed) isNode()      {}
func (Matching) isNode()    {}
func (Membership) isNode()  {}
func (Call) isNode()        {}
func (Cast) isNode()        {}
func (Case) isNode()        {}
func (Window) isNode()      {}
func (Labelled) isNode()    {}
func (SourceTable) isNode() {}
func (SourceQuery) isNode() {}
func (Join) isNode()        {}
func (Select) isNode()      {}
func (Compound) isNode()    {}
func (Exists) isNode()      {}
func (ScalarQuery) isNode() {}

var _ = abi.Variant[Node](Literal{}, Parameter(0), ColumnName{}, Excluded(""), Unary{}, Binary{}, Listed{}, Matching{}, Membership{},
	Call{}, Cast{}, Case{}, Window{}, Labelled{}, SourceTable{}, SourceQuery{}, Join{}, Select{}, Compound{}, Exists{}, ScalarQuery{})

// When is statements.when.
type When struct{ Condition, Then NodeID }

// Order is statements.order.
type Order struct {
	Expression NodeID
	Descending bool
	NullsFirst *bool
}

// FrameUnit is statements.frame-unit.
type FrameUnit uint8

// The cases of FrameUnit.
const (
	FrameRows FrameUnit = iota
	FrameRange
	FrameGroups
)

var _ = abi.Enum(FrameGroups)

// FrameBound is statements.frame-bound: one of the types below.
type FrameBound interface{ isBound() }

// The cases of FrameBound.
type (
	Unbounded struct{}
	Current   struct{}
	Preceding uint64
	Following uint64
)

func (Unbounded) isBound() {}
func (Current) isBound()   {}
func (Preceding) isBound() {}
func (Following) isBound() {}

var _ = abi.Variant[FrameBound](Unbounded{}, Current{}, Preceding(0), Following(0))

// Frame is statements.frame.
type Frame struct {
	Unit       FrameUnit
	Start, End FrameBound
}

// JoinKind is statements.join-kind.
type JoinKind uint8

// The cases of JoinKind.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
	CrossJoin
)

var _ = abi.Enum(CrossJoin)

// CTE is statements.cte.
type CTE struct {
	Name      string
	Columns   []string
	Query     NodeID
	Recursive bool
}

// Locking is statements.locking.
type Locking struct {
	ForShare, NoWait, SkipLocked bool
	Tables                       []string
}

// SetOp is statements.set-op.
type SetOp uint8

// The cases of SetOp.
const (
	Union SetOp = iota
	UnionAll
	Intersect
	Except
)

var _ = abi.Enum(Except)

// Assignment is statements.assignment.
type Assignment struct {
	Column string
	Value  NodeID
}

// ConflictAction is statements.conflict-action: ConflictNothing or ConflictUpdate.
type ConflictAction interface{ isAction() }

// The cases of ConflictAction.
type (
	ConflictNothing struct{}
	ConflictUpdate  []Assignment
)

func (ConflictNothing) isAction() {}
func (ConflictUpdate) isAction()  {}

var _ = abi.Variant[ConflictAction](ConflictNothing{}, ConflictUpdate(nil))

// Conflict is statements.conflict.
type Conflict struct {
	Columns []string
	Action  ConflictAction
	Where   *NodeID
}

// InsertSource is statements.insert-source: one of the types below.
type InsertSource interface{ isSource() }

// The cases of InsertSource.
type (
	InsertValues   [][]NodeID
	InsertQuery    struct{ Query NodeID }
	InsertDefaults struct{}
)

func (InsertValues) isSource()   {}
func (InsertQuery) isSource()    {}
func (InsertDefaults) isSource() {}

var _ = abi.Variant[InsertSource](InsertValues(nil), InsertQuery{}, InsertDefaults{})

// Root is statements.root: one of the types below.
type Root interface{ isRoot() }

// The cases of Root.
type (
	SelectRoot struct{ Query NodeID }
	Insert     struct {
		Table     string
		Schema    *string
		Columns   []string
		Source    InsertSource
		Conflict  *Conflict
		Returning []NodeID
	}
	Update struct {
		Table       string
		Schema      *string
		Assignments []Assignment
		Source      *NodeID
		Where       *NodeID
		Returning   []NodeID
	}
	Delete struct {
		Table     string
		Schema    *string
		Source    *NodeID
		Where     *NodeID
		Returning []NodeID
	}
)

func (SelectRoot) isRoot() {}
func (Insert) isRoot()     {}
func (Update) isRoot()     {}
func (Delete) isRoot()     {}

var _ = abi.Variant[Root](SelectRoot{}, Insert{}, Update{}, Delete{})

// Statement is statements.statement.
type Statement struct {
	Nodes []Node
	Root  Root
}
