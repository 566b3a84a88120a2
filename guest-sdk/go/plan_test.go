package sqlservice

import (
	"slices"
	"testing"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// boundIn returns a statement's literals that can be parameters.
func boundIn(t *testing.T, st statement, err error) []contract.Scalar {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var out []contract.Scalar
	for _, id := range st.bound {
		out = append(out, st.Nodes[id].(contract.Literal).Value.(contract.ScalarValue).Scalar)
	}
	return out
}

func TestValuesWhoseTypeIsAColumnsAreParameters(t *testing.T) {
	name, id := NewColumn[any]("test_users", "name"), NewColumn[any]("test_users", "id")
	q := Select[any](Value("constant"), id).From(testUsers).Where(name.Eq("ann"), id.In(1, 2), id.Gt(1.5), name.Like("a%"),
		Eq(Value(3), Value(4)), name.Eq(nil)).Limit(5)
	st, err := q.statement()
	want := []contract.Scalar{contract.Text("ann"), contract.Integer(1), contract.Integer(2), contract.Integer(5)}
	if got := boundIn(t, st, err); !slices.Equal(got, want) {
		t.Errorf("parameters %v", got)
	}
	st, err = changeStatement(Insert(testUsers).Values(name.Set("ann"), NewColumn[any]("", "email").Set(nil)), nil)
	if got := boundIn(t, st, err); !slices.Equal(got, []contract.Scalar{contract.Text("ann"), contract.Null{}}) {
		t.Errorf("parameters of an insert: %v", got)
	}
	st, err = changeStatement(Insert(TableNamed("nowhere")).Values(name.Set("ann")), nil)
	if got := boundIn(t, st, err); len(got) != 0 {
		t.Errorf("parameters of a table that is not declared: %v", got)
	}
}

func TestStatementsThatComeAgainAreKnown(t *testing.T) {
	p := &plans{}
	name := NewColumn[string]("test_users", "name")
	look := func(q Query[*testUser]) *plan {
		st, err := q.statement()
		if err != nil {
			t.Fatal(err)
		}
		for i, id := range st.bound {
			st.Nodes[id] = contract.Parameter(i)
		}
		return p.look(&st.Statement)
	}
	if look(From(testUsers).Where(name.Eq("ann"))) != nil {
		t.Error("the first one is known")
	}
	known := look(From(testUsers).Where(name.Eq("bob")))
	if known == nil || known.users != 1 {
		t.Error("the second one is not known")
	}
	if look(From(testUsers).Where(name.Ne("bob"))) != nil || look(From(testUsers).Where(name.Like("bob"))) != nil {
		t.Error("another one is known")
	}
	for i := range 2 * plansAtMost {
		look(From(testUsers).Where(name.Like(string(rune('a' + i)))))
	}
	if len(p.known) != plansAtMost || !known.gone {
		t.Errorf("%d are remembered, and the first one is gone: %v", len(p.known), known.gone)
	}
	p.end()
	if look(From(testUsers)) != nil || len(p.known) != 0 {
		t.Error("something is remembered after the end")
	}
}
