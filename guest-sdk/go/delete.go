package sqlservice

import (
	"context"
	"slices"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

// relationOf is a Preload by the relation's name only.
type relationOf string

func (r relationOf) preload() (string, []Preload) { return string(r), nil }

// remove marks objects of one or several models for deletion, and handles their related rows.
func (f *flush) remove(ctx context.Context, list []object) error {
	byModel := map[*model][]object{}
	var order []*model
	for _, o := range list {
		p := f.pending(o)
		if p.visited {
			continue
		}
		p.visited, p.delete = true, true
		if byModel[o.model] == nil {
			order = append(order, o.model)
		}
		byModel[o.model] = append(byModel[o.model], o)
	}
	for _, m := range order {
		for _, r := range m.relations {
			if err := f.removeRelated(ctx, byModel[m], r); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeRelated loads the related rows of objects, and deletes them or sets their foreign key to null.
func (f *flush) removeRelated(ctx context.Context, owners []object, r *relation) error {
	m, err := r.mapping()
	if err != nil {
		return err
	}
	cascades := slices.Contains(r.Cascade, contract.CascadeDelete)
	if r.PassiveDeletes || (m.owns && !cascades) {
		return nil
	}
	if m.through == nil && !cascades && !r.nullable(m) {
		return nil // The database's own ondelete decides.
	}
	names := make([]string, len(m.local))
	columns := make([][]any, len(m.local))
	for i, field := range m.local {
		names[i] = owners[0].model.fields[field].name
		for _, o := range owners {
			columns[i] = append(columns[i], o.value(field))
		}
	}
	rows, err := encodeColumns(columns)
	if err != nil {
		return err
	}
	root := contract.RootKnown{Columns: names, Rows: rows}
	loaded, err := f.session.loadWith(ctx, r.owner, root, []Preload{relationOf(r.Name)}, nil, func(contract.ResultSet) ([]object, error) {
		return owners, nil
	})
	if err != nil {
		return err
	}
	return f.removeLoaded(ctx, owners, loaded[0], r, m, cascades)
}

func (f *flush) removeLoaded(ctx context.Context, owners, related []object, r *relation, m mapping, cascades bool) error {
	if m.through != nil {
		for _, o := range owners {
			list, err := o.related(r)
			if err != nil {
				return err
			}
			for _, other := range list {
				if err := f.partThrough(o, other, m); err != nil {
					return err
				}
			}
		}
	}
	if cascades {
		return f.remove(ctx, related)
	}
	if m.through == nil {
		for _, other := range related {
			if err := f.clear(f.pending(other), m.remote); err != nil {
				return err
			}
		}
	}
	return nil
}

// nullable reports whether the foreign key of related rows may be null.
func (r *relation) nullable(m mapping) bool {
	target, err := r.target()
	if err != nil {
		return false
	}
	for _, field := range m.remote {
		if !target.fields[field].column.Nullable {
			return false
		}
	}
	return true
}
