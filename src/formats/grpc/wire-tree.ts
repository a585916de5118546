/**
 * Fields that no schema names, as text: the key is the number, the value a guess that loses nothing.
 *
 *     "1": 150                 varint, as an unsigned number          "3-fixed64": 4.5   eight bytes: a double, or (no point) an integer
 *     "2": "text"              printable UTF-8                        "3-fixed32": 7     four bytes
 *     "2": {"1": 5}            what reads completely as a message     "4-group": {...}
 *     "2-bytes": "AP8="        anything else with a length            "5-raw": "..."     a record in no usual form, tag and all
 *     "2": [..., ...]          several in a row                       "-raw": "..."      the rest: no records at all
 *
 * It is how messages without a schema read, and unknown fields of messages that have one.
 */
import type { JsonNode } from "../../base/json.ts";
import { utf8FromBytes } from "../../base/bytes.ts";
import { base64FromBytes } from "./base64.ts";
import { floatFromNode, shortestFloat } from "./float-text.ts";
import { formatUint64, parseInteger, UINT32, UINT64 } from "./integer-text.ts";
import { bytesFromNode, quotedText, writeText } from "./scalars.ts";
import { Unencodable } from "./unencodable.ts";
import {
  doubleOf,
  FIXED32,
  FIXED64,
  floatOf,
  GROUP,
  GROUP_END,
  LEN,
  readFixed,
  readLength,
  readTag,
  readVarint,
  VARINT,
  type WireReader,
} from "./wire-reader.ts";
import {
  beginLength,
  endLength,
  reserve,
  writeBytes,
  writeFixed32,
  writeFixed64,
  writeVarint,
  type WireWriter,
} from "./wire-writer.ts";
import { writeScalar } from "./write-trace.ts";

/** A record read by its wire type: the end of its key (`-bytes`, often empty) and its JSON text. */
export interface WireValue {
  readonly suffix: string;
  readonly text: string;
}

/** Reads and writes what is inside submessages; both are given by the codec of whole messages. */
export type NestedText = (from: number, to: number) => string;
export type NestedWrite = (w: WireWriter, node: JsonNode) => void;

/** The value at the reader's position, behind a tag; undefined where it is not in the usual form. Groups are the caller's. */
export function readWireValue(
  r: WireReader,
  end: number,
  wire: number,
  nested: NestedText | undefined,
): WireValue | undefined {
  switch (wire) {
    case VARINT:
      return readVarint(r, end) ? { suffix: "", text: formatUint64(r.lo, r.hi) } : undefined;
    case FIXED64:
      return readFixed(r, end, 8) ? { suffix: "-fixed64", text: fixed64Text(r) } : undefined;
    case FIXED32:
      return readFixed(r, end, 4) ? { suffix: "-fixed32", text: fixed32Text(r) } : undefined;
    case LEN: {
      const to = readLength(r, end);
      if (to < 0) return undefined;
      const from = r.at;
      r.at = to;
      return lengthText(r, from, to, nested);
    }
    default:
      return undefined;
  }
}

/** Doubles of ordinary size are more likely than integers that look like them. */
function fixed64Text(r: WireReader): string {
  const value = doubleOf(r);
  const size = Math.abs(value);
  return size >= 1e-9 && size < 1e15 ? withPoint(String(value)) : formatUint64(r.lo, r.hi);
}

function fixed32Text(r: WireReader): string {
  const value = floatOf(r);
  const size = Math.abs(value);
  return size >= 1e-6 && size < 1e9 ? withPoint(shortestFloat(value)) : String(r.lo);
}

function withPoint(text: string): string {
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function lengthText(r: WireReader, from: number, to: number, nested: NestedText | undefined): WireValue {
  const look = lookAt(r.bytes, from, to);
  const isText = look !== "other" && utf8FromBytes(r.bytes.subarray(from, to)) !== undefined;
  if (isText && look === "plain") return { suffix: "", text: quotedText(r.bytes, from, to) };
  if (nested !== undefined && looksLikeMessage(r, from, to)) return { suffix: "", text: nested(from, to) };
  if (isText) return { suffix: "", text: quotedText(r.bytes, from, to) };
  return { suffix: "-bytes", text: `"${base64FromBytes(r.bytes, from, to)}"` };
}

/** `lines`: text, if it is one, with tabs or line ends, which are also how messages begin. `other`: with control characters. */
function lookAt(bytes: Uint8Array, from: number, to: number): "plain" | "lines" | "other" {
  let look: "plain" | "lines" = "plain";
  for (let i = from; i < to; i++) {
    const c = bytes[i]!;
    if (c === 9 || c === 10 || c === 13) look = "lines";
    else if (c < 32 || c === 127) return "other";
  }
  return look;
}

/** Numbers of fields that people give; larger ones are rather chance than fields. */
const MAX_PLAUSIBLE_NUMBER = 0xffff;

/** Whether the bytes are records to their end. Only this level is looked at: what is inside is guessed in its turn. */
function looksLikeMessage(r: WireReader, from: number, to: number): boolean {
  const { at } = r;
  r.at = from;
  let isMessage = to > from;
  while (isMessage && r.at < to) {
    const tag = readTag(r, to);
    isMessage = tag !== 0 && tag >>> 3 <= MAX_PLAUSIBLE_NUMBER && skipUsual(r, to, tag & 7);
  }
  r.at = at;
  return isMessage;
}

function skipUsual(r: WireReader, end: number, wire: number): boolean {
  if (wire === VARINT) return readVarint(r, end);
  if (wire === FIXED64) return readFixed(r, end, 8);
  if (wire === FIXED32) return readFixed(r, end, 4);
  if (wire !== LEN) return false;
  const to = readLength(r, end);
  r.at = to;
  return to >= 0;
}

const WIRE_KEY = /^(\d{1,9})?(?:-(fixed32|fixed64|bytes|group|raw))?$/;

/** Number (0: none) and form of a key that stands for a number on the wire; undefined where it is no such key. */
export function parseWireKey(key: string): { readonly number: number; readonly form: string } | undefined {
  const match = WIRE_KEY.exec(key);
  if (match === null) return undefined;
  const [, digits, form = ""] = match;
  const number = Number(digits ?? "0");
  if (digits === undefined ? form !== "raw" : number < 1 || number > 0x1fffffff) return undefined;
  return { number, form };
}

/** Writes the records that a key and its value stand for. Throws `Unencodable`. */
export function writeWireField(w: WireWriter, number: number, form: string, node: JsonNode, nested: NestedWrite): void {
  if (node.kind === "array") for (const value of node.values) writeValue(w, number, form, value, nested);
  else writeValue(w, number, form, node, nested);
}

function writeValue(w: WireWriter, number: number, form: string, node: JsonNode, nested: NestedWrite): void {
  if (w.trace === undefined || !("raw" in node)) writeRecord(w, number, form, node, nested);
  else writeScalar(w, node, (target, scalar) => writeRecord(target, number, form, scalar, nested));
}

function writeRecord(w: WireWriter, number: number, form: string, node: JsonNode, nested: NestedWrite): void {
  switch (form) {
    case "raw":
      return writeBytes(w, bytesFromNode(node));
    case "bytes": {
      const bytes = bytesFromNode(node);
      writeTag(w, number, LEN);
      writeVarint(w, bytes.length, 0);
      return writeBytes(w, bytes);
    }
    case "fixed32":
      writeTag(w, number, FIXED32);
      return writeFixed(w, node, 4);
    case "fixed64":
      writeTag(w, number, FIXED64);
      return writeFixed(w, node, 8);
    case "group":
      writeTag(w, number, GROUP);
      nested(w, node);
      return writeTag(w, number, GROUP_END);
    default:
      return writeGuessed(w, number, node, nested);
  }
}

function writeGuessed(w: WireWriter, number: number, node: JsonNode, nested: NestedWrite): void {
  if (node.kind === "number") {
    writeTag(w, number, VARINT);
    const { lo, hi } = parseInteger(node, UINT64);
    writeVarint(w, lo, hi);
  } else if (node.kind === "string") {
    writeTag(w, number, LEN);
    writeText(w, node.raw);
  } else if (node.kind === "object") {
    writeTag(w, number, LEN);
    const mark = beginLength(w);
    nested(w, node);
    endLength(w, mark);
  } else throw new Unencodable(node, "number, string or object, which is what a field without a schema holds");
}

function writeFixed(w: WireWriter, node: JsonNode, size: 4 | 8): void {
  if (node.kind !== "number" || !/[.e]/i.test(node.raw)) {
    const { lo, hi } = parseInteger(node, size === 8 ? UINT64 : UINT32);
    return size === 8 ? writeFixed64(w, lo, hi) : writeFixed32(w, lo);
  }
  const value = floatFromNode(node, size === 8 ? "double" : "float") as number;
  reserve(w, size);
  if (size === 8) w.view.setFloat64(w.at, value, true);
  else w.view.setFloat32(w.at, value, true);
  w.at += size;
}

export function writeTag(w: WireWriter, number: number, wire: number): void {
  writeVarint(w, ((number << 3) | wire) >>> 0, 0);
}
