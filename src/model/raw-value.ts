import { scanJsonNumber, scanJsonValue } from "../base/json.ts";
import type { LeafKind } from "../formats/format.ts";

/** Kinds of leaves whose raw value is plain text; all others hold JSON. */
const TEXT_KINDS: ReadonlySet<LeafKind> = new Set<LeafKind>(["line", "text", "prose", "rest"]);

/** Whether raw values at a place of this kind are plain text and not JSON. */
export function isTextKind(kind: LeafKind): boolean {
  return TEXT_KINDS.has(kind);
}

/** A raw value as plain text: a JSON string without quotes and escapes, anything else as it is. Never throws. */
export function plainValue(raw: string): string {
  if (raw.charCodeAt(0) !== 34 || raw.length < 2 || raw.charCodeAt(raw.length - 1) !== 34) return raw;
  if (!raw.includes("\\")) return raw.slice(1, -1);
  try {
    return JSON.parse(raw) as string;
  } catch {
    return raw;
  }
}

/** Whether a raw value is a JSON number, whole. */
export function isNumberValue(raw: string): boolean {
  return raw !== "" && scanJsonNumber(raw, 0) === raw.length;
}

/** Whether a raw value is a JSON value, whole, without white space around it. */
export function isJsonValue(raw: string): boolean {
  return raw !== "" && scanJsonValue(raw, 0) === raw.length;
}

/**
 * A value in the spelling of a place of this kind: a JSON string loses its quotes where text, a number or a boolean stands, and what
 * is none gets them where a string stands. Undefined where the place cannot hold it.
 */
export function fitValue(raw: string, kind: LeafKind): string | undefined {
  switch (kind) {
    case "string":
      return raw.charCodeAt(0) === 34 ? raw : JSON.stringify(raw);
    case "number": {
      const text = plainValue(raw);
      return isNumberValue(text) ? text : undefined;
    }
    case "boolean": {
      const text = plainValue(raw);
      return text === "true" || text === "false" ? text : undefined;
    }
    case "null":
      return raw === "null" ? raw : undefined;
    case "json":
      return /^[[{]/.test(raw) ? raw : undefined;
    case "scalar":
      return /^[[{]/.test(raw) ? undefined : raw;
    case "line":
    case "text":
    case "prose": {
      const text = plainValue(raw);
      return /[\r\n]/.test(text) ? undefined : text;
    }
    default:
      return plainValue(raw);
  }
}

/** What stands at a place of this kind for a value that nobody knows. */
export function emptyValue(kind: LeafKind): string {
  switch (kind) {
    case "string":
      return '""';
    case "number":
      return "0";
    case "boolean":
      return "false";
    case "json":
      return "{}";
    case "null":
    case "scalar":
      return "null";
    default:
      return "";
  }
}
