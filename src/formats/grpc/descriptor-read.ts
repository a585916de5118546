/**
 * Reads serialized FileDescriptorProtos, of which a start must not wait: only the fields that `descriptor` names, by tables of their
 * numbers in descriptor.proto. (`descriptor-bytes` reads and writes whole ones.)
 */
import { textFromBytes } from "../../base/bytes.ts";
import type { FileDescriptor } from "./descriptor.ts";
import {
  createWireReader,
  LEN,
  readLength,
  readTag,
  readVarint,
  skipRecord,
  VARINT,
  type WireReader,
} from "./wire-reader.ts";

/** How a field is read: `text`, `int` (32 bits, signed), `flag`, names by number, or another table; `many`: a list of them. */
type Entry = readonly [name: string, kind: "text" | "int" | "flag" | readonly string[] | (() => Table), many?: "many"];
type Table = Readonly<Record<number, Entry>>;

const FIELD_TYPES = [
  "",
  "DOUBLE",
  "FLOAT",
  "INT64",
  "UINT64",
  "INT32",
  "FIXED64",
  "FIXED32",
  "BOOL",
  "STRING",
  "GROUP",
  "MESSAGE",
  "BYTES",
  "UINT32",
  "ENUM",
  "SFIXED32",
  "SFIXED64",
  "SINT32",
  "SINT64",
].map((name) => `TYPE_${name}`);

const FEATURES: Table = {
  3: ["repeatedFieldEncoding", ["", "PACKED", "EXPANDED"]],
  5: ["messageEncoding", ["", "LENGTH_PREFIXED", "DELIMITED"]],
};
const features: Entry = ["features", () => FEATURES];
const FILE_OPTIONS: Table = { 50: features };
const MESSAGE_OPTIONS: Table = { 7: ["mapEntry", "flag"], 12: features };
const FIELD_OPTIONS: Table = { 2: ["packed", "flag"], 21: features };
const RANGE: Table = { 1: ["start", "int"], 2: ["end", "int"] };
const ENUM_VALUE: Table = { 1: ["name", "text"], 2: ["number", "int"] };
const ENUM: Table = { 1: ["name", "text"], 2: ["value", () => ENUM_VALUE, "many"] };
const FIELD: Table = {
  1: ["name", "text"],
  2: ["extendee", "text"],
  3: ["number", "int"],
  4: ["label", ["", "LABEL_OPTIONAL", "LABEL_REQUIRED", "LABEL_REPEATED"]],
  5: ["type", FIELD_TYPES],
  6: ["typeName", "text"],
  8: ["options", () => FIELD_OPTIONS],
  9: ["oneofIndex", "int"],
  10: ["jsonName", "text"],
  17: ["proto3Optional", "flag"],
};
const ONEOF: Table = { 1: ["name", "text"] };
const MESSAGE: Table = {
  1: ["name", "text"],
  2: ["field", () => FIELD, "many"],
  3: ["nestedType", () => MESSAGE, "many"],
  4: ["enumType", () => ENUM, "many"],
  5: ["extensionRange", () => RANGE, "many"],
  6: ["extension", () => FIELD, "many"],
  7: ["options", () => MESSAGE_OPTIONS],
  8: ["oneofDecl", () => ONEOF, "many"],
};
const METHOD: Table = {
  1: ["name", "text"],
  2: ["inputType", "text"],
  3: ["outputType", "text"],
  5: ["clientStreaming", "flag"],
  6: ["serverStreaming", "flag"],
};
const SERVICE: Table = { 1: ["name", "text"], 2: ["method", () => METHOD, "many"] };
const FILE: Table = {
  1: ["name", "text"],
  2: ["package", "text"],
  3: ["dependency", "text", "many"],
  4: ["messageType", () => MESSAGE, "many"],
  5: ["enumType", () => ENUM, "many"],
  6: ["service", () => SERVICE, "many"],
  7: ["extension", () => FIELD, "many"],
  8: ["options", () => FILE_OPTIONS],
  12: ["syntax", "text"],
};

/** Messages in descriptors nested deeper than this are refused. */
const MAX_DEPTH = 100;

/** The descriptor of a serialized FileDescriptorProto, with what this program reads of it; undefined where it is none. */
export function readFileDescriptor(bytes: Uint8Array): FileDescriptor | undefined {
  const file = readTable(createWireReader(bytes), bytes.length, FILE, 0) as FileDescriptor | undefined;
  return file === undefined || file.name === "" ? undefined : file;
}

function readTable(r: WireReader, end: number, table: Table, depth: number): Record<string, unknown> | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const out: Record<string, unknown> =
    table === METHOD ? { name: "", inputType: "", outputType: "" } : table[1]?.[0] === "name" ? { name: "" } : {};
  while (r.at < end) {
    const tag = readTag(r, end);
    if (tag === 0) return undefined;
    const entry = table[tag >>> 3];
    if (entry === undefined) {
      const stop = skipRecord(r.bytes, r.at, end, tag);
      if (stop < 0) return undefined;
      r.at = stop;
      continue;
    }
    const value =
      (tag & 7) === LEN
        ? readLengthValue(r, end, entry, depth)
        : (tag & 7) === VARINT
          ? readNumber(r, end, entry)
          : undefined;
    if (value === undefined) return undefined;
    const [name, , many] = entry;
    if (many === undefined) out[name] = merged(out[name], value);
    else if (out[name] === undefined) out[name] = [value];
    else (out[name] as unknown[]).push(value);
  }
  return out;
}

function readLengthValue(r: WireReader, end: number, [, kind]: Entry, depth: number): unknown {
  const to = readLength(r, end);
  if (to < 0 || (kind !== "text" && typeof kind !== "function")) return undefined;
  if (kind === "text") {
    const text = textFromBytes(r.bytes.subarray(r.at, to));
    r.at = to;
    return text;
  }
  return readTable(r, to, kind(), depth + 1);
}

function readNumber(r: WireReader, end: number, [, kind]: Entry): unknown {
  if (!readVarint(r, end)) return undefined;
  if (kind === "int") return r.lo | 0;
  if (kind === "flag") return r.lo !== 0;
  // A number that has no name yet (a later edition's) is no reason to refuse the file.
  return typeof kind === "object" ? (kind[r.lo] ?? "") : undefined;
}

/** Options may come in parts. */
function merged(before: unknown, value: unknown): unknown {
  return typeof before === "object" && typeof value === "object" ? { ...before, ...value } : value;
}
