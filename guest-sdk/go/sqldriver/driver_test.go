package sqldriver

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

func TestSavepointsAreRead(t *testing.T) {
	for query, want := range map[string][2]string{
		"SAVEPOINT a":              {"savepoint", "a"},
		" savepoint  sp1 ;":        {"savepoint", "sp1"},
		"RELEASE a":                {"release", "a"},
		"release savepoint a":      {"release", "a"},
		"ROLLBACK TO a":            {"rollback", "a"},
		"Rollback To Savepoint a;": {"rollback", "a"},
		"ROLLBACK":                 {},
		"SELECT 1":                 {},
		"SAVEPOINT a b":            {},
	} {
		word, name, ok := savepointIn(query)
		if word != want[0] || name != want[1] || ok != (want[0] != "") {
			t.Errorf("%q is %q %q %v", query, word, name, ok)
		}
	}
}

type pointed struct{ text string }

func (p *pointed) Value() (driver.Value, error) { return p.text, nil }

func TestArgumentsAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		given   driver.NamedValue
		want    driver.Value
		refused bool
	}{
		"named":             {driver.NamedValue{Name: "a", Value: 1}, nil, true},
		"output":            {driver.NamedValue{Value: sql.Out{Dest: new(int)}}, nil, true},
		"a Valuer":          {driver.NamedValue{Value: &pointed{"x"}}, "x", false},
		"a nil Valuer":      {driver.NamedValue{Value: (*pointed)(nil)}, nil, false},
		"a null":            {driver.NamedValue{Value: sql.NullInt64{}}, nil, false},
		"an integer":        {driver.NamedValue{Value: sql.NullInt64{Int64: 5, Valid: true}}, int64(5), false},
		"one of the SDK's":  {driver.NamedValue{Value: sqlservice.Decimal("1.5")}, sqlservice.Decimal("1.5"), false},
		"a null of a NullT": {driver.NamedValue{Value: sql.Null[time.Time]{}}, nil, false},
	} {
		err := new(conn).CheckNamedValue(&c.given)
		if c.refused != errors.Is(err, sqlservice.ErrUnsupported) || (!c.refused && c.given.Value != c.want) {
			t.Errorf("%s is %v (%v)", name, c.given.Value, err)
		}
	}
}

func TestOutsideOfTheSandboxThereIsNoDatabase(t *testing.T) {
	db, err := sql.Open("sqlservice", "default")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ping(); !errors.Is(err, sqlservice.ErrUnsupported) {
		t.Errorf("a ping: %v", err)
	}
}

func TestValuesThatOnlyOneDatabaseHas(t *testing.T) {
	for want, v := range map[string]any{
		`{}`:                           []any{},
		`{1,NULL,"2.5 x","",a,"\"\\"}`: []any{int64(1), nil, "2.5 x", "", "a", `"\`},
		`{t,f,"null"}`:                 []any{true, false, "null"},
		"00:00:00":                     sqlservice.Interval{},
		"-00:00:01.5":                  sqlservice.Interval{Microseconds: -1_500_000},
		"1 year 1 mon -3 days":         sqlservice.Interval{Months: 13, Days: -3},
		"10:00:10":                     sqlservice.Interval{Microseconds: 36_010_000_000},
	} {
		if got := driverValue(v); got != want {
			t.Errorf("%v is %v instead of %s", v, got, want)
		}
	}
}
