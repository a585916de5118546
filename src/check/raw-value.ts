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

/** A raw value as plain text: a JSON string without quotes and escapes, anything else as it is. */
export function plainText(raw: string): string {
  if (raw.charCodeAt(0) !== 34) return raw;
  if (!raw.includes("\\")) return raw.endsWith('"') && raw.length > 1 ? raw.slice(1, -1) : raw;
  try {
    return JSON.parse(raw) as string;
  } catch {
    return raw;
  }
}

/** The whole number that a raw value spells, quoted or not; undefined for anything else. */
export function wholeNumber(raw: string): bigint | undefined {
  const text = plainText(raw);
  return /^-?\d{1,40}$/.test(text) ? BigInt(text) : undefined;
}

/** Shortens a value for a report; the whole of it is in the recording. */
export function clipValue(text: string | undefined, limit = 300): string | undefined {
  if (text === undefined || text.length <= limit) return text;
  return `${text.slice(0, limit)}… (${text.length} characters)`;
}
