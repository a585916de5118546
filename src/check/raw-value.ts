import { plainValue } from "../model/raw-value.ts";

/** JSON type of a raw value by its first character; `text` for raw text that is not JSON. */
export type RawType = "string" | "number" | "boolean" | "null" | "object" | "array" | "text";

/** The type a raw JSON spelling has. */
export function rawType(raw: string): RawType {
  const c = raw.charCodeAt(0);
  if (c === 34) return "string";
  if (c === 123) return "object";
  if (c === 91) return "array";
  if (c === 45 || (c >= 48 && c <= 57)) return "number";
  if (raw === "null") return "null";
  if (raw === "true" || raw === "false") return "boolean";
  return "text";
}

/** The whole number that a raw value spells, quoted or not; undefined for anything else. */
export function wholeNumber(raw: string): bigint | undefined {
  const text = plainValue(raw);
  return /^-?\d{1,40}$/.test(text) ? BigInt(text) : undefined;
}

/** Shortens a value for a report; the whole of it is in the recording. */
export function clipValue(text: string | undefined, limit = 300): string | undefined {
  if (text === undefined || text.length <= limit) return text;
  return `${text.slice(0, limit)}… (${text.length} characters)`;
}
