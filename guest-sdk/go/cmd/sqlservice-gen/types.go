package main

import (
	"go/ast"
	"strings"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/naming"
)

// witType is a Go type's name in WIT, and the core types that it is passed as.
type witType struct {
	name string
	flat []string
}

var basicTypes = map[string]witType{
	"bool": {"bool", []string{"int32"}}, "string": {"string", []string{"int32", "int32"}},
	"int8": {"s8", []string{"int32"}}, "int16": {"s16", []string{"int32"}}, "int32": {"s32", []string{"int32"}},
	"int64": {"s64", []string{"int64"}}, "int": {"s64", []string{"int64"}},
	"uint8": {"u8", []string{"int32"}}, "byte": {"u8", []string{"int32"}}, "uint16": {"u16", []string{"int32"}},
	"uint32": {"u32", []string{"int32"}}, "uint64": {"u64", []string{"int64"}},
	"float32": {"f32", []string{"float32"}}, "float64": {"f64", []string{"float64"}},
}

// records are the structs that exports use, in the order of their first use.
type records struct {
	p     *plugin
	known map[string]witType
	open  map[string]bool
	lines []string
}

func (r *records) typeOf(e ast.Expr) (witType, error) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return r.typeOf(e.X)
	case *ast.Ident:
		return r.named(e)
	case *ast.StarExpr:
		inner, err := r.typeOf(e.X)
		return witType{"option<" + inner.name + ">", append([]string{"int32"}, inner.flat...)}, err
	case *ast.ArrayType:
		if e.Len == nil {
			inner, err := r.typeOf(e.Elt)
			return witType{"list<" + inner.name + ">", []string{"int32", "int32"}}, err
		}
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok && x.Name == "sqlservice" && (e.Sel.Name == "Decimal" || e.Sel.Name == "JSON") {
			return basicTypes["string"], nil
		}
	}
	return witType{}, r.p.fail(e, "this type cannot be part of an export: it may be bool, an integer but uint, a float, string, a slice, a pointer or a struct of these")
}

func (r *records) named(e *ast.Ident) (witType, error) {
	if t, ok := basicTypes[e.Name]; ok {
		return t, nil
	}
	if t, ok := r.known[e.Name]; ok {
		return t, nil
	}
	spec := r.p.types[e.Name]
	if spec == nil || spec.TypeParams != nil {
		return witType{}, r.p.fail(e, "%s cannot be part of an export", e.Name)
	}
	if r.open[e.Name] {
		return witType{}, r.p.fail(e, "%s has itself in it, which an export's type cannot", e.Name)
	}
	r.open[e.Name] = true
	defer delete(r.open, e.Name)
	record, ok := spec.Type.(*ast.StructType)
	if !ok {
		return r.typeOf(spec.Type)
	}
	return r.record(e.Name, record)
}

func (r *records) record(name string, record *ast.StructType) (witType, error) {
	t := witType{name: "%" + naming.Kebab(name)}
	var fields strings.Builder
	for _, f := range record.Fields.List {
		ty, err := r.typeOf(f.Type)
		if err != nil {
			return t, err
		}
		if len(f.Names) == 0 {
			return t, r.p.fail(f, "%s: a struct in an export has no embedded fields", name)
		}
		for _, n := range f.Names {
			if !n.IsExported() {
				return t, r.p.fail(n, "%s.%s: all fields of a struct in an export are exported", name, n.Name)
			}
			fields.WriteString("    %" + naming.Kebab(n.Name) + ": " + ty.name + ",\n")
			t.flat = append(t.flat, ty.flat...)
		}
	}
	if fields.Len() == 0 {
		return t, r.p.fail(record, "%s: a struct in an export has a field", name)
	}
	r.lines = append(r.lines, "  record "+t.name+" {\n"+fields.String()+"  }\n")
	r.known[name] = t
	return t, nil
}

// signature is the signature of an export.
type signature struct {
	wit string
	// params is the core types of the parameters.
	params []string
	// result is the core type of the result; empty where there is none.
	result string
	// inMemory is whether the result is an address.
	inMemory bool
}

func (r *records) signature(e export) (signature, error) {
	var s signature
	params, err := r.parameters(e, &s)
	if err != nil {
		return s, err
	}
	if len(s.params) > 16 {
		s.params = []string{"int32"}
	}
	s.wit = "  export %" + e.name + ": async func(" + params + ")"
	results := flatten(e.goFunc.Type.Results)
	hasError := len(results) > 0 && isIdent(results[len(results)-1], "error")
	if hasError {
		results = results[:len(results)-1]
	}
	if len(results) > 1 {
		return s, r.p.fail(e.goFunc, "%s: an export has one result, and an error; a struct holds several", e.goFunc.Name.Name)
	}
	ok := witType{name: "_"}
	if len(results) == 1 {
		if ok, err = r.typeOf(results[0]); err != nil {
			return s, err
		}
	}
	switch {
	case hasError:
		s.wit += " -> result<" + ok.name + ", string>"
		s.result, s.inMemory = "int32", true
	case len(results) == 1:
		s.wit += " -> " + ok.name
		s.result = ok.flat[0]
		if len(ok.flat) > 1 {
			s.result, s.inMemory = "int32", true
		}
	}
	s.wit += ";\n"
	return s, nil
}

func (r *records) parameters(e export, s *signature) (string, error) {
	var list []string
	for i, f := range e.goFunc.Type.Params.List {
		if sel, ok := f.Type.(*ast.SelectorExpr); ok && i == 0 && isIdent(sel.X, "context") && sel.Sel.Name == "Context" {
			continue
		}
		ty, err := r.typeOf(f.Type)
		if err != nil {
			return "", err
		}
		if len(f.Names) == 0 {
			return "", r.p.fail(f, "%s: parameters of an export have names", e.goFunc.Name.Name)
		}
		for _, n := range f.Names {
			list = append(list, "%"+naming.Kebab(n.Name)+": "+ty.name)
			s.params = append(s.params, ty.flat...)
		}
	}
	return strings.Join(list, ", "), nil
}

func isIdent(e ast.Expr, name string) bool {
	x, ok := e.(*ast.Ident)
	return ok && x.Name == name
}

// flatten returns the type of each result.
func flatten(list *ast.FieldList) []ast.Expr {
	var out []ast.Expr
	if list == nil {
		return nil
	}
	for _, f := range list.List {
		for range max(len(f.Names), 1) {
			out = append(out, f.Type)
		}
	}
	return out
}
