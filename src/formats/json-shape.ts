/**
 * JSON trees as they stand in the shapes of `symbols.json` (`json-compile` reads them back).
 *
 * Constants keep their raw spelling, a hole is `{"$hole": "name"}` where a string stands and
 * `{"$hole": "name", "kind": "number"}` where something else does (`boolean`, `null`, `json`: an opaque object or array,
 * `scalar`: any scalar or null). A payload key that begins with `$` has one more `$`.
 */
import type { JsonNode } from "../base/json.ts";
import type { Filling, LeafKind } from "./format.ts";
import { jsonTokens, readGaps, styleOfGaps } from "./json-tokens.ts";

/** A leaf of the event's tree and what stands in the shape for it. */
export interface FilledLeaf {
  readonly kind: LeafKind;
  readonly filling: Filling;
}

/** Text of a value that can be wrapped over lines: one that is flat, or an object or array of such. */
export type ShowNode =
  | string
  | { readonly open: "{" | "["; readonly entries: readonly (readonly [prefix: string, value: ShowNode])[] };

/** Lines of a shape are wrapped beyond this many characters, indentation included. */
const WIDTH = 150;

/** One line where it fits, else one entry a line; `indent` is the indentation of the line it begins on. */
export function show(node: ShowNode, indent: string): string {
  if (typeof node === "string") return node;
  const close = node.open === "{" ? "}" : "]";
  const flat = showFlat(node, WIDTH - indent.length);
  if (flat !== undefined || node.entries.length === 0) return flat ?? `${node.open}${close}`;
  const inner = `${indent}  `;
  const lines = node.entries.map(([prefix, value]) => `${inner}${prefix}${show(value, inner)}`);
  return `${node.open}\n${lines.join(",\n")}\n${indent}${close}`;
}

/** The node on one line, or undefined where that is above `room` characters. */
function showFlat(node: ShowNode, room: number): string | undefined {
  if (typeof node === "string") return node.length <= room ? node : undefined;
  let out: string = node.open;
  for (const [prefix, value] of node.entries) {
    if (out.length > 1) out += ", ";
    const flat = showFlat(value, room - out.length - prefix.length);
    if (flat === undefined) return undefined;
    out += prefix + flat;
  }
  out += node.open === "{" ? "}" : "]";
  return out.length <= room ? out : undefined;
}

/** A hole as it stands in a shape; `implied` is the kind that needs no saying there. */
export function showHole(name: string, kind: LeafKind, implied: LeafKind): string {
  const said = kind === implied ? "" : `, "kind": ${JSON.stringify(kind)}`;
  return `{"$hole": ${JSON.stringify(name)}${said}}`;
}

/** The tree as it stands in a shape. `leafAt` gives the leaf that a node is, if it is one. */
export function showJson(root: JsonNode, leafAt: (node: JsonNode) => FilledLeaf | undefined): ShowNode {
  const leaf = shownLeaf(root, leafAt);
  if (leaf !== undefined)
    return "hole" in leaf.filling ? showHole(leaf.filling.hole, leaf.kind, "string") : leaf.filling.raw;
  if (root.kind === "array")
    return { open: "[", entries: root.values.map((value) => ["", showJson(value, leafAt)] as const) };
  if (root.kind !== "object") return root.raw;
  const entries = root.values.map((value, i) => {
    const key = root.keys[i]!;
    return [`${key.startsWith('"$') ? `"$${key.slice(1)}` : key}: `, showJson(value, leafAt)] as const;
  });
  return { open: "{", entries };
}

/** The leaf that a node is shown as. An opaque container that is a constant is shown as any other container: it is read back as one. */
function shownLeaf(node: JsonNode, leafAt: (node: JsonNode) => FilledLeaf | undefined): FilledLeaf | undefined {
  const leaf = leafAt(node);
  return leaf !== undefined && "raw" in leaf.filling && "values" in node ? undefined : leaf;
}

/** Keys, as `showStyle` gives them. */
export const JSON_STYLE_KEYS: ReadonlySet<string> = new Set(['"spaced": ', '"indent": ', '"gaps": ']);

/** The fields of a shape that tell the white space of a JSON text: none, `spaced`, `indent`, `gaps`. */
export function showStyle(
  root: JsonNode,
  text: string,
  leafAt: (node: JsonNode) => FilledLeaf | undefined,
): [string, ShowNode][] {
  const tokens = jsonTokens<JsonNode>(root, (node) =>
    shownLeaf(node, leafAt) === undefined ? undefined : { hole: node },
  );
  const style = styleOfGaps(
    tokens,
    readGaps(text, tokens, (node) => node.end - node.start),
  );
  const out: [string, ShowNode][] = [];
  if (style.spaced) out.push(['"spaced": ', "true"]);
  if (style.indent !== undefined) {
    const isSpaces = /^ {1,10}$/.test(style.indent);
    out.push(['"indent": ', isSpaces ? String(style.indent.length) : JSON.stringify(style.indent)]);
  }
  if (style.gaps.length > 0) {
    const entries = style.gaps.map(([at, gap]) => ["", `[${at}, ${JSON.stringify(gap)}]`] as const);
    out.push(['"gaps": ', { open: "[", entries }]);
  }
  return out;
}
