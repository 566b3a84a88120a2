package main

import (
	"reflect"
	"strings"

	sql "github.com/sqlservice/sqlservice/guest-sdk/go"
)

// kindOf is what the steps need of a model.
type kindOf struct {
	goType reflect.Type
	load   func(r *run, s *sql.Session, where []sql.Condition, order []sql.Order, with []sql.Preload) ([]any, error)
	get    func(r *run, s *sql.Session, key any, with []sql.Preload) (any, error)
}

func kind[T any](table sql.Model[T]) kindOf {
	return kindOf{
		goType: reflect.TypeFor[T](),
		load: func(r *run, s *sql.Session, where []sql.Condition, order []sql.Order, with []sql.Preload) ([]any, error) {
			rows, err := sql.From(table).Where(where...).OrderBy(order...).Preload(with...).All(r.ctx, s)
			out := make([]any, len(rows))
			for i, row := range rows {
				out[i] = row
			}
			return out, err
		},
		get: func(r *run, s *sql.Session, key any, with []sql.Preload) (any, error) {
			return sql.Get(r.ctx, s, table, key, with...)
		},
	}
}

var kinds = map[any]kindOf{"users": kind(Users), "devices": kind(Devices), "tags": kind(Tags), "accounts": kind(Accounts), "kinds": kind(Kinds)}

// preloads is the relations of paths like devices.tags.
func preloads(paths []string) []sql.Preload {
	nested := map[string][]string{}
	var order []string
	for _, path := range paths {
		first, rest, deeper := strings.Cut(path, ".")
		if _, known := nested[first]; !known {
			nested[first] = nil
			order = append(order, first)
		}
		if deeper {
			nested[first] = append(nested[first], rest)
		}
	}
	var out []sql.Preload
	for _, name := range order {
		out = append(out, sql.NewRelation[struct{}, struct{}](name).With(preloads(nested[name])...))
	}
	return out
}

func (r *run) unit(s *sql.Session, step document) (document, error) {
	model, ok := kinds[step["model"]]
	if !ok {
		return nil, badCase("a model %v", step["model"])
	}
	switch step["do"] {
	case "save":
		object, asked, err := fromGraph(model.goType, step["object"])
		if err != nil {
			return nil, err
		}
		if err := s.Save(r.ctx, object.Interface()); err != nil {
			return nil, err
		}
		return document{"object": toGraph(object, asked)}, nil
	case "load":
		return r.load(s, model, step)
	case "change":
		return document{}, r.changeObject(s, model, step)
	}
	key, err := decodeValue(step["key"])
	if err != nil {
		return nil, err
	}
	object, err := model.get(r, s, key, nil)
	if err != nil {
		return nil, err
	}
	return document{}, s.Delete(r.ctx, object)
}

func (r *run) load(s *sql.Session, model kindOf, step document) (document, error) {
	read := &reader{}
	var where []sql.Condition
	if w := step["where"]; w != nil {
		where = append(where, read.condition(w))
	}
	by, _ := step["order by"].(list)
	order := read.orders(by)
	if read.err != nil {
		return nil, read.err
	}
	paths := texts(step["with"])
	objects, err := model.load(r, s, where, order, preloads(paths))
	out := make(list, len(objects))
	for i, o := range objects {
		out[i] = toGraph(reflect.ValueOf(o), paths)
	}
	return document{"objects": out}, err
}

func (r *run) changeObject(s *sql.Session, model kindOf, step document) error {
	key, err := decodeValue(step["key"])
	if err != nil {
		return err
	}
	add, _ := step["add"].(document)
	remove, _ := step["remove"].(document)
	var with []string
	for name := range add {
		with = append(with, name)
	}
	for name := range remove {
		with = append(with, name)
	}
	object, err := model.get(r, s, key, preloads(with))
	if err != nil {
		return err
	}
	v := reflect.ValueOf(object)
	set, _ := step["set"].(document)
	for name, value := range set {
		if err := setColumn(v.Elem(), name, value); err != nil {
			return err
		}
	}
	for name, keys := range remove {
		takeOut(relationField(v.Elem(), name), keys.(list))
	}
	for name, graphs := range add {
		field := relationField(v.Elem(), name)
		for _, g := range graphs.(list) {
			other, _, err := fromGraph(field.Type().Elem().Elem(), g)
			if err != nil {
				return err
			}
			field.Set(reflect.Append(field, other))
		}
	}
	return s.Save(r.ctx, object)
}

// takeOut removes the objects with these keys from a collection.
func takeOut(field reflect.Value, keys list) {
	for _, key := range keys {
		id, _ := number(key)
		for i := range field.Len() {
			if field.Index(i).Elem().FieldByName("ID").Int() == id {
				field.Set(reflect.AppendSlice(field.Slice3(0, i, i), field.Slice(i+1, field.Len())))
				break
			}
		}
	}
}
