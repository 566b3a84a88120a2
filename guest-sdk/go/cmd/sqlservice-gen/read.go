package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/naming"
)

// plugin is the models and exports that the package's comments declare.
type plugin struct {
	files   *token.FileSet
	name    string
	hasMain bool
	types   map[string]*ast.TypeSpec
	models  []model
	exports []export
	// imports is the import paths of packages by their names in the code.
	imports map[string]string
}

type model struct {
	name, table, variable string
	fields                []field
}

// field is a column, or a relation.
type field struct {
	name, database string
	goType         ast.Expr
	relation       bool
}

type export struct {
	name   string
	goFunc *ast.FuncDecl
}

func readPlugin(dir string) (*plugin, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	p := &plugin{files: token.NewFileSet(), types: map[string]*ast.TypeSpec{}, imports: map[string]string{}}
	target := build.Default
	target.GOOS, target.GOARCH, target.CgoEnabled = "wasip1", "wasm", false
	slices.Sort(paths)
	for _, file := range paths {
		base := filepath.Base(file)
		if use, err := target.MatchFile(filepath.Dir(file), base); err != nil || !use || base == generatedFile || strings.HasSuffix(base, "_test.go") {
			if err != nil {
				return nil, err
			}
			continue
		}
		syntax, err := parser.ParseFile(p.files, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if err := p.readFile(syntax); err != nil {
			return nil, err
		}
	}
	if p.name == "" {
		return nil, fmt.Errorf("%s has no Go files", dir)
	}
	return p, nil
}

func (p *plugin) readFile(file *ast.File) error {
	p.name = file.Name.Name
	for _, i := range file.Imports {
		importPath, _ := strconv.Unquote(i.Path.Value)
		name := path.Base(importPath)
		if i.Name != nil {
			name = i.Name.Name
		}
		if importPath == sdkPath {
			name = "sqlservice"
		}
		p.imports[name] = importPath
	}
	for _, decl := range file.Decls {
		var err error
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			err = p.readFunc(decl)
		case *ast.GenDecl:
			err = p.readTypes(decl)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// directive returns the arguments of a comment //sqlservice:word.
func directive(doc *ast.CommentGroup, word string) ([]string, bool) {
	if doc == nil {
		return nil, false
	}
	for _, c := range doc.List {
		if rest, ok := strings.CutPrefix(c.Text, "//sqlservice:"+word); ok && (rest == "" || rest[0] == ' ') {
			return strings.Fields(rest), true
		}
	}
	return nil, false
}

func (p *plugin) fail(at ast.Node, format string, args ...any) error {
	return fmt.Errorf("%s: %s", p.files.Position(at.Pos()), fmt.Sprintf(format, args...))
}

func (p *plugin) readFunc(f *ast.FuncDecl) error {
	if f.Recv == nil && f.Name.Name == "main" {
		p.hasMain = true
	}
	arguments, ok := directive(f.Doc, "export")
	if !ok {
		return nil
	}
	if f.Recv != nil || f.Type.TypeParams != nil {
		return p.fail(f, "%s: only a plain function can be exported", f.Name.Name)
	}
	name := naming.Kebab(f.Name.Name)
	if len(arguments) > 0 {
		name = arguments[0]
	}
	p.exports = append(p.exports, export{name, f})
	return nil
}

func (p *plugin) readTypes(decl *ast.GenDecl) error {
	for _, spec := range decl.Specs {
		ty, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		p.types[ty.Name.Name] = ty
		doc := ty.Doc
		if doc == nil {
			doc = decl.Doc
		}
		if arguments, ok := directive(doc, "model"); ok {
			if err := p.readModel(ty, arguments); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *plugin) readModel(ty *ast.TypeSpec, arguments []string) error {
	record, ok := ty.Type.(*ast.StructType)
	if !ok || len(arguments) == 0 {
		return p.fail(ty, "%s: //sqlservice:model TABLE stands above a struct", ty.Name.Name)
	}
	m := model{name: ty.Name.Name, table: arguments[0], variable: naming.Camel(arguments[0])}
	if len(arguments) > 1 {
		m.variable = arguments[1]
	}
	for _, f := range record.Fields.List {
		tag := reflect.StructTag("")
		if f.Tag != nil {
			text, _ := strconv.Unquote(f.Tag.Value)
			tag = reflect.StructTag(text)
		}
		for _, name := range f.Names {
			if !name.IsExported() || tag.Get("db") == "-" {
				continue
			}
			m.fields = append(m.fields, readField(name.Name, f.Type, tag))
		}
	}
	p.models = append(p.models, m)
	return nil
}

func readField(name string, goType ast.Expr, tag reflect.StructTag) field {
	f := field{name: name, goType: goType}
	text := tag.Get("db")
	if rel, ok := tag.Lookup("rel"); ok {
		f.relation, text = true, rel
		if list, ok := f.goType.(*ast.ArrayType); ok {
			f.goType = list.Elt
		}
	}
	if to, ok := f.goType.(*ast.StarExpr); ok {
		f.goType = to.X
	}
	f.database, _, _ = strings.Cut(text, ",")
	if f.database == "" {
		f.database = naming.Snake(name)
	}
	return f
}

// used returns the names of packages that types of the generated code refer to.
func (p *plugin) used() ([]string, error) {
	found := map[string]bool{}
	for _, m := range p.models {
		for _, f := range m.fields {
			ast.Inspect(f.goType, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok {
						found[x.Name] = true
					}
				}
				return true
			})
		}
	}
	delete(found, "sqlservice")
	return slices.Sorted(maps.Keys(found)), nil
}
