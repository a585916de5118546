/**
 * Messages as text: proto3 JSON, field by field in wire order. Everything that is on the wire stands in the text, in the way that
 * it stands there, so that `encode-message` gives the same bytes back:
 *
 *   - a field is there exactly if it is on the wire (so empty submessages and explicit defaults stay);
 *   - a key stands again where a field comes again later (values of one list in a row are one array);
 *   - `name-packed`, `name-expanded`: a list in the encoding that is not its schema's;
 *   - `name-entries`: map entries that are not just key and value, as messages of their own;
 *   - `name-plain`: a well-known type whose bytes are not those of its JSON form (a Timestamp with an explicit 0), as a message;
 *   - what has no field, or not its type, has its number for a key (`wire-tree`).
 */
import { base64FromBytes } from "./base64.ts";
import { encodeMessage } from "./encode-message.ts";
import type { FieldPlan, MessagePlan, TypeIndex } from "./message-plan.ts";
import { UNKNOWN_MESSAGE } from "./message-plan.ts";
import { traceBegin, traceEnd, traceScalar, type ReadTrace } from "./read-trace.ts";
import type { Scalar } from "./scalars.ts";
import { readSpecial } from "./special-read.ts";
import {
  createWireReader,
  GROUP,
  GROUP_END,
  LEN,
  looseVarint,
  readLength,
  readTag,
  skipRecord,
  type WireReader,
} from "./wire-reader.ts";
import { beginLength, endLength } from "./wire-writer.ts";
import { readWireValue, type NestedText, type WireValue } from "./wire-tree.ts";

/** Messages nested deeper than this stay bytes, as protobuf's own readers refuse them. */
const MAX_DEPTH = 100;

/** A message's JSON text; `plain` where it is a well-known type that could not be told in its JSON form. */
export interface DecodedMessage {
  readonly text: string;
  readonly plain: boolean;
}

/** State of one decoding, so that its functions need no closures. */
interface Decoding {
  readonly r: WireReader;
  readonly types: TypeIndex;
  depth: number;
  /** Inside a Struct that was refused its JSON form: those inside have none either. */
  structIsPlain: boolean;
  /** Bytes were met that are no records. */
  sawTail: boolean;
  /** Notes the steps, where they are wanted. */
  readonly trace: ReadTrace | undefined;
}

/** Decodes a whole message. Never throws; every byte stands in the text. */
export function decodeMessage(
  bytes: Uint8Array,
  plan: MessagePlan | undefined,
  types: TypeIndex,
  trace?: ReadTrace,
): DecodedMessage {
  const d: Decoding = { r: createWireReader(bytes), types, depth: 0, structIsPlain: false, sawTail: false, trace };
  if (plan === undefined) {
    const text = `{${readFields(d, UNKNOWN_MESSAGE, bytes.length)}}`;
    // Without a schema, records that lead to nowhere are chance.
    return { text: d.sawTail ? `{"-raw":"${base64FromBytes(bytes)}"}` : text, plain: false };
  }
  const special = readSpecialForm(d, plan, bytes.length);
  if (special !== undefined) return { text: special, plain: false };
  return { text: readObject(d, plan, bytes.length), plain: plan.special !== undefined };
}

function readObject(d: Decoding, plan: MessagePlan, end: number): string {
  const wasPlain = d.structIsPlain;
  if (plan.special === "struct" || plan.special === "value" || plan.special === "list") d.structIsPlain = true;
  const text = `{${readFields(d, plan, end)}}`;
  d.structIsPlain = wasPlain;
  return text;
}

/** The JSON form of a well-known type up to `end`; undefined, with the position kept, where it has none. */
function readSpecialForm(d: Decoding, plan: MessagePlan, end: number): string | undefined {
  const { special } = plan;
  if (special === undefined) return undefined;
  if (d.structIsPlain && (special === "struct" || special === "value" || special === "list")) return undefined;
  const from = d.r.at;
  const text = readSpecial(d.r, end, plan, special, (name, to) => readAny(d, name, to), MAX_DEPTH - d.depth);
  if (text === undefined) d.r.at = from;
  return text;
}

/** What a message inside an Any adds to its JSON: members, with a comma before each. */
function readAny(d: Decoding, name: string, end: number): string | undefined {
  if (d.depth >= MAX_DEPTH) return undefined;
  const plan = d.types.message(name) ?? UNKNOWN_MESSAGE;
  d.depth++;
  let text: string;
  if (plan.special === undefined) {
    const fields = readFields(d, plan, end);
    text = fields === "" ? "" : `,${fields}`;
  } else {
    const special = readSpecialForm(d, plan, end);
    text = special === undefined ? `,"value-plain":${readObject(d, plan, end)}` : `,"value":${special}`;
  }
  d.depth--;
  return text;
}

/** The members of an object in the making, and the one that may go on with the next record. */
interface Members {
  out: string;
  key: string;
  values: string;
  count: number;
  opens: Opens;
}

/** How values of one key in a row stand: each for itself, as a list, as an object, or as a list where there are several. */
type Opens = "" | "[" | "{" | "several";

function put(m: Members, key: string, value: string, opens: Opens): void {
  if (key === m.key && opens !== "") {
    m.values += `,${value}`;
    m.count++;
    return;
  }
  close(m);
  m.key = key;
  m.values = value;
  m.count = 1;
  m.opens = opens;
}

function close(m: Members): void {
  const { key, values, opens } = m;
  if (m.count === 0) return;
  if (m.out !== "") m.out += ",";
  if (opens === "" || (opens === "several" && m.count === 1)) m.out += key + values;
  else m.out += opens === "{" ? `${key}{${values}}` : `${key}[${values}]`;
}

/** Members of a message's object. */
function readFields(d: Decoding, plan: MessagePlan, end: number): string {
  const { r } = d;
  const members: Members = { out: "", key: "", values: "", count: 0, opens: "" };
  while (r.at < end) {
    const start = r.at;
    const tag = readTag(r, end);
    const field = tag === 0 ? undefined : plan.fieldOf(tag >>> 3);
    if (field !== undefined && readKnown(d, field, tag & 7, end, members)) continue;
    r.at = start;
    untraceable(d);
    if (!readUnknown(d, end, members)) break;
  }
  close(members);
  return members.out;
}

/** Reads a record of a known field behind its tag; false where it is not as its schema says, or not in the usual form. */
function readKnown(d: Decoding, field: FieldPlan, wire: number, end: number, members: Members): boolean {
  const { r } = d;
  if (wire !== field.wire) {
    if (!field.packable || wire !== LEN) return false;
    const values = readPacked(d, field, end);
    if (values === undefined) return false;
    put(members, field.keys[field.packed ? "usual" : "packed"], `[${values}]`, "");
    return true;
  }
  if (field.shape === "map") return readEntry(d, field, end, members);
  const isList = field.shape === "list";
  if (field.scalar !== undefined) {
    const value = readScalar(d, field.scalar, end);
    if (value === undefined) return false;
    put(members, field.keys[field.packed ? "expanded" : "usual"], value, isList ? "[" : "");
    return true;
  }
  const message = field.message!;
  if (d.depth >= MAX_DEPTH) return false;
  const tail = wire === GROUP ? groupEndLength(field.number) : 0;
  if (wire === GROUP) untraceable(d);
  const lengthAt = r.at;
  const to = wire === GROUP ? readGroupEnd(d, end, field.number, tail) : readLength(r, end);
  if (to < 0) return false;
  d.depth++;
  const special = wire === GROUP ? undefined : readSpecialForm(d, message, to);
  if (special !== undefined) traceSpecial(d, message, lengthAt, special);
  else if (message.special !== undefined) untraceable(d);
  else if (d.trace !== undefined) traceBegin(d.trace, r, lengthAt);
  const value = special ?? readObject(d, message, to);
  d.depth--;
  r.at = to + tail;
  if (special === undefined && d.trace !== undefined) traceEnd(d.trace, r);
  put(
    members,
    field.keys[special === undefined && message.special !== undefined ? "plain" : "usual"],
    value,
    isList ? "[" : "",
  );
  return true;
}

function readScalar(d: Decoding, scalar: Scalar, end: number): string | undefined {
  const { r, trace } = d;
  if (trace === undefined) return scalar.read(r, end);
  const { at } = r;
  const text = scalar.read(r, end);
  if (text !== undefined) traceScalar(trace, r, at, text, scalar);
  return text;
}

function untraceable({ trace }: Decoding): void {
  if (trace !== undefined) trace.isWhole = false;
}

/** A well-known type in its JSON form was read up to its end; its length began at `lengthAt`. */
function traceSpecial(d: Decoding, plan: MessagePlan, lengthAt: number, text: string): void {
  const { trace, types, depth } = d;
  if (trace === undefined) return;
  traceScalar(trace, d.r, lengthAt, text, {
    read: (r, end) => {
      const to = readLength(r, end);
      if (to < 0) return undefined;
      const inside: Decoding = { r, types, depth, structIsPlain: false, sawTail: false, trace: undefined };
      const value = readSpecialForm(inside, plan, to);
      r.at = to;
      return value;
    },
    write: (w, node) => {
      const mark = beginLength(w);
      encodeMessage(w, node, plan, false, types);
      endLength(w, mark);
    },
  });
}

function readPacked(d: Decoding, field: FieldPlan, end: number): string | undefined {
  const { r } = d;
  const lengthAt = r.at;
  const to = readLength(r, end);
  if (to < 0) return undefined;
  if (d.trace !== undefined) traceBegin(d.trace, r, lengthAt);
  let out = "";
  while (r.at < to) {
    const value = readScalar(d, field.scalar!, to);
    if (value === undefined) return undefined;
    out += out === "" ? value : `,${value}`;
  }
  if (d.trace !== undefined) traceEnd(d.trace, r);
  return out;
}

function readEntry(d: Decoding, field: FieldPlan, end: number, members: Members): boolean {
  const { r } = d;
  const lengthAt = r.at;
  const to = readLength(r, end);
  if (to < 0 || d.depth >= MAX_DEPTH) return false;
  const from = r.at;
  if (d.trace !== undefined) traceBegin(d.trace, r, lengthAt);
  const entry = field.message!;
  const usual = readUsualEntry(d, entry, to);
  if (usual !== undefined && r.at === to) {
    if (d.trace !== undefined) traceEnd(d.trace, r);
    put(members, field.keys.usual, usual, "{");
    return true;
  }
  r.at = from;
  untraceable(d);
  d.depth++;
  put(members, field.keys.entries, `{${readFields(d, entry, to)}}`, "[");
  d.depth--;
  return true;
}

/** `"key":value` of an entry that has both, in this order. */
function readUsualEntry(d: Decoding, entry: MessagePlan, end: number): string | undefined {
  const { r } = d;
  const [key, value] = [entry.fieldOf(1), entry.fieldOf(2)];
  if (key?.scalar === undefined || value === undefined) return undefined;
  if (readTag(r, end) !== 8 + key.wire) return undefined;
  const name = key.scalar.read(r, end);
  if (name === undefined || readTag(r, end) !== 16 + value.wire) return undefined;
  const quoted = name.startsWith('"') ? name : `"${name}"`;
  if (value.scalar !== undefined) {
    const text = readScalar(d, value.scalar, end);
    return text === undefined ? undefined : `${quoted}:${text}`;
  }
  const message = value.message!;
  const lengthAt = r.at;
  if (value.wire !== LEN || readLength(r, end) !== end) return undefined;
  d.depth++;
  let text = readSpecialForm(d, message, end);
  if (text !== undefined) traceSpecial(d, message, lengthAt, text);
  else if (message.special === undefined) {
    if (d.trace !== undefined) traceBegin(d.trace, r, lengthAt);
    text = readObject(d, message, end);
    if (d.trace !== undefined) traceEnd(d.trace, r);
  }
  d.depth--;
  return text === undefined ? undefined : `${quoted}:${text}`;
}

/** Reads a record by its wire type, from its tag; false where the rest is no records: then it is told as it is. */
function readUnknown(d: Decoding, end: number, members: Members): boolean {
  const { r } = d;
  const start = r.at;
  const tag = readTag(r, end);
  if (tag !== 0) {
    const number = tag >>> 3;
    const value =
      (tag & 7) === GROUP ? readUnknownGroup(d, end, number) : readWireValue(r, end, tag & 7, nestedReader(d));
    if (value !== undefined) {
      put(members, `"${number}${value.suffix}":`, value.text, "several");
      return true;
    }
  }
  const loose = looseVarint(r.bytes, start, end);
  const isTag = loose.at > 0 && loose.value >= 8 && loose.value < 0x100000000 && loose.value % 8 !== GROUP_END;
  const stop = isTag ? skipRecord(r.bytes, loose.at, end, loose.value) : -1;
  if (stop >= 0) {
    put(members, `"${Math.floor(loose.value / 8)}-raw":`, `"${base64FromBytes(r.bytes, start, stop)}"`, "several");
    r.at = stop;
    return true;
  }
  d.sawTail = true;
  put(members, '"-raw":', `"${base64FromBytes(r.bytes, start, end)}"`, "");
  r.at = end;
  return false;
}

/** Reads what a field with a length has inside, where messages may still be nested. */
function nestedReader(d: Decoding): NestedText | undefined {
  if (d.depth >= MAX_DEPTH) return undefined;
  return (from, to) => {
    d.r.at = from;
    d.depth++;
    const text = `{${readFields(d, UNKNOWN_MESSAGE, to)}}`;
    d.depth--;
    return text;
  };
}

function readUnknownGroup(d: Decoding, end: number, number: number): WireValue | undefined {
  const tail = groupEndLength(number);
  const to = d.depth < MAX_DEPTH ? readGroupEnd(d, end, number, tail) : -1;
  if (to < 0) return undefined;
  d.depth++;
  const text = `{${readFields(d, UNKNOWN_MESSAGE, to)}}`;
  d.depth--;
  d.r.at = to + tail;
  return { suffix: "-group", text };
}

/** Where a group's end tag begins; -1 where it has none, or not in the shortest form. Looked up first, so that no group is read twice. */
function readGroupEnd(d: Decoding, end: number, number: number, tail: number): number {
  const { r } = d;
  const from = r.at;
  const stop = skipRecord(r.bytes, from, end, number * 8 + GROUP);
  if (stop < 0) return -1;
  r.at = stop - tail;
  const isUsual = r.at >= from && readTag(r, stop) === ((number << 3) | GROUP_END) >>> 0 && r.at === stop;
  r.at = from;
  return isUsual ? stop - tail : -1;
}

/** Bytes of a tag of this number. */
function groupEndLength(number: number): number {
  let length = 1;
  for (let rest = number >>> 4; rest > 0; rest >>>= 7) length++;
  return length;
}
