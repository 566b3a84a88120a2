import type * as contract from "./contract.ts";
import { inspect } from "./runtime/inspect.ts";
import { begin } from "./runtime/instance.ts";
import { Models } from "./schema/models.ts";
import { isWellFormed } from "./values/utf8.ts";

/** The WIT type of a parameter or a result, as the build read it from the types. */
export type Shape =
  | { t: "unit" | "bool" | "string" | "bytes" | "f64" }
  | { t: "s32" | "s16" | "u32" }
  | { t: "s64" | "u64"; as: "number" | "bigint" }
  | { t: "list" | "option"; of: Shape }
  | { t: "tuple"; of: Shape[] }
  | { t: "enum"; name: string; cases: [string, string][] }
  | { t: "record"; name: string; fields: { js: string; wit: string; shape: Shape }[] };

const RANGES = {
  s16: [-(2 ** 15), 2 ** 15 - 1],
  s32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  s64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  u64: [0, Number.MAX_SAFE_INTEGER],
} as const;

/** Wraps a plugin's function for the host: converts arguments and the result, and throws an error as its text. */
export function expose(
  name: string,
  run: (...given: any[]) => unknown,
  parameters: Shape[],
  result: Shape,
): (...given: unknown[]) => Promise<unknown> {
  return async (...given) => {
    try {
      begin();
      const taken = parameters.map((shape, i) => lift(shape, given[i], name));
      return lower(result, await run(...taken), name);
    } catch (error) {
      throw (messageOf(error) as unknown as { toWellFormed(): string }).toWellFormed();
    }
  };
}

/** The most causes of an error to report: an error may be its own cause. */
const MOST_CAUSES = 8;

/** Returns the models that a plugin's module exports. */
export function declare(plugin: Record<string, unknown>): contract.Models {
  const all = Object.values(plugin)
    .filter((one) => one instanceof Models)
    .map((one) => one.toContract());
  return {
    tables: all.flatMap(({ tables }) => tables),
    relationships: all.flatMap(({ relationships }) => relationships),
  };
}

/** Returns an error's message and those of its causes. */
function messageOf(error: unknown, causes = MOST_CAUSES): string {
  if (!(error instanceof Error)) return textOfOther(error);
  const message = textOf(error.message || error.name);
  return error.cause === undefined || causes === 0 ? message : `${message}: ${messageOf(error.cause, causes - 1)}`;
}

/** The text of a thrown value that is not an `Error`: an object's message, or its contents. */
function textOfOther(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return textOf(thrown);
  try {
    const { message } = thrown as { message?: unknown };
    return typeof message === "string" ? message : inspect(thrown);
  } catch {
    return textOf(thrown);
  }
}

/** Converts a thrown value to text. The value's own code may fail. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "an error that has no text";
  }
}

/** Converts a value of the host for the plugin. */
function lift(shape: Shape, value: unknown, place: string): unknown {
  switch (shape.t) {
    case "s64":
    case "u64":
      if (shape.as === "bigint") return value;
      if (Number.isSafeInteger(Number(value))) return Number(value);
      throw new RangeError(`${place}: the number ${String(value)} is not exact in JavaScript: take a bigint`);
    case "option":
      return value === null || value === undefined ? undefined : lift(shape.of, value, place);
    case "list":
      return Array.from(value as ArrayLike<unknown>, (one) => lift(shape.of, one, place));
    case "tuple":
      return shape.of.map((of, i) => lift(of, (value as unknown[])[i], place));
    case "enum":
      return shape.cases.find(([, wit]) => wit === value)?.[0];
    case "record":
      return liftRecord(shape.fields, value as Record<string, unknown>, place);
    default:
      return value;
  }
}

function liftRecord(
  fields: { js: string; wit: string; shape: Shape }[],
  value: Record<string, unknown>,
  place: string,
): unknown {
  return Object.fromEntries(
    fields.map(({ js, wit, shape }) => [js, lift(shape, value[camel(wit)], `${place}: ${js}`)]),
  );
}

function camel(wit: string): string {
  return wit.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Converts a value of the plugin for the host. A wrong type is a TypeError, because the host would end the plugin. */
function lower(shape: Shape, value: unknown, place: string): unknown {
  switch (shape.t) {
    case "unit":
      return undefined;
    case "bool":
      return expect(typeof value === "boolean", value, place, "a boolean");
    case "string":
      expect(typeof value === "string", value, place, "a string");
      return expect(isWellFormed(value as string), value, place, "a text without half a character");
    case "bytes":
      return expect(value instanceof Uint8Array, value, place, "a Uint8Array");
    case "f64":
      return expect(typeof value === "number", value, place, "a number");
    case "s16":
    case "s32":
    case "u32":
    case "s64":
    case "u64":
      return lowerInteger(shape, value, place);
    case "option":
      return value === null || value === undefined ? null : lower(shape.of, value, place);
    case "list":
      return (expect(Array.isArray(value), value, place, "an array") as unknown[]).map((one) =>
        lower(shape.of, one, place),
      );
    case "tuple":
      expect(Array.isArray(value) && value.length === shape.of.length, value, place, `${shape.of.length} values`);
      return shape.of.map((of, i) => lower(of, (value as unknown[])[i], place));
    case "enum": {
      const found = shape.cases.find(([js]) => js === value);
      expect(found !== undefined, value, place, `one of ${shape.cases.map(([js]) => js).join(", ")}`);
      return found?.[1];
    }
    case "record": {
      const object = expect(typeof value === "object" && value !== null, value, place, "an object") as Record<
        string,
        unknown
      >;
      const fields = shape.fields.map(({ js, wit, shape: of }) => [
        camel(wit),
        lower(of, object[js], `${place}: ${js}`),
      ]);
      return Object.fromEntries(fields);
    }
  }
}

function lowerInteger(shape: { t: keyof typeof RANGES }, value: unknown, place: string): unknown {
  if (typeof value === "bigint" && (shape.t === "s64" || shape.t === "u64")) {
    const fits = shape.t === "s64" ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
    return expect(fits === value, value, place, `an integer of ${shape.t}`);
  }
  const [least, most] = RANGES[shape.t];
  const isInteger = Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
  expect(isInteger, value, place, `an integer from ${least} to ${most}`);
  return shape.t === "s64" || shape.t === "u64" ? BigInt(value as number) : value;
}

function expect(holds: boolean, value: unknown, place: string, what: string): unknown {
  if (holds) return value;
  throw new TypeError(
    `${place}: ${what} is expected, not ${typeof value === "object" && value ? "an object" : String(value)}`,
  );
}
