package abi

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

type shape interface{ isShape() }

type (
	circle struct{ Radius float64 }
	label  string
	point  struct{}
)

func (circle) isShape() {}
func (label) isShape()  {}
func (point) isShape()  {}

var _ = Variant[shape](point{}, circle{}, label(""))

type all struct {
	A bool
	B int8
	C int64
	D *string
	E []uint16
	F [][]string
	G []shape
	H struct{ X, Y uint64 }
	I []struct{ X, Y uint64 }
	J float32
	K []byte
	L Result[struct{}, string]
	M **int32
}

func example() all {
	text, number := "grün", int32(-5)
	inner := &number
	return all{A: true, B: -7, C: math.MinInt64, D: &text, E: []uint16{1, 65535}, F: [][]string{{"a", ""}, nil, {"c"}},
		G: []shape{point{}, circle{1.5}, label("x")}, H: struct{ X, Y uint64 }{1, 2}, I: []struct{ X, Y uint64 }{{3, 4}, {5, 6}},
		J: 0.25, K: []byte{0, 255}, L: Result[struct{}, string]{IsErr: true, Err: "bad"}, M: &inner}
}

func TestMemoryKeepsValues(t *testing.T) {
	var a Arena
	ty, want, got := TypeFor[all](), example(), all{}
	at := a.Alloc(ty.size, ty.align)
	ty.Store(&a, unsafe.Pointer(&want), at)
	ty.Load(at, unsafe.Pointer(&got))
	if !reflect.DeepEqual(want, got) {
		t.Errorf("stored %+v, loaded %+v", want, got)
	}
}

func TestFlatKeepsValues(t *testing.T) {
	var a Arena
	ty, want, got := TypeFor[all](), example(), all{}
	flat := ty.Lower(&a, unsafe.Pointer(&want), nil)
	if len(flat) != len(ty.Flat()) {
		t.Fatalf("%d core values for %d core types", len(flat), len(ty.Flat()))
	}
	if rest := ty.Lift(flat, unsafe.Pointer(&got)); len(rest) != 0 {
		t.Errorf("%d core values are left over", len(rest))
	}
	if !reflect.DeepEqual(want, got) {
		t.Errorf("lowered %+v, lifted %+v", want, got)
	}
}

func TestLayouts(t *testing.T) {
	for _, c := range []struct {
		ty          *Type
		size, align uint32
		flat        []Core
	}{
		{TypeFor[*uint8](), 2, 1, []Core{I32, I32}},
		{TypeFor[*uint64](), 16, 8, []Core{I32, I64}},
		{TypeFor[shape](), 16, 8, []Core{I32, I64, I32}},
		{TypeFor[struct {
			A uint8
			B uint32
			C uint16
		}](), 12, 4, []Core{I32, I32, I32}},
		{TypeFor[Result[float32, string]](), 12, 4, []Core{I32, I32, I32}},
		{TypeFor[string](), 8, 4, []Core{I32, I32}},
	} {
		if c.ty.size != c.size || c.ty.align != c.align || !reflect.DeepEqual(c.ty.flat, c.flat) {
			t.Errorf("%v has size %d, align %d, core types %v", c.ty.goType, c.ty.size, c.ty.align, c.ty.flat)
		}
	}
}

func TestArenaKeepsWhatItsLargestUseTook(t *testing.T) {
	var a Arena
	use := func() {
		a.Reset()
		for i := range uint32(100) {
			at := a.Alloc(i*1000+1, 8)
			if at%8 != 0 {
				t.Fatalf("address %d is not aligned", at)
			}
			Bytes(at, i*1000+1)[i*1000] = 1
		}
	}
	use()
	held := a.Size()
	for range 50 {
		use()
	}
	if a.Size() != held {
		t.Errorf("the arena grew from %d to %d bytes by the same use", held, a.Size())
	}
}

func TestWhatCannotBeHandedOverIsRefused(t *testing.T) {
	for name, value := range map[string]any{"text": "\xff", "missing": struct{ S shape }{}} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if _, ok := recover().(*EncodeError); !ok {
					t.Error("it was taken")
				}
			}()
			var a Arena
			box := reflect.New(reflect.TypeOf(value))
			box.Elem().Set(reflect.ValueOf(value))
			TypeOf(box.Type().Elem()).Lower(&a, box.UnsafePointer(), nil)
		})
	}
}

func TestExportGivesResultsAndErrors(t *testing.T) {
	f := NewFunction(func(name string, n int64) (string, error) {
		if n < 0 {
			panic("negative")
		}
		return strings.Repeat(name, int(n)), nil
	})
	var a Arena
	name := "ab"
	flat := TypeFor[string]().Lower(&a, unsafe.Pointer(&name), nil)
	for n, want := range map[int64]Result[string, string]{2: {Ok: "abab"}, -1: {IsErr: true, Err: "panic: negative"}} {
		at := f.Call(append(flat[:2:2], FromI64(n))...)
		var got Result[string, string]
		TypeFor[Result[string, string]]().Load(uint32(at), unsafe.Pointer(&got))
		if got != want {
			t.Errorf("%d gives %+v", n, got)
		}
	}
}

// A deferred part that the program does not read is decoded before its memory is freed, unless the program calls Forget.
func TestDeferredPartsOfResults(t *testing.T) {
	type column struct {
		Name string
		Size *uint32
	}
	type told struct{ Columns []column }
	type result struct{ Columns Deferred[[]column] }
	if given, read := TypeFor[told](), TypeFor[result](); given.size != read.size || given.align != read.align {
		t.Fatalf("%d, %d instead of %d, %d", read.size, read.align, given.size, given.align)
	}
	size := uint32(8)
	want := told{[]column{{"id", nil}, {"name", &size}}}
	write := func() (got result) {
		var a Arena
		ty := TypeFor[told]()
		at := a.Alloc(ty.size, ty.align)
		ty.Store(&a, unsafe.Pointer(&want), at)
		TypeFor[result]().Load(at, unsafe.Pointer(&got))
		return got
	}
	asked, late, forgotten := write(), write(), write()
	names := asked.Columns.FirstTexts()
	if !reflect.DeepEqual(asked.Columns.Get(), want.Columns) || !reflect.DeepEqual(names, []string{"id", "name"}) {
		t.Errorf("%v and %v", asked.Columns.Get(), names)
	}
	forgotten.Columns.Forget()
	takeBackResults()
	if len(unread) != 0 || !reflect.DeepEqual(late.Columns.Get(), want.Columns) || !reflect.DeepEqual(late.Columns.FirstTexts(), names) {
		t.Errorf("%v, and %d are left to read", late.Columns.Get(), len(unread))
	}
	if got := forgotten.Columns.Get(); got != nil || forgotten.Columns.FirstTexts() != nil {
		t.Errorf("%v was forgotten", got)
	}
}
