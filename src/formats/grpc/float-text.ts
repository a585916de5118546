/** Floating-point numbers as ProtoJSON has them; a NaN whose bits are not the usual ones keeps them (`"NaN(fff8000000000000)"`). */
import type { JsonNode } from "../../base/json.ts";
import type { Halves } from "./integer-text.ts";
import { Unencodable } from "./unencodable.ts";

/** JSON text of a double, whose bits tell one NaN from another. */
export function formatDouble(value: number, lo: number, hi: number): string {
  if (Number.isFinite(value)) return value === 0 && hi !== 0 ? "-0" : String(value);
  if (!Number.isNaN(value)) return value > 0 ? '"Infinity"' : '"-Infinity"';
  return lo === 0 && hi === 0x7ff80000 ? '"NaN"' : `"NaN(${hex(hi)}${hex(lo)})"`;
}

/** JSON text of a float, in as few digits as tell it from its neighbours. */
export function formatFloat(value: number, bits: number): string {
  if (Number.isFinite(value)) return value === 0 && bits !== 0 ? "-0" : shortestFloat(value);
  if (!Number.isNaN(value)) return value > 0 ? '"Infinity"' : '"-Infinity"';
  return bits === 0x7fc00000 ? '"NaN"' : `"NaN(${hex(bits)})"`;
}

function hex(half: number): string {
  return half.toString(16).padStart(8, "0");
}

/** Decimal that reads back as this float (a number that a float can hold). */
export function shortestFloat(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 16_777_216) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return String(shorter);
  }
  return String(Number(value.toPrecision(9)));
}

/** The number of a JSON number or of a string that ProtoJSON allows; the bits of a NaN that has its own. Throws `Unencodable`. */
export function floatFromNode(node: JsonNode, type: "double" | "float"): number | Halves {
  if (node.kind === "number") {
    const value = Number(node.raw);
    const fits = Number.isFinite(type === "float" ? Math.fround(value) : value);
    if (!fits) throw new Unencodable(node, type);
    return value;
  }
  if (node.kind !== "string") throw new Unencodable(node, type);
  const text = node.raw.slice(1, -1);
  if (text === "NaN") return type === "double" ? { lo: 0, hi: 0x7ff80000 } : { lo: 0x7fc00000, hi: 0 };
  if (text === "Infinity") return Infinity;
  if (text === "-Infinity") return -Infinity;
  const bits = /^NaN\(([0-9a-f]{8})?([0-9a-f]{8})\)$/.exec(text);
  if (bits !== null && (bits[1] !== undefined) === (type === "double"))
    return { lo: Number.parseInt(bits[2]!, 16), hi: Number.parseInt(bits[1] ?? "0", 16) };
  if (/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  throw new Unencodable(node, type);
}
