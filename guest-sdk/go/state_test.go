package sqlservice

import (
	"slices"
	"testing"
	"unsafe"
)

type testNote struct {
	ID    int64 `db:"id,primarykey,generated"`
	Text  string
	Stars *int32
	Blob  []byte
}

func TestASessionKnowsWhatChanged(t *testing.T) {
	m := models.define(typeFor[testNote](), "state_notes")
	stars := int32(1)
	note := &testNote{Text: "a", Stars: &stars}
	o := object{unsafe.Pointer(note), m}
	var s Session
	s.track(o)
	if got := s.state(o).changed(); len(got) != 0 {
		t.Fatalf("%v changed of a row that was just read", got)
	}
	// A program can change a pointer's value without changing the pointer.
	*note.Stars, note.Text = 2, "b"
	if got := s.state(o).changed(); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("%v changed", got)
	}
	if was := s.state(o).row.value(2); was != int32(1) {
		t.Errorf("the row had %v", was)
	}
	note.Stars = nil
	s.track(o)
	if got := s.state(o).changed(); len(got) != 0 || !o.isZero(0) || o.isZero(1) || !o.isZero(2) || !o.isZero(3) {
		t.Errorf("%v changed of a row that was just written", got)
	}
}

func TestSetsOfFields(t *testing.T) {
	var set fieldSet
	for _, position := range []int{0, 63, 64, 700} {
		if set.has(position) {
			t.Errorf("%d is in an empty set", position)
		}
		set.add(position)
	}
	if !set.has(0) || !set.has(63) || !set.has(64) || !set.has(700) || set.has(1) || set.has(65) {
		t.Errorf("%v", set)
	}
	if positionsKey([]int{1, 256}) == positionsKey([]int{256, 1}) || positionsKey([]int{1}) == positionsKey([]int{257}) {
		t.Error("lists that differ have one key")
	}
}
