/**
 * Bodies as events. A body is JSON where it is a JSON object or array, and text otherwise: its meaning depends on its text alone, not on
 * headers, so that a recording, a template and a live answer are read alike.
 */
import { bytesFromText, textFromBytes } from "../../base/bytes.ts";
import { compactJson, parseJson, type JsonNode } from "../../base/json.ts";
import type { Codec, Dissection, DissectOptions, EventDifference, Filling, Leaf, Part } from "../format.ts";
import { compileJson, invalid, readHole, readStyle } from "../json-compile.ts";
import { jsonDifference } from "../json-difference.ts";
import { keyText, visitJsonLeaves } from "../json-leaves.ts";
import { show, showHole, showJson, showStyle, type FilledLeaf, type ShowNode } from "../json-shape.ts";
import { isJsonContainer } from "../leaf-kind.ts";

export const bodyCodec: Codec = {
  decode: textFromBytes,
  encode: bytesFromText,
  dissect: dissectBody,
  formatShape: formatBodyShape,
  compileShape: compileBodyShape,
  difference: bodyDifference,
  view: (text) => {
    const json = readJson(text);
    return json === undefined ? `{"raw":${JSON.stringify(text)}}` : compactJson(json);
  },
};

function readJson(text: string): JsonNode | undefined {
  const c = text.charCodeAt(0);
  if (c > 32 && c !== 123 && c !== 91) return undefined;
  const json = parseJson(text);
  return (json?.kind === "object" || json?.kind === "array") && text.isWellFormed() ? json : undefined;
}

function dissectBody(text: string, options?: DissectOptions): Dissection {
  const json = readJson(text);
  if (json === undefined) return { segments: ["", ""], leaves: [{ kind: "rest", path: "", raw: text }] };
  const segments: string[] = [];
  const leaves: Leaf[] = [];
  let at = 0;
  visitJsonLeaves(json, "", options, (kind, path, node) => {
    segments.push(text.slice(at, node.start));
    leaves.push({ kind, path, raw: text.slice(node.start, node.end) });
    at = node.end;
  });
  segments.push(text.slice(at));
  return { segments, leaves, json, jsonText: text };
}

/** `{"json": {...}}` (with `spaced`, `indent`, `gaps`), or `{"text": "..."}`. */
function formatBodyShape(dissection: Dissection, filling: readonly Filling[], indent: string): string {
  const { json, jsonText } = dissection;
  const entries: [string, ShowNode][] = [];
  if (json === undefined || jsonText === undefined) {
    const [value] = filling;
    const raw = dissection.segments.join(dissection.leaves[0]?.raw ?? "");
    if (value !== undefined && "hole" in value) entries.push(['"text": ', showHole(value.hole, "rest", "rest")]);
    else entries.push(['"text": ', JSON.stringify(value?.raw ?? raw)]);
  } else {
    const leaves = new Map<number, FilledLeaf>();
    let at = 0;
    dissection.leaves.forEach((leaf, i) => {
      at += dissection.segments[i]!.length;
      leaves.set(at, { kind: leaf.kind, filling: filling[i]! });
      at += leaf.raw.length;
    });
    const leafAt = (node: JsonNode): FilledLeaf | undefined => leaves.get(node.start);
    entries.push(...showStyle(json, jsonText, leafAt), ['"json": ', showJson(json, leafAt)]);
  }
  return show({ open: "{", entries }, indent);
}

const KEYS: ReadonlySet<string> = new Set(["json", "text", "spaced", "indent", "gaps"]);

function compileBodyShape(shape: JsonNode): readonly Part[] {
  if (shape.kind !== "object") throw invalid("a shape is an object", "");
  const fields = new Map<string, JsonNode>();
  shape.keys.forEach((raw, i) => {
    const key = keyText(raw);
    if (!KEYS.has(key)) throw invalid(`a shape has no field ${JSON.stringify(key)}`, key);
    if (fields.has(key)) throw invalid(`${key} stands here twice`, key);
    fields.set(key, shape.values[i]!);
  });
  const [json, text] = [fields.get("json"), fields.get("text")];
  if ((json === undefined) === (text === undefined))
    throw invalid("a shape has either json or text", text === undefined ? "" : "text");
  if (json !== undefined) {
    const isContainer = json.kind === "object" || json.kind === "array";
    const hole = readHole(json, "json");
    if (!isContainer || (hole !== undefined && hole.kind !== "json"))
      throw invalid("json is an object or array", "json");
    return compileJson(json, readStyle(fields), "", "json");
  }
  const misplaced = [...fields.keys()].find((key) => key !== "text");
  if (misplaced !== undefined) throw invalid(`${misplaced} belongs to json`, misplaced);
  const hole = readHole(text!, "text");
  if (hole !== undefined) {
    if ((hole.kind ?? "rest") !== "rest") throw invalid(`a hole has no kind ${JSON.stringify(hole.kind)} here`, "text");
    return [{ hole: hole.name, kind: "rest", path: "" }];
  }
  if (text!.kind !== "string") throw invalid("text is a string or a hole", "text");
  const raw = JSON.parse(text!.raw) as string;
  if (isJsonContainer(raw)) throw invalid("this text is JSON: it belongs under json", "text");
  return raw === "" ? [] : [raw];
}

function bodyDifference(expected: string, actual: string): readonly EventDifference[] {
  if (expected === actual) return [];
  const [e, a] = [readJson(expected), readJson(actual)];
  if (e !== undefined && a !== undefined)
    return jsonDifference({ root: e, text: expected }, { root: a, text: actual }, "");
  return [{ path: "", kind: (e === undefined) === (a === undefined) ? "value" : "type", expected, actual }];
}
