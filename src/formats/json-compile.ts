/** JSON trees of shapes, read back from `symbols.json` as a person may have edited it (`json-shape` writes them). */
import { WraithError } from "../base/errors.ts";
import type { JsonNode } from "../base/json.ts";
import { joinPath, pathKey } from "../base/path.ts";
import type { LeafKind, Part } from "./format.ts";
import { keyText } from "./json-leaves.ts";
import { gapsOfStyle, jsonTokens, type GapStyle } from "./json-tokens.ts";

type Hole = Exclude<Part, string>;

const JSON_KINDS: ReadonlySet<string> = new Set(["string", "number", "boolean", "null", "json", "scalar"]);

/**
 * Parts of the JSON text that a shape's tree stands for. `path` is the path of its root in the event, `field` in the shape.
 * Throws WraithError MODEL_INVALID.
 */
export function compileJson(root: JsonNode, style: GapStyle, path: string, field: string): readonly Part[] {
  const tokens = jsonTokens<Hole>(
    root,
    (node, at) => {
      const hole = readHole(node, joinPath(field, at));
      if (hole === undefined) return undefined;
      const kind = hole.kind ?? "string";
      if (!JSON_KINDS.has(kind))
        throw invalid(`a hole inside JSON has no kind ${JSON.stringify(kind)}`, joinPath(field, at));
      return { hole: { hole: hole.name, kind: kind as LeafKind, path: joinPath(path, at) } };
    },
    (raw, at) => {
      if (!raw.startsWith('"$')) return raw;
      if (raw.startsWith('"$$')) return `"${raw.slice(2)}`;
      const place = joinPath(field, pathKey(at, keyText(raw)));
      throw invalid('a key that begins with $ is written with one more $ (only a hole is {"$hole": ...})', place);
    },
  );
  const bad = style.gaps.find(([at]) => at < -1 || at >= tokens.length);
  if (bad !== undefined) throw invalid(`there is no token ${bad[0]} (the JSON has ${tokens.length})`, "gaps");
  const gaps = gapsOfStyle(tokens, style);
  const out = createPartList();
  tokens.forEach((token, k) => {
    out.add(gaps[k]!);
    out.add(typeof token === "string" ? token : token.hole);
  });
  out.add(gaps[tokens.length]!);
  return out.parts;
}

/** Name and kind of `{"$hole": "name", "kind": "..."}`; undefined where the node is no hole. Throws where it is half of one. */
export function readHole(node: JsonNode, field: string): { name: string; kind: string | undefined } | undefined {
  if (node.kind !== "object" || !node.keys.includes('"$hole"')) return undefined;
  const found = new Map<string, string>();
  node.keys.forEach((raw, i) => {
    const key = keyText(raw);
    const value = node.values[i]!;
    if ((key !== "$hole" && key !== "kind") || found.has(key))
      throw invalid(`a hole has the fields $hole and kind, once each`, pathKey(field, key));
    if (value.kind !== "string") throw invalid(`${key} of a hole is a string`, pathKey(field, key));
    found.set(key, JSON.parse(value.raw) as string);
  });
  const name = found.get("$hole")!;
  if (name === "") throw invalid("a hole has a name", pathKey(field, "$hole"));
  return { name, kind: found.get("kind") };
}

/** Reads `spaced`, `indent` and `gaps`. Throws WraithError MODEL_INVALID. */
export function readStyle(fields: ReadonlyMap<string, JsonNode>): GapStyle {
  const spaced = fields.get("spaced");
  if (spaced !== undefined && spaced.kind !== "boolean") throw invalid("spaced is true or false", "spaced");
  const isSpaced = spaced?.kind === "boolean" && spaced.raw === "true";
  const indent = fields.get("indent");
  if (indent !== undefined && isSpaced) throw invalid("a shape is either spaced or has an indent", "indent");
  return { spaced: isSpaced, indent: indent && readIndent(indent), gaps: readGapList(fields.get("gaps")) };
}

function readIndent(node: JsonNode): string {
  if (node.kind === "number" && /^(?:[1-9]|10)$/.test(node.raw)) return " ".repeat(Number(node.raw));
  if (node.kind === "string") {
    const text = JSON.parse(node.raw) as string;
    if (/^[ \t]+$/.test(text)) return text;
  }
  throw invalid("indent is a number from 1 to 10, or a string of spaces or tabs", "indent");
}

function readGapList(node: JsonNode | undefined): readonly (readonly [number, string])[] {
  if (node === undefined) return [];
  if (node.kind !== "array") throw invalid("gaps is a list of [token, white space]", "gaps");
  return node.values.map((pair, i) => {
    const at = pair.kind === "array" && pair.values.length === 2 ? pair.values[0]! : undefined;
    const space = pair.kind === "array" ? pair.values[1] : undefined;
    const text = space?.kind === "string" ? (JSON.parse(space.raw) as string) : undefined;
    if (at?.kind !== "number" || !/^(?:-1|\d{1,9})$/.test(at.raw) || text === undefined || !/^[ \t\r\n]*$/.test(text))
      throw invalid("a gap is [token, white space]", `gaps[${i}]`);
    return [Number(at.raw), text] as const;
  });
}

/** Parts in the making: neighbouring literals become one, empty ones go. */
export function createPartList(): { readonly parts: readonly Part[]; add(part: Part): void } {
  const parts: Part[] = [];
  return {
    parts,
    add(part) {
      const last = parts.length - 1;
      if (typeof part !== "string") parts.push(part);
      else if (part !== "" && typeof parts[last] === "string") parts[last] += part;
      else if (part !== "") parts.push(part);
    },
  };
}

export function invalid(message: string, field: string): WraithError {
  return new WraithError("MODEL_INVALID", message, { field });
}
