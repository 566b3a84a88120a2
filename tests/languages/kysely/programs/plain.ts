/** Values as both sides can be compared: what drivers tell differently of one value is told alike. */

const MOMENT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]00(:?00)?)?$/;

/** A value that JSON can say. */
export function plain(value: unknown): unknown {
  if (value === undefined) return { undefined: true };
  if (value === null) return null;
  switch (typeof value) {
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case "boolean":
      return Number(value);
    case "string":
      return moment(value);
    case "object":
      return object(value);
    default:
      return value;
  }
}

function object(value: object): unknown {
  if (value instanceof Date) return moment(value.toISOString());
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Map || value instanceof Set) return plain([...value]);
  if (Array.isArray(value)) return value.map(plain);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, one]) => [name, plain(one)]));
}

/** Moments are texts on SQLite and dates elsewhere. */
function moment(text: string): string {
  const [, day, time, fraction] = MOMENT.exec(text) ?? [];
  return day === undefined ? text : `${day}T${time}${(fraction ?? "").replace(/\.?0+$/, "")}`;
}
