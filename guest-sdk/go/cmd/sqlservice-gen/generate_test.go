package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func generated(t *testing.T, source string) (code, wit string, err error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\n"+source), 0o666); err != nil {
		t.Fatal(err)
	}
	world := filepath.Join(dir, "target", "plugin.wit")
	if err := generate(dir, world); err != nil {
		return "", "", err
	}
	written, err := os.ReadFile(filepath.Join(dir, generatedFile))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(world)
	return string(written), string(text), err
}

func TestExportsAreWIT(t *testing.T) {
	code, wit, err := generated(t, `import "context"

type Level int32

type Point struct { X, Y float64; UserID *int64 }

//sqlservice:export
func DrawAll(ctx context.Context, points []Point, level Level) (*Point, error) { return nil, nil }

//sqlservice:export area-of
func Area(p Point) float64 { return 0 }

//sqlservice:export
func Stop() error { return nil }
`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"record %point {\n    %x: f64,\n    %y: f64,\n    %user-id: option<s64>,\n  }",
		"export %draw-all: async func(%points: list<%point>, %level: s32) -> result<option<%point>, string>;",
		"export %area-of: async func(%p: %point) -> f64;",
		"export %stop: async func() -> result<_, string>;",
	} {
		if !strings.Contains(wit, want) {
			t.Errorf("the world lacks %q:\n%s", want, wit)
		}
	}
	for _, want := range []string{
		"//go:wasmexport draw-all\nfunc wasmexportDrawAll(p0 int32, p1 int32, p2 int32) int32 {",
		"//go:wasmexport area-of\nfunc wasmexportArea(p0 float64, p1 float64, p2 int32, p3 int64) float64 {",
		"return export.ToF64(", "func main() {}", "//go:wasmexport cabi_post_stop",
	} {
		if !strings.Contains(code, want) {
			t.Errorf("the code lacks %q:\n%s", want, code)
		}
	}
}

func TestModelsAreTables(t *testing.T) {
	code, _, err := generated(t, "import when \"time\"\n\n"+
		"//sqlservice:model users\ntype User struct {\n\tID int64 `db:\"id,primarykey\"`\n\tSeen *when.Time\n\tDevices []*Device `rel:\"devices\"`\n}\n\n"+
		"//sqlservice:model user_devices\ntype Device struct { ID int64; hidden int }\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`when "time"`, "sqlservice.Column[when.Time]", "sqlservice.Relation[User, Device]", `sqlservice.NewColumn[when.Time](source, "seen")`,
		`var Users = userTable{}.As("")`, `var UserDevices = deviceTable{}.As("")`,
	} {
		if !strings.Contains(code, want) {
			t.Errorf("the code lacks %q:\n%s", want, code)
		}
	}
	if strings.Contains(code, "hidden") {
		t.Error("a field that is not exported became a column")
	}
}

func TestWhatCannotBeExportedIsTold(t *testing.T) {
	for want, source := range map[string]string{
		"this type cannot":   "//sqlservice:export\nfunc F(m map[string]int) {}\n",
		"has one result":     "//sqlservice:export\nfunc F() (int, int) { return 0, 0 }\n",
		"has itself in it":   "type T struct { Next []T }\n\n//sqlservice:export\nfunc F(t T) {}\n",
		"fields of a struct": "type T struct { hidden int }\n\n//sqlservice:export\nfunc F(t T) {}\n",
		"only a plain":       "type T struct{}\n\n//sqlservice:export\nfunc (T) F() {}\n",
		"stands above":       "//sqlservice:model\ntype T struct{}\n",
		"cannot be part of":  "//sqlservice:export\nfunc F(u uint) {}\n",
		"parameters of an":   "//sqlservice:export\nfunc F(int) {}\n",
		"no embedded":        "type B struct { A int }\ntype T struct { B }\n\n//sqlservice:export\nfunc F(t T) {}\n",
	} {
		if _, _, err := generated(t, source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", source, err)
		}
	}
}
