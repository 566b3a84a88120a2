/** Conversions between text and the contract's dates, times and moments, in the proleptic Gregorian calendar. */

const DAY = 86_400_000_000n;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?$/;
const ZONE = /(?:Z|([+-])(\d{2}):?(\d{2}))$/;

/** Parses a date to days since 1970-01-01. Returns undefined if the text is not a date. */
export function parseDate(text: string): number | undefined {
  const parts = DATE.exec(text);
  if (!parts) return undefined;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  if (year < 1 || moment.getUTCMonth() !== month - 1 || moment.getUTCDate() !== day) return undefined;
  return Math.floor(moment.getTime() / 86_400_000);
}

/** Formats days since 1970-01-01 as a date. */
export function formatDate(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** Parses a time of day to microseconds since midnight. Returns undefined if the text is not a time of day. */
export function parseTime(text: string): bigint | undefined {
  const parts = TIME.exec(text);
  if (!parts) return undefined;
  const [hour, minute, second] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return BigInt((hour * 60 + minute) * 60 + second) * 1_000_000n + BigInt((parts[4] ?? "").padEnd(6, "0"));
}

/** Formats microseconds since midnight as a time of day with six decimals. */
export function formatTime(microseconds: bigint): string {
  const all = Number(microseconds);
  const two = (n: number) => String(n).padStart(2, "0");
  const seconds = Math.floor(all / 1_000_000);
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${clock}.${String(all % 1_000_000).padStart(6, "0")}`;
}

/**
 * Parses a date and time without a zone to microseconds since 1970-01-01T00:00:00. Returns undefined for other text.
 */
export function parseTimestamp(text: string): bigint | undefined {
  const days = parseDate(text.slice(0, 10));
  const time = parseTime(text.slice(11));
  if (days === undefined || time === undefined || !/[T ]/.test(text.charAt(10))) return undefined;
  return BigInt(days) * DAY + time;
}

/** Formats microseconds since 1970-01-01T00:00:00 as a date and time with six decimals. */
export function formatTimestamp(microseconds: bigint): string {
  const within = ((microseconds % DAY) + DAY) % DAY;
  return `${formatDate(Number((microseconds - within) / DAY))}T${formatTime(within)}`;
}

/**
 * Parses a moment, which ends with `Z` or an offset, to microseconds since 1970-01-01T00:00:00Z, or returns undefined.
 */
export function parseMoment(text: string): bigint | undefined {
  const zone = ZONE.exec(text);
  const local = zone ? parseTimestamp(text.slice(0, zone.index)) : undefined;
  if (!zone || local === undefined) return undefined;
  const offset = BigInt(Number(zone[2] ?? 0) * 60 + Number(zone[3] ?? 0)) * 60_000_000n;
  return zone[1] === "-" ? local + offset : local - offset;
}
