package sqlservice

import (
	"context"
	"reflect"
	"slices"
	"unsafe"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// Save writes objects, and the objects in their relations, in one crossing, all or none. They are pointers to structs of models.
//
// The session tracks objects that Get or a query with Preload read, or that Save wrote: their changed columns are updated, and
// their relations are compared with the objects they had before. Any other object is inserted where its generated key is zero or
// its model has none, and otherwise updated in all columns. In an insert, a zero field with a default in its tag is left to the
// database. Keys, defaults and versions are written into the objects. Save does not commit.
func (s *Session) Save(ctx context.Context, objects ...any) error {
	if err := s.use(ctx); err != nil {
		return err
	}
	list, err := objectsOf(objects)
	if err != nil {
		return err
	}
	f := newFlush(s)
	for _, o := range list {
		if err := f.visit(o); err != nil {
			return err
		}
	}
	if err := f.link(); err != nil {
		return err
	}
	return f.run()
}

// Delete deletes the rows of objects, in one crossing. Rows of relations with `cascade=delete` are loaded and deleted, too. The
// foreign key of rows in other relations is set to null, where it may be null.
func (s *Session) Delete(ctx context.Context, objects ...any) error {
	if err := s.use(ctx); err != nil {
		return err
	}
	list, err := objectsOf(objects)
	if err != nil {
		return err
	}
	f := newFlush(s)
	if err := f.remove(ctx, list); err != nil {
		return err
	}
	return f.run()
}

func objectsOf(list []any) ([]object, error) {
	out := make([]object, len(list))
	for i, v := range list {
		value := reflect.ValueOf(v)
		if !value.IsValid() || value.Kind() != reflect.Pointer || value.IsNil() {
			return nil, failf("invalid", "a %T is no pointer to a model's struct", v)
		}
		m, err := models.byType(value.Type().Elem())
		if err != nil {
			return nil, err
		}
		out[i] = object{value.UnsafePointer(), m}
	}
	return out, nil
}

// reference is a field that takes the generated key of another row in the flush.
type reference struct {
	field   int
	of      *pending
	ofField int
}

// pending is an object to write.
type pending struct {
	object
	insert, delete, visited bool
	// fields are the fields to update.
	fields     fieldSet
	references []reference
	// change and row are the object's position in the flush: the index of its change, and of its row there.
	change, row int
}

// flush collects the changes of one Save or Delete.
type flush struct {
	session *Session
	order   []*pending
	byAt    map[unsafe.Pointer]*pending
	visited []object
	// held is the objects in relations, which the session records after the flush.
	held []held
}

// held is the objects in a relation of an object.
type held struct {
	object   object
	relation *relation
	list     []object
}

func newFlush(s *Session) *flush { return &flush{session: s, byAt: map[unsafe.Pointer]*pending{}} }

func (f *flush) pending(o object) *pending {
	p := f.byAt[o.at]
	if p == nil {
		p = &pending{object: o}
		f.byAt[o.at] = p
		f.order = append(f.order, p)
	}
	return p
}

// visit determines an object's changes, and visits the objects in its relations with the cascade save-update.
func (f *flush) visit(o object) error {
	p := f.pending(o)
	if p.visited {
		return nil
	}
	p.visited = true
	f.visited = append(f.visited, o)
	if len(o.model.key) == 0 {
		return failf("invalid", "%v has no primary key, so its rows cannot be saved", o.model.goType)
	}
	switch state := f.session.state(o); {
	case state != nil:
		for _, field := range state.changed() {
			p.fields.add(field)
		}
	case o.model.generated < 0 || o.isZero(o.model.generated):
		p.insert = true
	default:
		for i := range o.model.fields {
			if !slices.Contains(o.model.key, i) && i != o.model.version {
				p.fields.add(i)
			}
		}
	}
	for _, r := range o.model.relations {
		if !slices.Contains(r.Cascade, contract.SaveUpdate) {
			continue
		}
		related, err := o.related(r)
		if err != nil {
			return err
		}
		for _, other := range related {
			if err := f.visit(other); err != nil {
				return err
			}
		}
	}
	return nil
}

// link sets foreign keys from the objects in relations.
func (f *flush) link() error {
	for _, o := range f.visited {
		for _, r := range o.model.relations {
			if err := f.linkRelation(o, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *flush) linkRelation(o object, r *relation) error {
	now, err := o.related(r)
	if err != nil {
		return err
	}
	var before []object
	known := false
	if state := f.session.state(o); state != nil {
		before, known = state.related[r]
	}
	if len(now) == 0 && len(before) == 0 {
		return nil
	}
	m, err := r.mapping()
	if err != nil {
		return err
	}
	for _, other := range now {
		if known && contains(before, other) {
			continue
		}
		if err := f.join(o, other, m); err != nil {
			return err
		}
	}
	for _, other := range before {
		if !contains(now, other) {
			if err := f.part(o, other, r, m); err != nil {
				return err
			}
		}
	}
	f.held = append(f.held, held{o, r, now})
	return nil
}

func contains(list []object, o object) bool {
	return slices.ContainsFunc(list, func(other object) bool { return other.at == o.at })
}

// join links two objects: it sets the foreign key, or inserts the association row.
func (f *flush) join(o, other object, m mapping) error {
	if m.through != nil {
		row := object{reflect.New(m.through.goType).UnsafePointer(), m.through}
		p := f.pending(row)
		p.insert = true
		if err := f.refer(p, m.toOwner, o, m.local); err != nil {
			return err
		}
		return f.refer(p, m.toTarget, other, m.remote)
	}
	if m.owns {
		return f.refer(f.pending(o), m.local, other, m.remote)
	}
	return f.refer(f.pending(other), m.remote, o, m.local)
}

// refer sets fields of p to fields of another object: now, or once the database has generated that object's key.
func (f *flush) refer(p *pending, fields []int, to object, referred []int) error {
	target := f.byAt[to.at]
	for i, field := range fields {
		if target != nil && target.insert && referred[i] == to.model.generated && to.isZero(referred[i]) {
			link := reference{field, target, referred[i]}
			if slices.Contains(p.references, link) {
				continue // Both sides of the relation have each other's object.
			}
			p.references = append(p.references, link)
			p.fields.add(field)
			continue
		}
		if value := to.value(referred[i]); !reflect.DeepEqual(value, p.value(field)) {
			if err := p.set(field, value); err != nil {
				return err
			}
			p.fields.add(field)
		}
	}
	return nil
}

// part unlinks two objects: it clears the foreign key, or deletes the orphan or the association row.
func (f *flush) part(o, other object, r *relation, m mapping) error {
	switch {
	case m.through != nil:
		return f.partThrough(o, other, m)
	case slices.Contains(r.Cascade, contract.DeleteOrphan):
		f.pending(other).delete = true
	case m.owns:
		if now, _ := o.related(r); len(now) == 0 {
			return f.clear(f.pending(o), m.local)
		}
	default:
		if key, ok := other.key(m.remote); ok {
			if own, _ := o.key(m.local); key == own {
				return f.clear(f.pending(other), m.remote)
			}
		}
	}
	return nil
}

func (f *flush) partThrough(o, other object, m mapping) error {
	row := object{reflect.New(m.through.goType).UnsafePointer(), m.through}
	p := f.pending(row)
	p.delete = true
	for i, field := range m.toOwner {
		if err := row.set(field, o.value(m.local[i])); err != nil {
			return err
		}
	}
	for i, field := range m.toTarget {
		if err := row.set(field, other.value(m.remote[i])); err != nil {
			return err
		}
	}
	return nil
}

func (f *flush) clear(p *pending, fields []int) error {
	for _, field := range fields {
		if err := p.set(field, nil); err != nil {
			return err
		}
		if !p.model.fields[field].column.Nullable {
			return failf("invalid", "%v.%s cannot be null: a relation whose rows may go away has cascade=deleteorphan, or a *T in the foreign key",
				p.model.goType, p.model.fields[field].name)
		}
		p.fields.add(field)
	}
	return nil
}
