import type { JsonNode } from "../../base/json.ts";
import { Unencodable } from "./unencodable.ts";

const TWO_32 = 0x100000000;
const MILLION = 1_000_000;

/** Decimal of an unsigned number of two halves of 32 bits. */
export function formatUint64(lo: number, hi: number): string {
  if (hi === 0) return String(lo);
  if (hi < 0x200000) return String(hi * TWO_32 + lo);
  // Two exact steps in place of a BigInt: the last six digits, and what is above them.
  const rest = (hi % MILLION) * TWO_32 + lo;
  const upper = Math.floor(hi / MILLION) * TWO_32 + Math.floor(rest / MILLION);
  return `${upper}${String(rest % MILLION).padStart(6, "0")}`;
}

/** Decimal of a number in two's complement. */
export function formatInt64(lo: number, hi: number): string {
  if (hi < 0x80000000) return formatUint64(lo, hi);
  const negatedLo = -lo >>> 0;
  return `-${formatUint64(negatedLo, (~hi + (lo === 0 ? 1 : 0)) >>> 0)}`;
}

/** Two's complement of an integer, in halves. */
export interface Halves {
  readonly lo: number;
  readonly hi: number;
}

/** Smallest and largest value of a type; the largest in halves, the smallest as the halves of its amount. */
export interface IntegerRange {
  readonly type: string;
  readonly max: Halves;
  readonly below: Halves;
}

const ZERO: Halves = { lo: 0, hi: 0 };
export const INT32: IntegerRange = { type: "int32", max: { lo: 0x7fffffff, hi: 0 }, below: { lo: 0x80000000, hi: 0 } };
export const UINT32: IntegerRange = { type: "uint32", max: { lo: 0xffffffff, hi: 0 }, below: ZERO };
export const INT64: IntegerRange = {
  type: "int64",
  max: { lo: 0xffffffff, hi: 0x7fffffff },
  below: { lo: 0, hi: 0x80000000 },
};
export const UINT64: IntegerRange = { type: "uint64", max: { lo: 0xffffffff, hi: 0xffffffff }, below: ZERO };

/** The number that was read last: one object for all, as each is written at once. */
const result = { lo: 0, hi: 0 };

/** Reads a JSON number or a string of digits as an integer of a range; what it gives holds until the next call. Throws `Unencodable`. */
export function parseInteger(node: JsonNode, range: IntegerRange): Halves {
  if (node.kind !== "string" && node.kind !== "number") throw new Unencodable(node, range.type);
  const { raw } = node;
  const from = node.kind === "string" ? 1 : 0;
  const to = raw.length - from;
  const isNegative = raw.charCodeAt(from) === 45;
  if (!readDigits(raw, isNegative ? from + 1 : from, to) && !readExact(raw.slice(from, to)))
    throw new Unencodable(node, range.type);
  const limit = isNegative ? range.below : range.max;
  const { lo, hi } = result;
  if (hi > limit.hi || (hi === limit.hi && lo > limit.lo)) throw new Unencodable(node, range.type);
  if (isNegative) {
    result.lo = -lo >>> 0;
    result.hi = (~hi + (lo === 0 ? 1 : 0)) >>> 0;
  }
  return result;
}

/** Reads up to 20 digits, six at a time so that all steps are exact; false where something else is there, or it is 2^64 or more. */
function readDigits(text: string, from: number, to: number): boolean {
  if (to <= from || to - from > 20) return false;
  let lo = 0;
  let hi = 0;
  for (let at = from; at < to;) {
    const end = Math.min(at + 6, to);
    let scale = 1;
    let part = 0;
    for (; at < end; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) return false;
      part = part * 10 + digit;
      scale *= 10;
    }
    const sum = lo * scale + part;
    if (sum < TWO_32 && hi === 0) {
      lo = sum;
      continue;
    }
    hi = hi * scale + Math.floor(sum / TWO_32);
    lo = sum % TWO_32;
  }
  result.lo = lo;
  result.hi = hi;
  return hi < TWO_32;
}

/** Reads `1e3` and `5.0`, which are integers in JSON, too. */
function readExact(text: string): boolean {
  const value = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Math.abs(Number(text)) : Number.NaN;
  result.lo = value >>> 0;
  result.hi = Math.floor(value / TWO_32);
  return Number.isSafeInteger(value);
}
