package sqlservice

import (
	"context"
	"reflect"
	"unsafe"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// loadPlan is the loads of relations. For each load, it has the relation and the index of the parent load; -1 is the root.
type loadPlan struct {
	loads     []contract.Load
	first     []uint32
	relations []*relation
	parents   []int
}

func (p *loadPlan) add(m *model, parent int, list []Preload) error {
	for _, preload := range list {
		name, nested := preload.preload()
		r := m.relation(name)
		if r == nil {
			return failf("invalid", "%v has no relation %q", m.goType, name)
		}
		target, err := r.target()
		if err != nil {
			return err
		}
		position := len(p.loads)
		p.loads = append(p.loads, contract.Load{Relationship: name})
		p.relations, p.parents = append(p.relations, r), append(p.parents, parent)
		if parent < 0 {
			p.first = append(p.first, uint32(position))
		} else {
			p.loads[parent].Nested = append(p.loads[parent].Nested, uint32(position))
		}
		if err := p.add(target, position, nested); err != nil {
			return err
		}
	}
	return nil
}

// load reads the query's rows with their relations, in one crossing.
func (q Query[R]) load(ctx context.Context, s *Session) ([]R, error) {
	if err := s.use(ctx); err != nil {
		return nil, err
	}
	if q.model == nil {
		return nil, failf("invalid", "only rows of a model have relations to load: use From")
	}
	statement, err := q.statement()
	if err != nil {
		return nil, err
	}
	var rows []R
	_, err = s.loadWith(ctx, q.model, contract.RootQuery{Statement: statement.Statement}, q.preloads, q.maxRows, func(set contract.ResultSet) ([]object, error) {
		scan, err := newScanner[R](set.Columns.Get(), q.model)
		if err != nil {
			return nil, err
		}
		if rows, err = scan.scan(&set.FirstBatch); err != nil {
			return nil, err
		}
		roots := make([]object, len(rows))
		for i := range rows {
			roots[i] = object{*(*unsafe.Pointer)(unsafe.Pointer(&rows[i])), q.model}
		}
		return roots, nil
	})
	return rows, err
}

// loadWith sends a load plan; roots makes objects from the root's rows. It returns the objects of each load.
func (s *Session) loadWith(ctx context.Context, m *model, root contract.LoadRoot, preloads []Preload, maxRows *uint64,
	roots func(contract.ResultSet) ([]object, error)) ([][]object, error) {
	p := &loadPlan{}
	if err := p.add(m, -1, preloads); err != nil {
		return nil, err
	}
	plan := contract.Plan{Table: m.table.Name, Root: root, Loads: p.loads, FirstLoads: p.first}
	got, failure := s.handle.Load(plan, contract.Options{TimeoutMS: timeout(ctx), MaxRows: maxRows})
	if failure != nil {
		return nil, toldIn(ctx, failure)
	}
	first, err := roots(got.Root)
	if err != nil {
		return nil, err
	}
	s.track(first...)
	objects := make([][]object, len(p.loads))
	for i := range got.Loaded {
		loaded := &got.Loaded[i]
		position := int(loaded.Load)
		owners := first
		if parent := p.parents[position]; parent >= 0 {
			owners = objects[parent]
		}
		if objects[position], err = s.attach(p.relations[position], owners, loaded); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// attach makes objects from loaded rows and stores them in the relation fields of their owners.
func (s *Session) attach(r *relation, owners []object, loaded *contract.Loaded) ([]object, error) {
	target, err := r.target()
	if err != nil {
		return nil, err
	}
	m, err := r.mapping()
	if err != nil {
		return nil, err
	}
	extra := len(m.toOwner)
	own := contract.Batch{Rows: loaded.Rows.Rows, Columns: loaded.Rows.Columns[extra:]}
	rows, err := target.objects(&own)
	if err != nil {
		return nil, err
	}
	unique := distinct(rows)
	s.track(unique.list...)
	members := map[any][]object{}
	for i, row := range rows {
		key, ok := row.key(m.remote)
		if m.through != nil {
			list := make([]any, extra)
			for c := range extra {
				list[c] = valueAt(&loaded.Rows.Columns[c], i)
			}
			key, ok = keyOf(list), true
		}
		if ok {
			members[key] = append(members[key], unique.of(row))
		}
	}
	for _, owner := range owners {
		key, ok := owner.key(m.local)
		var list []object
		if ok {
			list = members[key]
		}
		owner.relate(r, list)
		s.remember(owner, r, list)
	}
	return unique.list, nil
}

// objects makes structs from rows that have all columns of the model.
func (m *model) objects(batch *contract.Batch) ([]object, error) {
	rows := int(batch.Rows)
	records := reflect.MakeSlice(reflect.SliceOf(m.goType), rows, rows)
	to := rowsAt{records.UnsafePointer(), m.goType.Size()}
	for i, f := range m.fields {
		if err := decodeColumn(&batch.Columns[i], rows, to, target{f.goType, f.offset}); err != nil {
			return nil, err
		}
	}
	out := make([]object, rows)
	for i := range out {
		out[i] = object{to.field(i, 0), m}
	}
	return out, nil
}

// uniqueObjects has one object for each primary key, however often a load returned the row.
type uniqueObjects struct {
	list  []object
	byKey map[any]object
}

func distinct(rows []object) uniqueObjects {
	u := uniqueObjects{byKey: map[any]object{}}
	for _, row := range rows {
		key, ok := row.key(row.model.key)
		if _, seen := u.byKey[key]; ok && seen {
			continue
		}
		u.byKey[key] = row
		u.list = append(u.list, row)
	}
	return u
}

func (u uniqueObjects) of(row object) object {
	key, _ := row.key(row.model.key)
	return u.byKey[key]
}

// Get reads the row of a model by its primary key, with relations. It fails with ErrNoRows where there is no such row.
func Get[T any](ctx context.Context, s *Session, m Model[T], key any, preloads ...Preload) (*T, error) {
	model := m.modelOf(nil)
	if len(model.key) != 1 {
		return nil, failf("invalid", "%v has a primary key of %d columns: use From and Where", model.goType, len(model.key))
	}
	f := model.fields[model.key[0]]
	typed := reflect.New(f.goType).Elem()
	if err := assign(typed, key); err != nil {
		return nil, err
	}
	q := From(m).Where(NewColumn[any](tableOf(m), f.name).Eq(typed.Interface()))
	q.preloads = preloads
	rows, err := q.load(ctx, s)
	return only(rows, err)
}

func tableOf[T any](m Model[T]) string {
	if t, ok := m.(interface{ sourceName() string }); ok {
		return t.sourceName()
	}
	return m.modelOf(nil).table.Name
}
