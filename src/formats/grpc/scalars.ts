/** Scalar values between the wire and their ProtoJSON text (https://protobuf.dev/programming-guides/json). */
import type { JsonNode } from "../../base/json.ts";
import { bytesFromText, textFromBytes } from "../../base/bytes.ts";
import { asciiText, base64FromBytes, base64Length, bytesFromBase64, putBase64 } from "./base64.ts";
import { floatFromNode, formatDouble, formatFloat } from "./float-text.ts";
import { formatInt64, formatUint64, INT32, INT64, parseInteger, UINT32, UINT64 } from "./integer-text.ts";
import { Unencodable } from "./unencodable.ts";
import { doubleOf, floatOf, readFixed, readLength, readVarint, type WireReader } from "./wire-reader.ts";
import { reserve, writeBytes, writeFixed32, writeFixed64, writeVarint, type WireWriter } from "./wire-writer.ts";

/** One scalar type. */
export interface Scalar {
  /** JSON text of the value at the reader's position, or undefined where it is not there in the form that `write` gives it. */
  readonly read: (r: WireReader, end: number) => string | undefined;
  /** Writes the value of a JSON scalar, without a tag. Throws `Unencodable`. */
  readonly write: (w: WireWriter, node: JsonNode) => void;
}

const int32: Scalar = {
  read: (r, end) => (readVarint(r, end) && isInt32(r) ? String(r.lo | 0) : undefined),
  write: (w, node) => {
    const { lo, hi } = parseInteger(node, INT32);
    writeVarint(w, lo, hi);
  },
};

/** Negative ones have ten bytes on the wire. */
function isInt32(r: WireReader): boolean {
  return r.hi === (r.lo > 0x7fffffff ? 0xffffffff : 0);
}

const uint32: Scalar = {
  read: (r, end) => (readVarint(r, end) && r.hi === 0 ? String(r.lo) : undefined),
  write: (w, node) => writeVarint(w, parseInteger(node, UINT32).lo, 0),
};

const sint32: Scalar = {
  read: (r, end) => (readVarint(r, end) && r.hi === 0 ? String((r.lo >>> 1) ^ -(r.lo & 1)) : undefined),
  write: (w, node) => {
    const value = parseInteger(node, INT32).lo | 0;
    writeVarint(w, ((value << 1) ^ (value >> 31)) >>> 0, 0);
  },
};

const int64: Scalar = {
  read: (r, end) => (readVarint(r, end) ? `"${formatInt64(r.lo, r.hi)}"` : undefined),
  write: (w, node) => {
    const { lo, hi } = parseInteger(node, INT64);
    writeVarint(w, lo, hi);
  },
};

const uint64: Scalar = {
  read: (r, end) => (readVarint(r, end) ? `"${formatUint64(r.lo, r.hi)}"` : undefined),
  write: (w, node) => {
    const { lo, hi } = parseInteger(node, UINT64);
    writeVarint(w, lo, hi);
  },
};

const sint64: Scalar = {
  read: (r, end) => {
    if (!readVarint(r, end)) return undefined;
    const sign = -(r.lo & 1);
    const lo = (((r.lo >>> 1) | (r.hi << 31)) ^ sign) >>> 0;
    return `"${formatInt64(lo, ((r.hi >>> 1) ^ sign) >>> 0)}"`;
  },
  write: (w, node) => {
    const { lo, hi } = parseInteger(node, INT64);
    const sign = hi >> 31;
    writeVarint(w, ((lo << 1) ^ sign) >>> 0, (((hi << 1) | (lo >>> 31)) ^ sign) >>> 0);
  },
};

const fixed32: Scalar = {
  read: (r, end) => (readFixed(r, end, 4) ? String(r.lo) : undefined),
  write: (w, node) => writeFixed32(w, parseInteger(node, UINT32).lo),
};

const sfixed32: Scalar = {
  read: (r, end) => (readFixed(r, end, 4) ? String(r.lo | 0) : undefined),
  write: (w, node) => writeFixed32(w, parseInteger(node, INT32).lo),
};

const fixed64: Scalar = {
  read: (r, end) => (readFixed(r, end, 8) ? `"${formatUint64(r.lo, r.hi)}"` : undefined),
  write: (w, node) => {
    const { lo, hi } = parseInteger(node, UINT64);
    writeFixed64(w, lo, hi);
  },
};

const sfixed64: Scalar = {
  read: (r, end) => (readFixed(r, end, 8) ? `"${formatInt64(r.lo, r.hi)}"` : undefined),
  write: (w, node) => {
    const { lo, hi } = parseInteger(node, INT64);
    writeFixed64(w, lo, hi);
  },
};

const double: Scalar = {
  read: (r, end) => (readFixed(r, end, 8) ? formatDouble(doubleOf(r), r.lo, r.hi) : undefined),
  write: (w, node) => {
    const value = floatFromNode(node, "double");
    if (typeof value !== "number") return writeFixed64(w, value.lo, value.hi);
    reserve(w, 8);
    w.view.setFloat64(w.at, value, true);
    w.at += 8;
  },
};

const float: Scalar = {
  read: (r, end) => (readFixed(r, end, 4) ? formatFloat(floatOf(r), r.lo) : undefined),
  write: (w, node) => {
    const value = floatFromNode(node, "float");
    if (typeof value !== "number") return writeFixed32(w, value.lo);
    reserve(w, 4);
    w.view.setFloat32(w.at, value, true);
    w.at += 4;
  },
};

const bool: Scalar = {
  read: (r, end) => {
    if (!readVarint(r, end) || r.hi !== 0 || r.lo > 1) return undefined;
    return r.lo === 1 ? "true" : "false";
  },
  write: (w, node) => {
    if (node.kind !== "boolean") throw new Unencodable(node, "bool");
    writeVarint(w, node.raw === "true" ? 1 : 0, 0);
  },
};

const string: Scalar = {
  read: (r, end) => {
    const to = readLength(r, end);
    if (to < 0) return undefined;
    const from = r.at;
    r.at = to;
    return quotedText(r.bytes, from, to);
  },
  write: (w, node) => {
    if (node.kind !== "string") throw new Unencodable(node, "string");
    writeText(w, node.raw);
  },
};

const bytes: Scalar = {
  read: (r, end) => {
    const to = readLength(r, end);
    if (to < 0) return undefined;
    const from = r.at;
    r.at = to;
    return `"${base64FromBytes(r.bytes, from, to)}"`;
  },
  write: (w, node) => {
    const { raw } = node as { readonly raw?: string };
    const length =
      node.kind === "string" && raw !== undefined && !raw.includes("\\") ? base64Length(raw, 1, raw.length - 1) : -1;
    if (length < 0 || raw === undefined) {
      const value = bytesFromNode(node);
      writeVarint(w, value.length, 0);
      return writeBytes(w, value);
    }
    writeVarint(w, length, 0);
    reserve(w, length);
    if (!putBase64(raw, 1, w.bytes, w.at, length)) throw new Unencodable(node, "base64");
    w.at += length;
  },
};

/** The bytes that a base64 string stands for. Throws `Unencodable`. */
export function bytesFromNode(node: JsonNode): Uint8Array {
  const value = node.kind === "string" ? bytesFromBase64(stringOf(node.raw)) : undefined;
  if (value === undefined) throw new Unencodable(node, "base64");
  return value;
}

function stringOf(raw: string): string {
  return raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1);
}

/** A JSON string of UTF-8 bytes; bytes that are not UTF-8 become lone surrogates (`textFromBytes`), escaped. */
export function quotedText(source: Uint8Array, from: number, to: number): string {
  let at = from;
  for (; at < to; at++) {
    const c = source[at]!;
    if (c < 32 || c > 126 || c === 34 || c === 92) break;
  }
  return at < to ? JSON.stringify(textFromBytes(source.subarray(from, to))) : `"${asciiText(source, from, to)}"`;
}

/** The bytes of a JSON string in its raw spelling, with their length before them. */
export function writeText(w: WireWriter, raw: string): void {
  const length = raw.length - 2;
  if (length < 128) {
    reserve(w, length + 1);
    const { bytes: target } = w;
    const start = w.at + 1;
    let i = 0;
    for (; i < length; i++) {
      const c = raw.charCodeAt(i + 1);
      if (c > 126 || c === 92) break;
      target[start + i] = c;
    }
    if (i === length) {
      target[w.at] = length;
      w.at = start + length;
      return;
    }
  }
  const value = bytesFromText(stringOf(raw));
  writeVarint(w, value.length, 0);
  writeBytes(w, value);
}

const SCALARS: ReadonlyMap<string, Scalar> = new Map([
  ["TYPE_DOUBLE", double],
  ["TYPE_FLOAT", float],
  ["TYPE_INT64", int64],
  ["TYPE_UINT64", uint64],
  ["TYPE_INT32", int32],
  ["TYPE_FIXED64", fixed64],
  ["TYPE_FIXED32", fixed32],
  ["TYPE_BOOL", bool],
  ["TYPE_STRING", string],
  ["TYPE_BYTES", bytes],
  ["TYPE_UINT32", uint32],
  ["TYPE_SFIXED32", sfixed32],
  ["TYPE_SFIXED64", sfixed64],
  ["TYPE_SINT32", sint32],
  ["TYPE_SINT64", sint64],
]);

/** The scalar of a descriptor type (`TYPE_INT32`); undefined for messages, groups and enums. */
export function scalarOf(type: string): Scalar | undefined {
  return SCALARS.get(type);
}

/** An enum: names where they are known, else numbers. `isNull`: it is NullValue, whose one value is JSON's null. */
export function enumScalar(
  text: ReadonlyMap<number, string>,
  numbers: ReadonlyMap<string, number>,
  isNull: boolean,
): Scalar {
  return {
    read: (r, end) => {
      if (!readVarint(r, end) || !isInt32(r)) return undefined;
      const number = r.lo | 0;
      return text.get(number) ?? String(number);
    },
    write: (w, node) => {
      if (node.kind === "null" && isNull) return writeVarint(w, 0, 0);
      if (node.kind !== "string") return int32.write(w, node);
      const number = numbers.get(stringOf(node.raw));
      if (number === undefined)
        throw new Unencodable(node, `value of the enum (${[...numbers.keys()].slice(0, 20).join(", ")})`);
      writeVarint(w, number >>> 0, number < 0 ? 0xffffffff : 0);
    },
  };
}
