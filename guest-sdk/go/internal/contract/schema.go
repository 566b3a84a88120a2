package contract

import "github.com/sqlservice/sqlservice/guest-sdk/go/internal/abi"

// TypeKind is schema.type-kind.
type TypeKind uint8

// The cases of TypeKind.
const (
	KindBoolean TypeKind = iota
	KindInt16
	KindInt32
	KindInt64
	KindUint64
	KindFloat32
	KindFloat64
	KindDecimal
	KindText
	KindVarchar
	KindBytes
	KindUUID
	KindJSON
	KindDate
	KindTime
	KindTimestamp
	KindTimestampTZ
	KindInterval
	KindEnumeration
	KindArray
	KindOther
)

var _ = abi.Enum(KindOther)

// ColumnType is schema.column-type.
type ColumnType struct {
	Kind      TypeKind
	Length    *uint32
	Precision *uint32
	Scale     *uint32
	Element   *TypeKind
	Labels    []string
	Native    *string
}

// DefaultValue is schema.default-value: one of the types below.
type DefaultValue interface{ isDefault() }

// The cases of DefaultValue.
type (
	NoDefault         struct{}
	LiteralDefault    struct{ Value Value }
	NowDefault        struct{}
	GeneratedKey      struct{}
	ExpressionDefault string
)

func (NoDefault) isDefault()         {}
func (LiteralDefault) isDefault()    {}
func (NowDefault) isDefault()        {}
func (GeneratedKey) isDefault()      {}
func (ExpressionDefault) isDefault() {}

var _ = abi.Variant[DefaultValue](NoDefault{}, LiteralDefault{}, NowDefault{}, GeneratedKey{}, ExpressionDefault(""))

// Column is schema.column.
type Column struct {
	Name     string
	Type     ColumnType
	Nullable bool
	Default  DefaultValue
	OnUpdate DefaultValue
	Computed *string
	Comment  *string
}

// Action is schema.action.
type Action uint8

// The cases of Action.
const (
	NoAction Action = iota
	Restrict
	Cascade
	SetNull
	SetDefault
)

var _ = abi.Enum(SetDefault)

// ForeignKey is schema.foreign-key.
type ForeignKey struct {
	Name     *string
	Columns  []string
	Table    string
	Schema   *string
	Referred []string
	OnDelete Action
	OnUpdate Action
}

// Index is schema.index.
type Index struct {
	Name    *string
	Columns []string
	Unique  bool
}

// Check is schema.check.
type Check struct {
	Name       *string
	Expression string
}

// Table is schema.table.
type Table struct {
	Name           string
	Schema         *string
	Columns        []Column
	PrimaryKeyName *string
	PrimaryKey     []string
	ForeignKeys    []ForeignKey
	Uniques        []Index
	Indexes        []Index
	Checks         []Check
	VersionColumn  *string
	Comment        *string
	IsView         bool
}

// CascadeKind is schema.cascade-kind.
type CascadeKind uint8

// The cases of CascadeKind.
const (
	SaveUpdate CascadeKind = iota
	CascadeDelete
	DeleteOrphan
)

var _ = abi.Enum(DeleteOrphan)

// Relationship is schema.relationship.
type Relationship struct {
	Name           string
	Owner          string
	Target         string
	ForeignKey     *[]string
	Through        *string
	Collection     bool
	Cascade        []CascadeKind
	PassiveDeletes bool
	PostUpdate     bool
	OrderBy        []string
}

// Models is schema.models.
type Models struct {
	Tables        []Table
	Relationships []Relationship
}

// ReflectOptions is schema.reflect-options.
type ReflectOptions struct {
	Only   []string
	Schema *string
	Views  bool
}

// Limit is databases.limit.
type Limit struct {
	Name  string
	Value uint64
}

// DDLOptions is databases.ddl-options.
type DDLOptions struct {
	Only       []string
	CheckFirst bool
}
