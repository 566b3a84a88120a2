package sqlservice

import (
	"reflect"
	"unsafe"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/naming"
)

// scanner reads batches as values of R.
type scanner[R any] struct {
	columns []contract.ResultColumn
	// row is the type that columns are written to: R, or the type that R points to.
	row     reflect.Type
	pointer bool
	targets []target
}

var (
	listType = reflect.TypeFor[[]any]()
	mapType  = reflect.TypeFor[map[string]any]()
)

// newScanner finds the destination of each column. The columns of a model are in the order of its fields.
func newScanner[R any](columns []contract.ResultColumn, m *model) (*scanner[R], error) {
	s := &scanner[R]{columns: columns, row: reflect.TypeFor[R]()}
	if m != nil {
		s.row, s.pointer = m.goType, true
		for _, f := range m.fields {
			s.targets = append(s.targets, target{f.goType, f.offset})
		}
		if len(columns) < len(s.targets) {
			return nil, failf("invalid", "the query returns %d columns, and %v has %d", len(columns), m.goType, len(s.targets))
		}
		return s, nil
	}
	if s.row == listType || s.row == mapType {
		return s, nil
	}
	if s.row.Kind() == reflect.Pointer && isRecord(s.row.Elem()) {
		s.row, s.pointer = s.row.Elem(), true
	}
	if !isRecord(s.row) {
		if len(columns) != 1 {
			return nil, failf("invalid", "the query returns %d columns, which one %v cannot have", len(columns), s.row)
		}
		s.targets = []target{{s.row, 0}}
		return s, nil
	}
	return s, s.byName()
}

// isRecord reports whether a type is a struct with fields for columns, not one that is a single value.
func isRecord(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	_, value := columnTypes[t]
	return !value
}

func (s *scanner[R]) byName() error {
	fields := map[string]target{}
	for i := range s.row.NumField() {
		f := s.row.Field(i)
		if f.IsExported() && f.Tag.Get("db") != "-" {
			fields[fieldName(f)] = target{f.Type, f.Offset}
		}
	}
	for _, c := range s.columns {
		t, ok := fields[c.Name]
		if !ok {
			return failf("no-such-column", "%v has no field for the result's column %q: give one a tag `db:\"%s\"`, or rename it by As", s.row, c.Name, c.Name)
		}
		s.targets = append(s.targets, t)
	}
	return nil
}

func fieldName(f reflect.StructField) string {
	tag := f.Tag.Get("db")
	for i, r := range tag {
		if r == ',' {
			tag = tag[:i]
			break
		}
	}
	if tag == "" {
		return naming.Snake(f.Name)
	}
	return tag
}

// scan decodes a batch.
func (s *scanner[R]) scan(batch *contract.Batch) ([]R, error) {
	rows := int(batch.Rows)
	out := make([]R, rows)
	if rows == 0 {
		return out, nil
	}
	switch list := any(out).(type) {
	case [][]any:
		for row := range rows {
			list[row] = make([]any, len(batch.Columns))
			for i := range batch.Columns {
				list[row][i] = valueAt(&batch.Columns[i], row)
			}
		}
		return out, nil
	case []map[string]any:
		for row := range rows {
			list[row] = make(map[string]any, len(batch.Columns))
			for i := range batch.Columns {
				list[row][s.columns[i].Name] = valueAt(&batch.Columns[i], row)
			}
		}
		return out, nil
	}
	base := unsafe.Pointer(unsafe.SliceData(out))
	if s.pointer {
		records := reflect.MakeSlice(reflect.SliceOf(s.row), rows, rows)
		base = records.UnsafePointer()
		for row := range rows {
			*(*unsafe.Pointer)(unsafe.Pointer(&out[row])) = unsafe.Add(base, uintptr(row)*s.row.Size())
		}
	}
	return out, s.fill(batch, rowsAt{base, s.row.Size()})
}

func (s *scanner[R]) fill(batch *contract.Batch, to rowsAt) error {
	for i, t := range s.targets {
		if err := decodeColumn(&batch.Columns[i], int(batch.Rows), to, t); err != nil {
			if e, ok := err.(*Error); ok {
				e.Columns = []string{s.columns[i].Name}
			}
			return err
		}
	}
	return nil
}
