package sqlservice

import (
	"context"
	"reflect"
	"unsafe"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// InsertMany inserts structs of a model in one crossing, column by column, all or none, and writes generated keys into them. A
// generated key that all rows leave zero is made by the database; relations are not written.
func InsertMany[T any](ctx context.Context, s *Session, m Model[T], rows []T) error {
	if err := s.use(ctx); err != nil || len(rows) == 0 {
		return err
	}
	model := m.modelOf(nil)
	at := make([]unsafe.Pointer, len(rows))
	for i := range rows {
		at[i] = unsafe.Pointer(&rows[i])
	}
	made := -1
	if model.generated >= 0 && allZero(model.fields[model.generated], at) {
		made = model.generated
	}
	columns, batch, err := model.encode(at, made)
	if err != nil {
		return err
	}
	var returning []string
	if made >= 0 {
		returning = []string{model.fields[made].name}
	}
	set, failure := s.handle.InsertMany(model.table.Name, columns, batch, returning, contract.Options{TimeoutMS: timeout(ctx)})
	r, err := newResult(ctx, set, failure, nil, nil)
	if err != nil || made < 0 {
		return err
	}
	defer r.close()
	return model.writeKeys(r, made, at)
}

// writeKeys writes the keys that the database made into the rows, in their order.
func (m *model) writeKeys(r *result, made int, at []unsafe.Pointer) error {
	f := m.fields[made]
	row := 0
	for batch := &r.first; batch != nil; {
		for i := range int(batch.Rows) {
			if row < len(at) {
				if err := assign(f.at(at[row]), valueAt(&batch.Columns[0], i)); err != nil {
					return err
				}
			}
			row++
		}
		var err error
		if batch, err = r.next(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

// at is the field of a struct.
func (f *modelField) at(object unsafe.Pointer) reflect.Value {
	return reflect.NewAt(f.goType, unsafe.Add(object, f.offset)).Elem()
}

func allZero(f modelField, at []unsafe.Pointer) bool {
	for _, object := range at {
		if !f.at(object).IsZero() {
			return false
		}
	}
	return true
}

// encode is all columns of structs but one.
func (m *model) encode(at []unsafe.Pointer, without int) ([]string, contract.Batch, error) {
	var positions []int
	for i := range m.fields {
		if i != without {
			positions = append(positions, i)
		}
	}
	return m.encodeFields(at, positions)
}

func (m *model) encodeFields(at []unsafe.Pointer, positions []int) ([]string, contract.Batch, error) {
	names := make([]string, len(positions))
	batch := contract.Batch{Rows: uint32(len(at))}
	for i, position := range positions {
		f := m.fields[position]
		names[i] = f.name
		column, err := encodeField(f.goType, f.offset, at)
		if err != nil {
			return nil, batch, err
		}
		batch.Columns = append(batch.Columns, column)
	}
	return names, batch, nil
}

// InsertColumns inserts rows into a table by its name, column by column: columns[i] has the values of the column names[i], which
// may be nil. It reads the returned columns as a Query reads R, in the order of the rows.
func InsertColumns[R any](ctx context.Context, s *Session, table string, names []string, columns [][]any, returning ...string) ([]R, Result, error) {
	if err := s.use(ctx); err != nil {
		return nil, Result{}, err
	}
	batch, err := encodeColumns(columns)
	if err != nil {
		return nil, Result{}, err
	}
	set, failure := s.handle.InsertMany(table, names, batch, returning, contract.Options{TimeoutMS: timeout(ctx)})
	r, err := newResult(ctx, set, failure, nil, nil)
	if err != nil {
		return nil, Result{}, err
	}
	did := Result{int64(r.affected), r.lastKey}
	if len(returning) == 0 {
		r.close()
		return nil, did, nil
	}
	rows, err := collect[R](ctx, r, nil)
	return rows, did, err
}

func encodeColumns(columns [][]any) (contract.Batch, error) {
	batch := contract.Batch{}
	if len(columns) > 0 {
		batch.Rows = uint32(len(columns[0]))
	}
	for i, list := range columns {
		if len(list) != int(batch.Rows) {
			return batch, failf("invalid", "column %d has %d values, and the first has %d", i, len(list), batch.Rows)
		}
		column, err := encodeAny(list)
		if err != nil {
			return batch, err
		}
		batch.Columns = append(batch.Columns, column)
	}
	return batch, nil
}
