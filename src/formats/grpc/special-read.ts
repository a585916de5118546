/**
 * Well-known types in their JSON forms. Each function reads only what the type's own encoder writes for that form: anything else
 * (an explicit zero, another order, unknown fields) gives undefined, and the message is told as an ordinary one.
 */
import { formatDouble } from "./float-text.ts";
import type { FieldPlan, MessagePlan, SpecialForm } from "./message-plan.ts";
import { quotedText, scalarOf } from "./scalars.ts";
import { formatTimestamp, formatDuration, isCamelPath, camelPath } from "./special-text.ts";
import { doubleOf, readFixed, readLength, readTag, readVarint, type WireReader } from "./wire-reader.ts";

/** Members (with a comma before each) of the message of this type that stands up to `end`; undefined where it is nested too deep. */
export type ReadAny = (typeName: string, end: number) => string | undefined;

/** JSON text of the message that stands up to `end`, or undefined (position undefined) where it has none in this form. */
export function readSpecial(
  r: WireReader,
  end: number,
  plan: MessagePlan,
  form: SpecialForm,
  readAny: ReadAny,
  levels: number,
): string | undefined {
  switch (form) {
    case "timestamp":
    case "duration":
      return readTime(r, end, form);
    case "wrapper":
      return readWrapper(r, end, plan.fieldOf(1));
    case "mask":
      return readMask(r, end);
    case "struct":
      return readStruct(r, end, levels);
    case "value":
      return readValue(r, end, levels);
    case "list":
      return readList(r, end, levels);
    case "any":
      return readAnyForm(r, end, readAny);
    default:
      return undefined;
  }
}

const TWO_32 = 0x100000000;

function readTime(r: WireReader, end: number, form: "timestamp" | "duration"): string | undefined {
  let seconds = 0;
  let nanos = 0;
  let tag = r.at < end ? readTag(r, end) : -1;
  if (tag === 8) {
    if (!readVarint(r, end)) return undefined;
    seconds = (r.hi | 0) * TWO_32 + r.lo;
    if (seconds === 0) return undefined;
    tag = r.at < end ? readTag(r, end) : -1;
  }
  if (tag === 16) {
    if (!readVarint(r, end)) return undefined;
    nanos = r.lo | 0;
    if (nanos === 0 || r.hi !== (nanos < 0 ? 0xffffffff : 0)) return undefined;
  } else if (tag !== -1) return undefined;
  if (r.at !== end) return undefined;
  return form === "timestamp" ? formatTimestamp(seconds, nanos) : formatDuration(seconds, nanos);
}

function readWrapper(r: WireReader, end: number, field: FieldPlan | undefined): string | undefined {
  if (field?.scalar === undefined) return undefined;
  const zero = ZERO_TEXT.get(field.type) ?? "0";
  if (r.at === end) return zero;
  if (readTag(r, end) !== 8 + field.wire) return undefined;
  const text = field.scalar.read(r, end);
  return r.at === end && text !== zero ? text : undefined;
}

/** JSON text of a wrapper whose value is not on the wire, where that is not `0`. */
export const ZERO_TEXT: ReadonlyMap<string, string> = new Map([
  ["TYPE_INT64", '"0"'],
  ["TYPE_UINT64", '"0"'],
  ["TYPE_BOOL", "false"],
  ["TYPE_STRING", '""'],
  ["TYPE_BYTES", '""'],
]);

function readMask(r: WireReader, end: number): string | undefined {
  const paths: string[] = [];
  while (r.at < end) {
    if (readTag(r, end) !== 10) return undefined;
    const to = readLength(r, end);
    if (to < 0) return undefined;
    const quoted = quotedText(r.bytes, r.at, to);
    r.at = to;
    const path = quoted.slice(1, -1);
    if (!isCamelPath(path)) return undefined;
    paths.push(camelPath(path));
  }
  return `"${paths.join(",")}"`;
}

function readStruct(r: WireReader, end: number, levels: number): string | undefined {
  if (levels <= 0) return undefined;
  let out = "{";
  while (r.at < end) {
    if (readTag(r, end) !== 10) return undefined;
    const entryEnd = readLength(r, end);
    if (entryEnd < 0 || readTag(r, entryEnd) !== 10) return undefined;
    const keyEnd = readLength(r, entryEnd);
    if (keyEnd < 0) return undefined;
    const key = quotedText(r.bytes, r.at, keyEnd);
    r.at = keyEnd;
    if (readTag(r, entryEnd) !== 18 || readLength(r, entryEnd) !== entryEnd) return undefined;
    const value = readValue(r, entryEnd, levels - 1);
    if (value === undefined) return undefined;
    out += out.length > 1 ? `,${key}:${value}` : `${key}:${value}`;
  }
  return `${out}}`;
}

function readList(r: WireReader, end: number, levels: number): string | undefined {
  if (levels <= 0) return undefined;
  let out = "[";
  while (r.at < end) {
    if (readTag(r, end) !== 10) return undefined;
    const to = readLength(r, end);
    const value = to < 0 ? undefined : readValue(r, to, levels - 1);
    if (value === undefined) return undefined;
    out += out.length > 1 ? `,${value}` : value;
  }
  return `${out}]`;
}

function readValue(r: WireReader, end: number, levels: number): string | undefined {
  const text = readValueKind(r, end, levels);
  return r.at === end ? text : undefined;
}

function readValueKind(r: WireReader, end: number, levels: number): string | undefined {
  switch (readTag(r, end)) {
    case 8:
      return readVarint(r, end) && r.lo === 0 && r.hi === 0 ? "null" : undefined;
    case 17: {
      if (!readFixed(r, end, 8)) return undefined;
      const text = formatDouble(doubleOf(r), r.lo, r.hi);
      return text.startsWith('"') ? undefined : text;
    }
    case 26:
      return scalarOf("TYPE_STRING")!.read(r, end);
    case 32:
      return scalarOf("TYPE_BOOL")!.read(r, end);
    case 42:
      return readLength(r, end) === end ? readStruct(r, end, levels - 1) : undefined;
    case 50:
      return readLength(r, end) === end ? readList(r, end, levels - 1) : undefined;
    default:
      return undefined;
  }
}

/** `{"@type": url, ...}`; the whole form is looked at first, so that what is inside is read once. */
function readAnyForm(r: WireReader, end: number, readAny: ReadAny): string | undefined {
  if (readTag(r, end) !== 10) return undefined;
  const to = readLength(r, end);
  if (to <= r.at) return undefined;
  const url = quotedText(r.bytes, r.at, to);
  r.at = to;
  let from = end;
  if (r.at < end) {
    if (readTag(r, end) !== 18 || readLength(r, end) !== end || r.at === end) return undefined;
    from = r.at;
  }
  r.at = from;
  const name = url.slice(url.lastIndexOf("/") + 1, -1);
  const members = readAny(name, end);
  return members === undefined ? undefined : `{"@type":${url}${members}}`;
}
