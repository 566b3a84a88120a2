/** Writes the WIT of a project's exports. */

const KEYWORDS = new Set(
  (
    "as async bool borrow char constructor enum export f32 f64 flags from func future import include interface list option own " +
    "package record resource result s16 s32 s64 s8 static stream string tuple type u16 u32 u64 u8 use variant with world"
  ).split(" "),
);

/** Converts a JavaScript name to a WIT name: `addNote` becomes `add-note`. */
export function kebab(name) {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .replace(/-(\d)/g, "$1")
    .toLowerCase();
}

/** Escapes a name that is a keyword of WIT. */
function identifier(name) {
  return KEYWORDS.has(name) ? `%${name}` : name;
}

/** Writes a type. */
function typeText(shape) {
  switch (shape.t) {
    case "bytes":
      return "list<u8>";
    case "list":
      return `list<${typeText(shape.of)}>`;
    case "option":
      return `option<${typeText(shape.of)}>`;
    case "tuple":
      return `tuple<${shape.of.map(typeText).join(", ")}>`;
    case "record":
    case "enum":
      return identifier(shape.name);
    default:
      return shape.t;
  }
}

function typeDeclaration(shape) {
  if (shape.t === "enum")
    return `  enum ${identifier(shape.name)} { ${shape.cases.map(([, wit]) => identifier(wit)).join(", ")} }`;
  const fields = shape.fields.map(({ wit, shape: of }) => `    ${identifier(wit)}: ${typeText(of)},`);
  return [`  record ${identifier(shape.name)} {`, ...fields, "  }"].join("\n");
}

function functionDeclaration({ name, parameters, result, doc, isFallible }) {
  const taken = parameters.map((one) => `${identifier(kebab(one.name))}: ${typeText(one.shape)}`).join(", ");
  const text = result.t === "unit" ? undefined : typeText(result);
  const given = isFallible ? ` -> result<${text ?? "_"}, string>` : text === undefined ? "" : ` -> ${text}`;
  const docs = doc ? doc.split("\n").map((line) => `  /// ${line}`.trimEnd()) : [];
  return [...docs, `  export ${identifier(kebab(name))}: async func(${taken})${given};`].join("\n");
}

/** Writes the world of a plugin. Its types are in an interface of their own, which has no other contents. */
export function worldSource({ name, exports, types, raw, imports }) {
  const declared = [...types.values()];
  const names = declared.map((one) => identifier(one.name)).join(", ");
  const wasi = [...imports].filter((path) => /^wasi:(cli|random)\//.test(path));
  return [
    `package plugin:${name};`,
    "",
    ...(declared.length > 0 ? ["interface types {", ...declared.map(typeDeclaration), "}", ""] : []),
    "world plugin {",
    `  include sqlservice:database/${raw ? "sqlservice-raw" : "sqlservice"}@0.2.0;`,
    "  include sqlservice:database/declared@0.2.0;",
    ...wasi.map((path) => `  import ${path};`),
    ...(declared.length > 0 ? [`  use types.{${names}};`] : []),
    ...exports.map(functionDeclaration),
    "}",
    "",
  ].join("\n");
}
