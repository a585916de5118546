/** Well-known types from their JSON forms: the inverse of `special-read`. */
import { findField, stringValue, type JsonNode, type JsonObject } from "../../base/json.ts";
import { compactJson } from "../../base/json.ts";
import type { MessagePlan } from "./message-plan.ts";
import { scalarOf, writeText } from "./scalars.ts";
import { ZERO_TEXT } from "./special-read.ts";
import { parseDuration, parseTimestamp, snakePath } from "./special-text.ts";
import { Unencodable } from "./unencodable.ts";
import { FIXED64, LEN, VARINT } from "./wire-reader.ts";
import { writeTag } from "./wire-tree.ts";
import { beginLength, endLength, writeVarint, type WireWriter } from "./wire-writer.ts";
import { writeScalar } from "./write-trace.ts";

/** Writes the message inside an Any whose type has this URL. */
export type WriteAny = (node: JsonObject, url: string) => void;

/** Writes a message of a well-known type, without its length. Throws `Unencodable`. */
export function writeSpecial(w: WireWriter, node: JsonNode, plan: MessagePlan, writeAny: WriteAny): void {
  switch (plan.special) {
    case "timestamp":
    case "duration":
      return writeTime(w, node, plan.special);
    case "wrapper": {
      const field = plan.fieldOf(1)!;
      if (compactJson(node) === (ZERO_TEXT.get(field.type) ?? "0")) return undefined;
      writeTag(w, 1, field.wire);
      return field.scalar!.write(w, node);
    }
    case "mask":
      return writeMask(w, node);
    case "struct":
      return writeStruct(w, node);
    case "value":
      return writeValue(w, node);
    case "list":
      return writeList(w, node);
    default:
      return writeAnyForm(w, node, writeAny);
  }
}

function writeTime(w: WireWriter, node: JsonNode, form: "timestamp" | "duration"): void {
  const text = stringValue(node);
  const time = text === undefined ? undefined : form === "timestamp" ? parseTimestamp(text) : parseDuration(text);
  if (time === undefined) throw new Unencodable(node, form === "timestamp" ? "time (RFC 3339)" : 'duration ("1.5s")');
  if (time.seconds !== 0) {
    writeTag(w, 1, VARINT);
    writeVarint(w, time.seconds >>> 0, Math.floor(time.seconds / 0x100000000) >>> 0);
  }
  if (time.nanos !== 0) {
    writeTag(w, 2, VARINT);
    writeVarint(w, time.nanos >>> 0, time.nanos < 0 ? 0xffffffff : 0);
  }
}

function writeMask(w: WireWriter, node: JsonNode): void {
  const text = stringValue(node);
  if (text === undefined) throw new Unencodable(node, "field mask (a string of paths)");
  if (text === "") return;
  for (const path of text.split(",")) {
    writeTag(w, 1, LEN);
    writeText(w, JSON.stringify(snakePath(path)));
  }
}

function writeStruct(w: WireWriter, node: JsonNode): void {
  if (node.kind !== "object") throw new Unencodable(node, "object, as a Struct is");
  node.keys.forEach((raw, i) => {
    writeTag(w, 1, LEN);
    const entry = beginLength(w);
    writeTag(w, 1, LEN);
    writeText(w, raw);
    writeTag(w, 2, LEN);
    const value = beginLength(w);
    writeValue(w, node.values[i]!);
    endLength(w, value);
    endLength(w, entry);
  });
}

function writeList(w: WireWriter, node: JsonNode): void {
  if (node.kind !== "array") throw new Unencodable(node, "array, as a ListValue is");
  for (const element of node.values) {
    writeTag(w, 1, LEN);
    const mark = beginLength(w);
    writeValue(w, element);
    endLength(w, mark);
  }
}

function writeValue(w: WireWriter, node: JsonNode): void {
  if ("raw" in node) {
    writeScalar(w, node, writeScalarValue);
    return;
  }
  writeTag(w, node.kind === "object" ? 5 : 6, LEN);
  const mark = beginLength(w);
  if (node.kind === "object") writeStruct(w, node);
  else writeList(w, node);
  endLength(w, mark);
}

function writeScalarValue(w: WireWriter, node: JsonNode): void {
  switch (node.kind) {
    case "null":
      writeTag(w, 1, VARINT);
      return writeVarint(w, 0, 0);
    case "number":
      writeTag(w, 2, FIXED64);
      return scalarOf("TYPE_DOUBLE")!.write(w, node);
    case "string":
      writeTag(w, 3, LEN);
      return writeText(w, node.raw);
    case "boolean":
      writeTag(w, 4, VARINT);
      return writeVarint(w, node.raw === "true" ? 1 : 0, 0);
    default:
      throw new Unencodable(node, "scalar");
  }
}

function writeAnyForm(w: WireWriter, node: JsonNode, writeAny: WriteAny): void {
  const type = findField(node, "@type");
  const url = stringValue(type);
  if (node.kind !== "object" || url === undefined || url === "")
    throw new Unencodable(node, 'Any (an object with "@type")');
  writeTag(w, 1, LEN);
  writeText(w, (type as { readonly raw: string }).raw);
  const tagAt = w.at;
  writeTag(w, 2, LEN);
  const mark = beginLength(w);
  writeAny(node, url);
  if (w.at === mark + 1) {
    w.at = tagAt;
    if (w.trace !== undefined) w.trace.isWhole = false;
  } else endLength(w, mark);
}
