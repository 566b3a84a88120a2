package sqlservice

import (
	"slices"
	"unsafe"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// group is objects of one model that are written in the same way: one change of the contract.
type group struct {
	model     *model
	insert    bool
	delete    bool
	versioned bool
	// written are the fields that are written, returned the fields that the database fills in.
	written, returned []int
	rows              []*pending
	// change is the group's index among the changes of the flush.
	change int
}

// run sends the changes and writes the returned values into the objects.
func (f *flush) run() error {
	groups := f.groups()
	if len(groups) > 0 {
		changes, err := f.changes(groups)
		if err != nil {
			return err
		}
		batches, failure := f.session.handle.Flush(changes)
		if failure != nil {
			return told(failure)
		}
		for i, g := range groups {
			if err := g.receive(&batches[i]); err != nil {
				return err
			}
		}
	}
	for _, p := range f.order {
		for _, r := range p.references {
			_ = p.set(r.field, r.of.value(r.ofField))
		}
	}
	f.settle(groups)
	return nil
}

// settle records the state of written objects, and drops the state of deleted ones.
func (f *flush) settle(groups []*group) {
	for _, g := range groups {
		for _, p := range g.rows {
			if g.delete {
				delete(f.session.objects, p.at)
			} else {
				f.session.track(p.object)
			}
		}
	}
	for _, h := range f.held {
		f.session.remember(h.object, h.relation, h.list)
	}
}

// shape is the key by which objects are grouped.
type shape struct {
	model                     *model
	insert, delete, versioned bool
	written                   string
}

func (f *flush) groups() []*group {
	var list []*group
	byShape := map[shape]*group{}
	for _, p := range f.order {
		g := f.shape(p)
		if g == nil {
			continue
		}
		key := shape{g.model, g.insert, g.delete, g.versioned, positionsKey(g.written)}
		known := byShape[key]
		if known == nil {
			known = g
			known.change = len(list)
			byShape[key] = g
			list = append(list, g)
		}
		p.change, p.row = known.change, len(known.rows)
		known.rows = append(known.rows, p)
	}
	return list
}

// shape returns a group for the way in which an object is written; nil where there is nothing to write.
func (f *flush) shape(p *pending) *group {
	g := &group{model: p.model, insert: p.insert, delete: p.delete}
	known := f.session.state(p.object)
	switch {
	case p.insert && p.delete:
		return nil
	case p.delete:
		g.versioned = p.model.version >= 0
	case p.insert:
		g.shapeInsert(p)
	default:
		g.versioned = p.model.version >= 0
		for i := range p.model.fields {
			if p.fields.has(i) && i != p.model.version {
				g.written = append(g.written, i)
			} else if _, none := p.model.fields[i].column.OnUpdate.(contract.NoDefault); !none {
				g.returned = append(g.returned, i)
			}
		}
		if len(g.written) == 0 || (known == nil && len(p.model.key) == 0) {
			return nil
		}
	}
	return g
}

func (g *group) shapeInsert(p *pending) {
	if v := p.model.version; v >= 0 && p.isZero(v) {
		_ = p.set(v, int64(1))
	}
	for i := range p.model.fields {
		_, noDefault := p.model.fields[i].column.Default.(contract.NoDefault)
		referred := slices.ContainsFunc(p.references, func(r reference) bool { return r.field == i })
		if noDefault || referred || !p.isZero(i) {
			g.written = append(g.written, i)
		} else {
			g.returned = append(g.returned, i)
		}
	}
}

func (f *flush) changes(groups []*group) ([]contract.Change, error) {
	out := make([]contract.Change, len(groups))
	for i, g := range groups {
		var links []contract.KeyReference
		for row, p := range g.rows {
			for _, r := range p.references {
				links = append(links, contract.KeyReference{Row: uint32(row), Column: uint16(slices.Index(g.written, r.field)),
					OfChange: uint32(r.of.change), OfRow: uint32(r.of.row)})
			}
		}
		var err error
		if out[i], err = f.change(g, links); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (f *flush) change(g *group, links []contract.KeyReference) (contract.Change, error) {
	table := g.model.table.Name
	columns, rows, err := g.model.encodeFields(g.addresses(), g.written)
	if err != nil {
		return nil, err
	}
	if g.insert {
		return contract.Inserts{Table: table, Columns: columns, Rows: rows, Links: links, Returning: g.names(g.returned)}, nil
	}
	keys, err := f.storedFields(g, g.model.key)
	if err != nil {
		return nil, err
	}
	var versions *contract.Batch
	if g.versioned {
		batch, err := f.storedFields(g, []int{g.model.version})
		if err != nil {
			return nil, err
		}
		versions = &batch
	}
	if g.delete {
		return contract.Deletes{Table: table, Keys: keys, Versions: versions, Stored: f.stored(g, g.model.uniqueFields())}, nil
	}
	unique := slices.DeleteFunc(g.model.uniqueFields(), func(i int) bool { return !slices.Contains(g.written, i) })
	return contract.Updates{Table: table, Keys: keys, Versions: versions, Columns: columns, Rows: rows, Links: links,
		Returning: g.names(g.returned), Stored: f.stored(g, unique)}, nil
}

func (g *group) addresses() []unsafe.Pointer {
	at := make([]unsafe.Pointer, len(g.rows))
	for i, p := range g.rows {
		at[i] = p.at
	}
	return at
}

func (g *group) names(fields []int) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = g.model.fields[f].name
	}
	return out
}

// storedFields returns fields as the rows last had them in the database; of objects that the session does not track, as they are now.
func (f *flush) storedFields(g *group, fields []int) (contract.Batch, error) {
	columns := make([][]any, len(fields))
	for i, field := range fields {
		for _, p := range g.rows {
			value := p.value(field)
			if state := f.session.state(p.object); state != nil {
				value = state.row.value(field)
			}
			columns[i] = append(columns[i], value)
		}
	}
	return encodeColumns(columns)
}

// stored returns the rows' last values in unique columns; nil unless the session tracks all of these objects.
func (f *flush) stored(g *group, fields []int) *contract.KnownRows {
	if len(fields) == 0 {
		return nil
	}
	for _, p := range g.rows {
		if f.session.state(p.object) == nil {
			return nil
		}
	}
	rows, err := f.storedFields(g, fields)
	if err != nil {
		return nil
	}
	return &contract.KnownRows{Columns: g.names(fields), Rows: rows}
}

// uniqueFields returns the fields of unique constraints and unique indexes.
func (m *model) uniqueFields() []int {
	var out []int
	for _, list := range [][]contract.Index{m.table.Uniques, m.table.Indexes} {
		for _, index := range list {
			for _, column := range index.Columns {
				if f := m.field(column); index.Unique && f >= 0 && !slices.Contains(out, f) {
					out = append(out, f)
				}
			}
		}
	}
	return out
}

// receive writes the values that the database filled in into the objects.
func (g *group) receive(batch *contract.Batch) error {
	for row, p := range g.rows {
		if g.versioned && !g.delete {
			p.bumpVersion()
		}
		for i, field := range g.returned {
			if i < len(batch.Columns) && row < int(batch.Rows) && !g.delete {
				if err := p.set(field, valueAt(&batch.Columns[i], row)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (p *pending) bumpVersion() {
	v := p.get(p.model.version)
	if v.CanInt() {
		v.SetInt(v.Int() + 1)
	} else if v.CanUint() {
		v.SetUint(v.Uint() + 1)
	}
}
