package main

import (
	"reflect"
	"strings"
)

func tagName(f reflect.StructField, tag string) string {
	name, _, _ := strings.Cut(f.Tag.Get(tag), ",")
	return name
}

func field(v reflect.Value, tag, name string) reflect.Value {
	for i := range v.NumField() {
		if tagName(v.Type().Field(i), tag) == name {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

func relationField(v reflect.Value, name string) reflect.Value { return field(v, "rel", name) }

// setColumn gives a column's field a JSON value.
func setColumn(v reflect.Value, name string, value any) error {
	f := field(v, "db", name)
	if !f.IsValid() {
		return badCase("a column %q", name)
	}
	decoded, err := decodeValue(value)
	if err != nil {
		return err
	}
	if decoded == nil {
		f.SetZero()
		return nil
	}
	if f.Kind() == reflect.Pointer {
		f.Set(reflect.New(f.Type().Elem()))
		f = f.Elem()
	}
	given := reflect.ValueOf(decoded)
	if !given.CanConvert(f.Type()) || (given.Kind() == reflect.Int64 && f.Kind() == reflect.String) {
		return badCase("a %v for column %q", given.Type(), name)
	}
	f.Set(given.Convert(f.Type()))
	return nil
}

// fromGraph is a pointer to a struct with what it is related to, and the paths of its relations.
func fromGraph(goType reflect.Type, graph any) (reflect.Value, []string, error) {
	object := reflect.New(goType)
	var paths []string
	fields, _ := graph.(document)
	for name, value := range fields {
		relation := relationField(object.Elem(), name)
		if !relation.IsValid() {
			if err := setColumn(object.Elem(), name, value); err != nil {
				return object, nil, err
			}
			continue
		}
		paths = append(paths, name)
		members, many := value.(list)
		if !many && value != nil {
			members = list{value}
		}
		for _, member := range members {
			target := relation.Type().Elem()
			if many {
				target = target.Elem()
			}
			other, deeper, err := fromGraph(target, member)
			if err != nil {
				return object, nil, err
			}
			for _, path := range deeper {
				paths = append(paths, name+"."+path)
			}
			if many {
				relation.Set(reflect.Append(relation, other))
			} else {
				relation.Set(other)
			}
		}
	}
	return object, paths, nil
}

// toGraph is a struct's columns, and its relations of these paths.
func toGraph(object reflect.Value, paths []string) document {
	out := document{}
	v := object.Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if name := tagName(f, "db"); name != "" {
			out[name] = columnValue(v.Field(i))
		} else if name := tagName(f, "rel"); asked(paths, name) {
			out[name] = related(v.Field(i), below(paths, name))
		}
	}
	return out
}

func columnValue(f reflect.Value) any {
	if f.Kind() == reflect.Pointer {
		if f.IsNil() {
			return nil
		}
		f = f.Elem()
	}
	if f.CanInt() && f.Type().PkgPath() == "" {
		return encodeValue(f.Int())
	}
	return encodeValue(f.Interface())
}

func related(f reflect.Value, paths []string) any {
	if f.Kind() == reflect.Slice {
		out := make(list, f.Len())
		for i := range out {
			out[i] = toGraph(f.Index(i), paths)
		}
		return out
	}
	if f.IsNil() {
		return nil
	}
	return toGraph(f, paths)
}

func asked(paths []string, name string) bool {
	for _, p := range paths {
		if p == name || strings.HasPrefix(p, name+".") {
			return true
		}
	}
	return false
}

func below(paths []string, name string) []string {
	var out []string
	for _, p := range paths {
		if rest, ok := strings.CutPrefix(p, name+"."); ok {
			out = append(out, rest)
		}
	}
	return out
}
