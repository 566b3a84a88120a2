package sqlservice

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

type testUser struct {
	ID      int64 `db:"id,primarykey,generated"`
	Name    string
	Email   *string       `db:"email,size=20"`
	Active  *bool         `db:"active,notnull,default=true"`
	Devices []*testDevice `rel:"devices,cascade=saveupdate|delete"`
	Secret  string        `db:"-"`
}

type testDevice struct {
	ID     int64  `db:",primarykey,generated"`
	UserID int64  `db:",references=test_users.id,ondelete=cascade,unique=one"`
	Name   string `db:"name,unique=one"`
	Seen   *time.Time
	User   *testUser `rel:"user"`
}

var (
	testUsers   = Define[testUser]("test_users", "")
	testDevices = Define[testDevice]("test_devices", "")
)

func TestTagsMakeTables(t *testing.T) {
	declared, err := models.declared()
	if err != nil {
		t.Fatal(err)
	}
	users, devices := declared.Tables[0], declared.Tables[1]
	if got := models.names["test_users"].columnNames(); !reflect.DeepEqual(got, []string{"id", "name", "email", "active"}) {
		t.Errorf("columns %v", got)
	}
	if !users.Columns[2].Nullable || users.Columns[3].Nullable || *users.Columns[2].Type.Length != 20 {
		t.Errorf("email %+v, active %+v", users.Columns[2], users.Columns[3])
	}
	key := devices.ForeignKeys[0]
	if key.Columns[0] != "user_id" || key.Table != "test_users" || key.OnDelete != contract.Cascade {
		t.Errorf("foreign key %+v", key)
	}
	if got := devices.Uniques[0].Columns; !reflect.DeepEqual(got, []string{"user_id", "name"}) {
		t.Errorf("unique %v", got)
	}
	if declared.Relationships[0].Target != "test_devices" || !declared.Relationships[0].Collection {
		t.Errorf("relationship %+v", declared.Relationships[0])
	}
}

func TestWrongTagsAreErrors(t *testing.T) {
	for want, goType := range map[string]reflect.Type{
		`no option "uniqe"`: reflect.TypeFor[struct {
			A int `db:"a,uniqe"`
		}](),
		"is no column's type": reflect.TypeFor[struct{ A chan int }](),
		"is not TABLE.COLUMN": reflect.TypeFor[struct {
			A int `db:"a,references=x"`
		}](),
		"is no bool": reflect.TypeFor[struct {
			A bool `db:"a,default=x"`
		}](),
		"cascade=x": reflect.TypeFor[struct {
			A *testUser `rel:"a,cascade=x"`
		}](),
	} {
		if _, err := newModel(goType, "t"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", goType, err)
		}
	}
}

func TestQueriesAreNodes(t *testing.T) {
	name, id := NewColumn[string]("test_users", "name"), NewColumn[int64]("test_users", "id")
	all := Select[int64](Count()).From(testUsers)
	some := all.Where(name.Eq("ann"), id.In(1, 2)).OrderBy(id.Desc()).Limit(3)
	statement, err := some.statement()
	if err != nil {
		t.Fatal(err)
	}
	last := statement.Nodes[len(statement.Nodes)-1].(contract.Select)
	if last.Where == nil || last.Limit == nil || len(last.OrderBy) != 1 || !last.OrderBy[0].Descending {
		t.Errorf("%+v", last)
	}
	where := statement.Nodes[*last.Where].(contract.Listed)
	if where.Op != contract.And || len(where.Items) != 2 {
		t.Errorf("%+v", where)
	}
	if len(all.where) != 0 {
		t.Error("Where changed the query it was called on")
	}
	for i, n := range statement.Nodes {
		if b, ok := n.(contract.Binary); ok && (int(b.Left) >= i || int(b.Right) >= i) {
			t.Errorf("node %d names a later one", i)
		}
	}
}

func TestMistakesAreErrors(t *testing.T) {
	name := NewColumn[any]("", "name")
	for what, change := range map[string]Change{
		"another type":  Insert(testUsers).Values(name.Set(5)),
		"other columns": Insert(testUsers).Values(name.Set("a")).Values(NewColumn[any]("", "email").Set("b")),
		"no value":      Update(testUsers).Set(name.Set(make(chan int))),
		"no expression": Update(testUsers).Set(name.Set("x")).Where(Condition{}),
	} {
		if _, err := changeStatement(change, nil); err == nil {
			t.Errorf("%s is no error", what)
		}
	}
	var closed Session
	if _, err := From(testUsers).All(t.Context(), &closed); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed session: %v", err)
	}
	if err := closed.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("closed twice: %v", err)
	}
	if _, err := Open(t.Context(), "default"); err == nil {
		t.Error("there is a database outside of the sandbox")
	}
}

func TestColumnsKeepValues(t *testing.T) {
	type record struct {
		A int16
		B *string
		C []byte
		D Decimal
		E *time.Time
		F UUID
		G bool
		H Date
	}
	text, now := "x", time.UnixMicro(1700000000123456).UTC()
	rows := []record{{1, &text, []byte{1}, "1.50", &now, UUID{1, 15: 9}, true, 7}, {-2, nil, []byte{}, "-3", nil, UUID{}, false, -1}}
	m, err := newModel(reflect.TypeFor[record](), "records")
	if err != nil {
		t.Fatal(err)
	}
	at := []object{}
	for i := range rows {
		at = append(at, object{reflect.ValueOf(&rows[i]).UnsafePointer(), m})
	}
	_, batch, err := m.encode(pointers(at), -1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.objects(&batch)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if read := *(*record)(got[i].at); !reflect.DeepEqual(read, rows[i]) {
			t.Errorf("row %d: %+v, want %+v", i, read, rows[i])
		}
	}
}

func TestValuesThatDoNotFitAreErrors(t *testing.T) {
	for _, v := range []any{int64(40000), nil, "x", 1.5} {
		var small int16
		if err := assign(reflect.ValueOf(&small).Elem(), v); !errors.Is(err, ErrTypeMismatch) {
			t.Errorf("%v in an int16: %v", v, err)
		}
	}
}

// pointers returns the addresses of objects.
func pointers(list []object) []unsafe.Pointer {
	at := make([]unsafe.Pointer, len(list))
	for i, o := range list {
		at[i] = o.at
	}
	return at
}
