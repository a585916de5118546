/**
 * The text of a message event: the message's JSON, behind words that say what JSON cannot.
 *
 *     {"kv":{...}}                    a message
 *     compressed {"kv":{...}}         it was compressed; how, the headers say (grpc-encoding)
 *     plain {"seconds":"0"}           a well-known type whose bytes are not those of its JSON form, as an ordinary message
 *     opaque "H4sI..."                compressed bytes that could not be read
 */
import type { JsonNode } from "../../base/json.ts";
import { parseJson } from "../../base/json.ts";
import type { DissectOptions, Dissection, EventDifference, Filling, Leaf, Part } from "../format.ts";
import { compileJson, invalid } from "../json-compile.ts";
import { jsonDifference } from "../json-difference.ts";
import { keyText, visitJsonLeaves } from "../json-leaves.ts";
import { show, showJson, type FilledLeaf, type ShowNode } from "../json-shape.ts";

export interface MessageText {
  readonly isCompressed: boolean;
  readonly isPlain: boolean;
  /** The JSON is a string of base64: the compressed bytes. */
  readonly isOpaque: boolean;
  readonly json: string;
}

const PREFIX = /^(?:opaque |(compressed )?(plain )?)/;

export function splitMessageText(text: string): MessageText {
  if (text.startsWith("{")) return { isCompressed: false, isPlain: false, isOpaque: false, json: text };
  const [prefix, compressed, plain] = PREFIX.exec(text)!;
  const isOpaque = prefix === "opaque ";
  return {
    isCompressed: isOpaque || compressed !== undefined,
    isPlain: plain !== undefined,
    isOpaque,
    json: text.slice(prefix.length),
  };
}

export function joinMessageText({ isCompressed, isPlain, isOpaque, json }: MessageText): string {
  if (isOpaque) return `opaque ${json}`;
  return `${isCompressed ? "compressed " : ""}${isPlain ? "plain " : ""}${json}`;
}

/** Leaves are the scalars of the message; their paths begin at its root. */
export function dissectMessage(text: string, options?: DissectOptions): Dissection {
  const { json: jsonText } = splitMessageText(text);
  const json = parseJson(jsonText);
  if (json === undefined) return { segments: ["", ""], leaves: [{ kind: "rest", path: "", raw: text }] };
  const segments: string[] = [];
  const leaves: Leaf[] = [];
  const shift = text.length - jsonText.length;
  let at = 0;
  visitJsonLeaves(json, "", options, (kind, path, { start, end }) => {
    segments.push(text.slice(at, start + shift));
    at = end + shift;
    leaves.push({ kind, path, raw: text.slice(start + shift, at) });
  });
  segments.push(text.slice(at));
  return { segments, leaves, json, jsonText };
}

/** `{"message": {...}}`, with `"compressed": true` and `"plain": true` where so; `{"compressed": true, "bytes": "..."}` if opaque. */
export function formatMessageShape(dissection: Dissection, filling: readonly Filling[], indent: string): string {
  const { json, jsonText } = dissection;
  if (json === undefined || jsonText === undefined) throw invalid("this text is no message", "");
  const leaves = new Map<number, FilledLeaf>();
  let length = 0;
  const offsets = dissection.leaves.map((leaf, i) => {
    const start = length + dissection.segments[i]!.length;
    length = start + leaf.raw.length;
    return start;
  });
  length += dissection.segments.at(-1)!.length;
  const shift = length - jsonText.length;
  offsets.forEach((start, i) => leaves.set(start - shift, { kind: dissection.leaves[i]!.kind, filling: filling[i]! }));
  const first = shift === 0 ? "" : dissection.segments[0]!;
  const prefix = splitMessageText(first);
  const entries: [string, ShowNode][] = [];
  if (prefix.isCompressed) entries.push(['"compressed": ', "true"]);
  if (prefix.isPlain) entries.push(['"plain": ', "true"]);
  const leafAt = (node: JsonNode): FilledLeaf | undefined => leaves.get(node.start);
  entries.push([prefix.isOpaque ? '"bytes": ' : '"message": ', showJson(json, leafAt)]);
  return show({ open: "{", entries }, indent);
}

const KEYS: ReadonlySet<string> = new Set(["message", "bytes", "compressed", "plain"]);

/** What a shape says, taken apart. Throws WraithError MODEL_INVALID. */
export interface MessageShape {
  readonly text: Omit<MessageText, "json">;
  /** The tree under `message` or `bytes`. */
  readonly root: JsonNode;
  readonly field: "message" | "bytes";
}

export function readMessageShape(shape: JsonNode): MessageShape {
  if (shape.kind !== "object") throw invalid("a shape is an object", "");
  const fields = new Map<string, JsonNode>();
  shape.keys.forEach((raw, i) => {
    const key = keyText(raw);
    if (!KEYS.has(key)) throw invalid(`a shape has no field ${JSON.stringify(key)}`, key);
    if (fields.has(key)) throw invalid(`${key} stands here twice`, key);
    fields.set(key, shape.values[i]!);
  });
  const isTrue = (key: string): boolean => {
    const node = fields.get(key);
    if (node !== undefined && node.kind !== "boolean") throw invalid(`${key} is true or false`, key);
    return node?.kind === "boolean" && node.raw === "true";
  };
  const [message, bytes] = [fields.get("message"), fields.get("bytes")];
  if ((message === undefined) === (bytes === undefined))
    throw invalid("a shape has either message or bytes", bytes === undefined ? "" : "bytes");
  const text = { isCompressed: isTrue("compressed"), isPlain: isTrue("plain"), isOpaque: bytes !== undefined };
  if (text.isOpaque && !text.isCompressed) throw invalid("only a compressed message is given as bytes", "bytes");
  return { text, root: (message ?? bytes)!, field: message === undefined ? "bytes" : "message" };
}

export function compileMessageShape({ text, root, field }: MessageShape): readonly Part[] {
  const parts = compileJson(root, { spaced: false, gaps: [] }, "", field);
  const prefix = joinMessageText({ ...text, json: "" });
  if (prefix === "") return parts;
  const [first, ...others] = parts;
  return typeof first === "string" ? [prefix + first, ...others] : [prefix, ...parts];
}

/** Differences of the messages at their smallest places; of the words before them, as one of the whole event. */
export function messageDifference(expected: string, actual: string): readonly EventDifference[] {
  if (expected === actual) return [];
  const [e, a] = [splitMessageText(expected), splitMessageText(actual)];
  const [expectedRoot, actualRoot] = [parseJson(e.json), parseJson(a.json)];
  if (expectedRoot === undefined || actualRoot === undefined || e.isOpaque !== a.isOpaque)
    return [{ path: "", kind: "value", expected, actual }];
  const out = jsonDifference({ root: expectedRoot, text: e.json }, { root: actualRoot, text: a.json }, "");
  if (e.isCompressed === a.isCompressed && e.isPlain === a.isPlain) return out;
  return [{ path: "", kind: "encoding", expected, actual }, ...out.filter((d) => d.path !== "")];
}
