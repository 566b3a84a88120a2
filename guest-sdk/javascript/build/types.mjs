/** Reads the WIT types of a project's exported functions from their TypeScript types or JSDoc. */

import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";

import { kebab } from "./wit.mjs";

const NUMBERS = {
  int: { t: "s64", as: "number" },
  uint: { t: "u64", as: "number" },
  int32: { t: "s32" },
  int16: { t: "s16" },
  uint32: { t: "u32" },
  float: { t: "f64" },
};

/** An error in a project's types, with its place. */
class TypesError extends Error {
  isPlain = true;
}

/** Reads the exported functions of a module, and the records and enums that they use. */
export function readExports(project, entry) {
  const program = ts.createProgram([entry], compilerOptions(project));
  const reader = new Reader(program.getTypeChecker(), project);
  report(program, project);
  const source = program.getSourceFile(entry);
  const module = reader.checker.getSymbolAtLocation(source);
  if (!module) throw new TypesError(`${relative(project, entry)} exports nothing`);
  const functions = reader.checker.getExportsOfModule(module).flatMap((symbol) => reader.exported(symbol) ?? []);
  if (functions.length === 0) throw new TypesError(`${relative(project, entry)} exports no function`);
  return { functions, types: reader.types };
}

function compilerOptions(project) {
  const path = join(project, "tsconfig.json");
  const defaults = {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    types: [],
  };
  const read = existsSync(path)
    ? ts.getParsedCommandLineOfConfigFile(path, {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} })
    : undefined;
  return {
    ...defaults,
    ...read?.options,
    noEmit: true,
    allowJs: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
}

function report(program, project) {
  const diagnostics = ts
    .getPreEmitDiagnostics(program)
    .filter(({ category }) => category === ts.DiagnosticCategory.Error);
  if (diagnostics.length === 0) return;
  const host = { getCurrentDirectory: () => project, getCanonicalFileName: (name) => name, getNewLine: () => "\n" };
  throw new TypesError(`the types do not check\n${ts.formatDiagnostics(diagnostics.slice(0, 20), host)}`);
}

class Reader {
  types = new Map();

  constructor(checker, project) {
    this.checker = checker;
    this.project = project;
  }

  /** Reads an exported function. Returns undefined for other exports. */
  exported(symbol) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
    if (!(target.flags & ts.SymbolFlags.Value) || !target.valueDeclaration) return undefined;
    const type = this.checker.getTypeOfSymbolAtLocation(target, target.valueDeclaration);
    const [signature, another] = type.getCallSignatures();
    if (!signature || target.flags & ts.SymbolFlags.Class) return undefined;
    const at = { place: symbol.name, node: target.valueDeclaration };
    if (another) this.fail(at, "it has several signatures");
    const parameters = signature.parameters.map((one) => this.parameter(one, at));
    const declaration = signature.declaration;
    const node = declaration && (declaration.type ?? ts.getJSDocReturnType(declaration));
    const doc = ts.displayPartsToString(target.getDocumentationComment(this.checker));
    const result = this.result(signature.getReturnType(), node, at);
    return { name: symbol.name, parameters, result, doc, isFallible: !neverThrows(target.valueDeclaration) };
  }

  parameter(symbol, { place, node: owner }) {
    const node = symbol.valueDeclaration;
    const at = { place: `${place}-${symbol.name}`, node: node ?? owner };
    if (node?.dotDotDotToken) this.fail(at, "a rest parameter has no WIT type: take an array");
    const type = this.checker.getTypeOfSymbolAtLocation(symbol, at.node);
    const shape = this.shape(type, node && (node.type ?? ts.getJSDocType(node)), at);
    const isNamed = node && ts.isIdentifier(node.name);
    const name = isNamed ? symbol.name : (shape.name ?? "given");
    const isOptional = node && (node.questionToken || node.initializer) && shape.t !== "option";
    return { name, shape: isOptional ? { t: "option", of: shape } : shape };
  }

  result(type, node, at) {
    const awaited = this.checker.getAwaitedType(type) ?? type;
    const inner = awaited !== type && node && ts.isTypeReferenceNode(node) ? node.typeArguments?.[0] : node;
    const isUnit = awaited.flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined);
    return isUnit ? { t: "unit" } : this.shape(awaited, inner, { ...at, place: `${at.place}-result` });
  }

  shape(type, node, at) {
    const named = node && this.named(node);
    if (named) return named;
    if (type.isUnion()) return this.union(type, node, at);
    const { flags } = type;
    if (flags & ts.TypeFlags.BooleanLike) return { t: "bool" };
    if (flags & ts.TypeFlags.StringLiteral) return this.enumeration([type], type, at);
    if (flags & ts.TypeFlags.StringLike) return { t: "string" };
    if (flags & ts.TypeFlags.NumberLike) return { t: "f64" };
    if (flags & ts.TypeFlags.BigIntLike) return { t: "s64", as: "bigint" };
    if (flags & ts.TypeFlags.Object) return this.object(type, node, at);
    return this.fail(at, `the type ${this.checker.typeToString(type)} has no WIT type`);
  }

  /** Returns the number type behind one of the SDK's names, through the project's own aliases. */
  named(node) {
    if (ts.isParenthesizedTypeNode(node)) return this.named(node.type);
    const name = ts.isTypeReferenceNode(node) ? node.typeName : ts.isImportTypeNode(node) ? node.qualifier : undefined;
    const symbol = name && this.checker.getSymbolAtLocation(name);
    const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
    const declaration = target?.declarations?.[0];
    if (!declaration || !ts.isTypeAliasDeclaration(declaration)) return undefined;
    if (/[\\/]wit-types(\.d)?\.ts$/.test(declaration.getSourceFile().fileName)) return NUMBERS[target.name];
    return declaration.typeParameters ? undefined : this.named(declaration.type);
  }

  union(type, node, at) {
    const isNothing = (one) => one.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null | ts.TypeFlags.Void);
    const members = type.types.filter((one) => !isNothing(one));
    if (members.length < type.types.length) {
      const inner = this.checker.getNonNullableType(type);
      const kept =
        node && ts.isUnionTypeNode(node)
          ? node.types.filter((one) => !isNothing(this.checker.getTypeFromTypeNode(one)))
          : [];
      return { t: "option", of: this.shape(inner, kept.length === 1 ? kept[0] : undefined, at) };
    }
    if (members.every((one) => one.flags & ts.TypeFlags.BooleanLike)) return { t: "bool" };
    if (members.every((one) => one.flags & ts.TypeFlags.StringLiteral)) return this.enumeration(members, type, at);
    return this.fail(
      at,
      `the union ${this.checker.typeToString(type)} has no WIT type: only texts, or a type and undefined or null`,
    );
  }

  enumeration(members, type, at) {
    const cases = this.inOrder(members, type).map((value) => [value, kebab(value)]);
    const shape = { t: "enum", name: this.name(type, at), cases };
    const odd = shape.cases.find(([, wit]) => !/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(wit));
    if (odd) this.fail(at, `${JSON.stringify(odd[0])} cannot be a name in WIT`);
    return this.declared(shape);
  }

  /** Returns the texts of a union in the order of the source: the type checker uses an order of its own. */
  inOrder(members, type) {
    const values = members.map(({ value }) => value);
    const written = type.aliasSymbol?.declarations?.[0]?.type;
    if (!written || !ts.isUnionTypeNode(written)) return values.sort();
    const order = written.types.map((one) => (ts.isLiteralTypeNode(one) ? one.literal.text : undefined));
    return values.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  }

  object(type, node, at) {
    const { checker } = this;
    if (checker.isTupleType(type)) {
      const nodes = node && ts.isTupleTypeNode(node) ? node.elements : [];
      return { t: "tuple", of: checker.getTypeArguments(type).map((one, i) => this.shape(one, nodes[i], at)) };
    }
    if (checker.isArrayType(type))
      return { t: "list", of: this.shape(checker.getTypeArguments(type)[0], elementNode(node), at) };
    const name = type.symbol?.name;
    if (name === "Uint8Array") return { t: "bytes" };
    if (type.getCallSignatures().length > 0) return this.fail(at, "a function has no WIT type");
    if (["Date", "Map", "Set", "Promise", "RegExp"].includes(name))
      return this.fail(at, `${name} has no WIT type: use a text, a number or an array`);
    return this.record(type, at);
  }

  record(type, at) {
    const name = this.name(type, at);
    const key = this.checker.typeToString(
      type,
      undefined,
      ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias,
    );
    const known = this.types.get(name);
    if (known)
      return known.key === key
        ? { t: "record", name, fields: known.fields }
        : this.record(type, { ...at, place: `${at.place}-x`, isPlaced: true });
    const shape = { t: "record", name, fields: [], key };
    this.types.set(name, shape);
    for (const property of type.getProperties()) shape.fields.push(this.field(property, name, at));
    if (shape.fields.length === 0) this.fail(at, `the type ${key} has no fields`);
    this.types.delete(name);
    this.types.set(name, shape);
    return { t: "record", name, fields: shape.fields };
  }

  field(property, record, at) {
    const node = property.valueDeclaration;
    const inner = { place: `${record}-${property.name}`, node: node ?? at.node };
    const type = this.checker.getTypeOfSymbolAtLocation(property, inner.node);
    return { js: property.name, wit: kebab(property.name), shape: this.shape(type, node?.type, inner) };
  }

  declared(shape) {
    this.types.set(shape.name, shape);
    return shape;
  }

  name(type, { place, isPlaced }) {
    const given = type.aliasSymbol?.name ?? type.symbol?.name;
    return kebab(given && !given.startsWith("__") && !isPlaced ? given : place);
  }

  fail({ place, node }, why) {
    const source = node.getSourceFile();
    const { line, character } = source.getLineAndCharacterOfPosition(node.getStart());
    throw new TypesError(`${relative(this.project, source.fileName)}:${line + 1}:${character + 1}: ${place}: ${why}`);
  }
}

/** Whether a function has `@throws {never}`: its WIT result has no `err`, and an error that it throws ends the plugin. */
function neverThrows(declaration) {
  return ts
    .getJSDocTags(declaration)
    .some((tag) => ts.isJSDocThrowsTag(tag) && tag.typeExpression?.type.kind === ts.SyntaxKind.NeverKeyword);
}

function elementNode(node) {
  if (!node) return undefined;
  if (ts.isTypeOperatorNode(node)) return elementNode(node.type);
  if (ts.isArrayTypeNode(node)) return node.elementType;
  return ts.isTypeReferenceNode(node) ? node.typeArguments?.[0] : undefined;
}
