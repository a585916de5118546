/** Texts of well-known types: RFC 3339 times, durations in seconds, field masks. */

/** First and last second of a Timestamp: the years 1 and 9999. */
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;

/** Bound of a Duration: 10,000 years. */
const MAX_DURATION = 315_576_000_000;

/** `"2026-11-22T10:00:00.250Z"` with 0, 3, 6 or 9 digits; undefined out of range. */
export function formatTimestamp(seconds: number, nanos: number): string | undefined {
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS || nanos < 0 || nanos > 999_999_999) return undefined;
  return `"${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction(nanos)}Z"`;
}

/** `"-1.500s"`; undefined out of range, or where the parts have different signs. */
export function formatDuration(seconds: number, nanos: number): string | undefined {
  if (Math.abs(seconds) > MAX_DURATION || Math.abs(nanos) > 999_999_999) return undefined;
  if ((seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) return undefined;
  const sign = seconds < 0 || nanos < 0 ? "-" : "";
  return `"${sign}${Math.abs(seconds)}${fraction(Math.abs(nanos))}s"`;
}

function fraction(nanos: number): string {
  if (nanos === 0) return "";
  const digits = String(nanos).padStart(9, "0");
  if (digits.endsWith("000000")) return `.${digits.slice(0, 3)}`;
  return `.${digits.endsWith("000") ? digits.slice(0, 6) : digits}`;
}

export interface Seconds {
  readonly seconds: number;
  readonly nanos: number;
}

/** Reads an RFC 3339 time (any offset); undefined where it is none. */
export function parseTimestamp(text: string): Seconds | undefined {
  const match = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const ms = Date.parse(`${match[1]!.toUpperCase()}${match[3]!.toUpperCase()}`);
  if (Number.isNaN(ms)) return undefined;
  return { seconds: ms / 1000, nanos: nanosOf(match[2]) };
}

/** Reads `1.5s`; undefined where it is no duration. */
export function parseDuration(text: string): Seconds | undefined {
  const match = /^(-)?(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(text);
  if (match === null) return undefined;
  const sign = match[1] === undefined ? 1 : -1;
  return { seconds: sign * Number(match[2]), nanos: sign * nanosOf(match[3]) };
}

function nanosOf(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.padEnd(9, "0"));
}

/** True where a path of a field mask survives the way to camel case and back. */
export function isCamelPath(path: string): boolean {
  return /^(?:[a-z\d]+(?:_[a-z][a-z\d]*)*)(?:\.[a-z\d]+(?:_[a-z][a-z\d]*)*)*$/.test(path);
}

export function camelPath(path: string): string {
  return path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function snakePath(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
