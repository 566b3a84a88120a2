package sqlservice

import "github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"

// builder writes a statement's nodes, each after the nodes that it refers to.
type builder struct {
	nodes []contract.Node
	depth int
	// bound is the literals that can be sent as parameters: a column, or LIMIT or OFFSET, determines their type.
	bound []contract.NodeID
	err   error
}

// deepest is the limit of nested expressions and queries: above the host's limit, and below the sandbox's stack size.
const deepest = 500

func (b *builder) add(n contract.Node) contract.NodeID {
	if b.nodes == nil {
		b.nodes = make([]contract.Node, 0, 16)
	}
	b.nodes = append(b.nodes, n)
	return contract.NodeID(len(b.nodes) - 1)
}

func (b *builder) fail(err error) contract.NodeID {
	if b.err == nil {
		b.err = err
	}
	return 0
}

func (b *builder) value(v any) contract.NodeID {
	value, err := valueOf(v)
	if err != nil {
		return b.fail(err)
	}
	return b.add(contract.Literal{Value: value})
}

func (b *builder) expression(e Expression) contract.NodeID {
	if e == nil {
		return b.fail(failf("invalid", "an expression is missing"))
	}
	return b.nested(func() contract.NodeID { return e.node(b) })
}

func (b *builder) subquery(q Subquery) contract.NodeID {
	if q == nil {
		return b.fail(failf("invalid", "a query is missing"))
	}
	return b.nested(func() contract.NodeID { return q.query(b) })
}

func (b *builder) source(s Source) contract.NodeID {
	if s == nil {
		return b.fail(failf("invalid", "a source is missing"))
	}
	return b.nested(func() contract.NodeID { return s.source(b) })
}

func (b *builder) nested(write func() contract.NodeID) contract.NodeID {
	if b.depth >= deepest {
		return b.fail(failf("limit", "the statement nests deeper than %d", deepest))
	}
	b.depth++
	id := write()
	b.depth--
	return id
}

func (b *builder) expressions(list []Expression) []contract.NodeID {
	ids := make([]contract.NodeID, len(list))
	for i, e := range list {
		ids[i] = b.expression(e)
	}
	return ids
}

// optional returns the node of an expression; nil without one.
func (b *builder) optional(e Expression) *contract.NodeID {
	if e == nil {
		return nil
	}
	id := b.expression(e)
	return &id
}

// all returns the conjunction of conditions; nil for an empty list.
func (b *builder) all(conditions []Condition) *contract.NodeID {
	switch len(conditions) {
	case 0:
		return nil
	case 1:
		return b.optional(conditions[0])
	}
	return b.optional(And(conditions...))
}

func (b *builder) orders(list []Order) []contract.Order {
	out := make([]contract.Order, len(list))
	for i, o := range list {
		out[i] = contract.Order{Expression: b.expression(o.expression), Descending: o.descending, NullsFirst: o.nullsFirst}
	}
	return out
}

func (b *builder) count(n *int) *contract.NodeID {
	if n == nil {
		return nil
	}
	id := b.value(int64(*n))
	if *n >= 0 && b.err == nil {
		b.bound = append(b.bound, id)
	}
	return &id
}

// bind adds literals that are compared with a column to bound. Fractions, unsigned integers and nulls stay literals: they keep a
// type of their own there, which a parameter would lose.
func (b *builder) bind(column contract.NodeID, values ...contract.NodeID) {
	if _, ok := b.nodes[column].(contract.ColumnName); !ok || b.err != nil {
		return
	}
	for _, id := range values {
		switch b.scalar(id).(type) {
		case contract.Boolean, contract.Integer, contract.Text, contract.Bytes, contract.UUID, contract.JSON, contract.Date,
			contract.Time, contract.Timestamp, contract.TimestampTZ:
			b.bound = append(b.bound, id)
		}
	}
}

// scalar returns the value of a literal; nil for any other node.
func (b *builder) scalar(id contract.NodeID) contract.Scalar {
	literal, _ := b.nodes[id].(contract.Literal)
	value, _ := literal.Value.(contract.ScalarValue)
	return value.Scalar
}

func (b *builder) statement(root contract.Root) (statement, error) {
	return statement{contract.Statement{Nodes: b.nodes, Root: root}, b.bound}, b.err
}
