/** The bytes of a message's text: the inverse of `decode-message`, record by record in the order of the text. */
import { stringValue, type JsonNode, type JsonObject } from "../../base/json.ts";
import { keyText } from "../json-leaves.ts";
import type { FieldPlan, KeyStyle, MessagePlan, TypeIndex } from "./message-plan.ts";
import { UNKNOWN_MESSAGE } from "./message-plan.ts";
import { writeSpecial } from "./special-write.ts";
import { Unencodable } from "./unencodable.ts";
import { GROUP, GROUP_END, LEN } from "./wire-reader.ts";
import { parseWireKey, writeTag, writeWireField } from "./wire-tree.ts";
import { beginLength, endLength, type WireWriter } from "./wire-writer.ts";
import { writeScalar } from "./write-trace.ts";

/** Writes a whole message. `plain`: see `DecodedMessage`. Throws `Unencodable`. */
export function encodeMessage(
  w: WireWriter,
  node: JsonNode,
  plan: MessagePlan | undefined,
  plain: boolean,
  types: TypeIndex,
): void {
  const message = plan ?? UNKNOWN_MESSAGE;
  if (message.special !== undefined && !plain) writeSpecialForm(w, node, message, types);
  else writeObject(w, node, message, types);
}

function writeSpecialForm(w: WireWriter, node: JsonNode, plan: MessagePlan, types: TypeIndex): void {
  // A scalar is all that its message's bytes come from.
  if (w.trace !== undefined && "raw" in node) {
    writeScalar(w, node, (target, scalar) => writeSpecialForm(target, scalar, plan, types));
    return;
  }
  writeSpecial(w, node, plan, (object, url) => writeAny(w, object, url, types));
}

/** Writes what stands in an Any beside its type. */
function writeAny(w: WireWriter, node: JsonObject, url: string, types: TypeIndex): void {
  const plan = types.message(url.slice(url.lastIndexOf("/") + 1)) ?? UNKNOWN_MESSAGE;
  node.keys.forEach((raw, i) => {
    const key = keyText(raw);
    const value = node.values[i]!;
    if (key === "@type") return;
    if (plan.special === undefined) writeMember(w, raw, value, plan, types);
    else if (key === "value") writeSpecialForm(w, value, plan, types);
    else if (key === "value-plain") writeObject(w, value, plan, types);
    else throw new Unencodable(value, `field of an Any of ${plan.name}, which has only "value"`);
  });
}

function writeObject(w: WireWriter, node: JsonNode, plan: MessagePlan, types: TypeIndex): void {
  if (node.kind !== "object")
    throw new Unencodable(node, `object, as ${plan.name === "" ? "a message" : plan.name} is`);
  const { keys, values } = node;
  for (let i = 0; i < keys.length; i++) writeMember(w, keys[i]!, values[i]!, plan, types);
}

/** Writes the records of one member; the key is in its JSON spelling. Throws `Unencodable`. */
export function writeMember(w: WireWriter, rawKey: string, value: JsonNode, plan: MessagePlan, types: TypeIndex): void {
  const found = plan.find(rawKey);
  if (found === undefined) {
    const wire = parseWireKey(keyText(rawKey));
    if (wire === undefined)
      throw new Unencodable(value, `field that ${plan.name === "" ? "a message without a schema" : plan.name} has`);
    writeWireField(w, wire.number, wire.form, value, (target, node) =>
      writeObject(target, node, UNKNOWN_MESSAGE, types),
    );
    return;
  }
  const { field, style } = found;
  if (field.shape === "single") {
    // ProtoJSON: null stands for a field that is not there.
    if (value.kind === "null" && !acceptsNull(field)) return;
    writeRecord(w, field, value, style, types);
  } else if (field.shape === "map" && style !== "entries") writeMap(w, field, value, types);
  else {
    if (value.kind !== "array") throw new Unencodable(value, "array");
    const isPacked = field.packable && (style === "packed" || (style === "usual" && field.packed));
    if (!isPacked) {
      for (const element of value.values) writeRecord(w, field, element, style, types);
      return;
    }
    writeTag(w, field.number, LEN);
    const mark = beginLength(w);
    for (const element of value.values) writeScalar(w, element, field.scalar!.write);
    endLength(w, mark);
  }
}

function acceptsNull(field: FieldPlan): boolean {
  return field.message?.special === "value" || field.type === "TYPE_ENUM";
}

function writeRecord(w: WireWriter, field: FieldPlan, value: JsonNode, style: KeyStyle, types: TypeIndex): void {
  writeTag(w, field.number, field.wire);
  if (field.scalar !== undefined) {
    writeScalar(w, value, field.scalar.write);
    return;
  }
  const message = field.message!;
  if (field.wire === GROUP) {
    writeObject(w, value, message, types);
    writeTag(w, field.number, GROUP_END);
    return;
  }
  const mark = beginLength(w);
  if (message.special !== undefined && style !== "plain" && style !== "entries")
    writeSpecialForm(w, value, message, types);
  else writeObject(w, value, message, types);
  endLength(w, mark);
}

function writeMap(w: WireWriter, field: FieldPlan, value: JsonNode, types: TypeIndex): void {
  if (value.kind !== "object") throw new Unencodable(value, "object, as a map is");
  const entry = field.message!;
  const [key, content] = [entry.fieldOf(1)!, entry.fieldOf(2)!];
  value.keys.forEach((raw, i) => {
    writeTag(w, field.number, LEN);
    const mark = beginLength(w);
    writeTag(w, 1, key.wire);
    key.scalar!.write(w, keyNode(raw, key));
    writeRecord(w, content, value.values[i]!, "usual", types);
    endLength(w, mark);
  });
}

/** A map's key as the scalar that it stands for. */
function keyNode(raw: string, key: FieldPlan): JsonNode {
  const place = { start: 0, end: raw.length };
  if (key.type !== "TYPE_BOOL") return { kind: "string", raw, ...place };
  const text = stringValue({ kind: "string", raw, ...place }) ?? "";
  return { kind: text === "true" || text === "false" ? "boolean" : "string", raw: text, ...place };
}
