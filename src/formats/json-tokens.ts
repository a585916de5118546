/**
 * White space of a JSON text apart from its tokens. A shape shows an event's JSON in a readable form, so the white space that
 * the wire has is told beside it: nothing (compact), `"spaced": true` (`, ` and `: `, as Python writes), `"indent": 2`
 * (or a string: a pretty-printed text), and `"gaps": [[token, space], ...]` for what differs from that.
 * Gap k stands before token k, gap -1 after the last.
 */
import type { JsonNode } from "../base/json.ts";
import { pathIndex, pathKey } from "../base/path.ts";
import { keyText } from "./json-leaves.ts";

/** A token: punctuation, a key or a scalar in its raw spelling, or a place that is filled in (`hole`: one token, whatever its value). */
export type JsonToken<H> = string | { readonly hole: H };

/**
 * The tokens of a tree in the order of its text. `replace` may give one token for a whole node, `spellKey` another spelling of
 * a key; both get the path below the root.
 */
export function jsonTokens<H>(
  root: JsonNode,
  replace: (node: JsonNode, path: string) => JsonToken<H> | undefined,
  spellKey: (raw: string, path: string) => string = (raw) => raw,
): JsonToken<H>[] {
  const out: JsonToken<H>[] = [];
  const walk = (node: JsonNode, path: string): void => {
    const replaced = replace(node, path);
    if (replaced !== undefined) out.push(replaced);
    else if (node.kind === "object") {
      out.push("{");
      node.values.forEach((value, i) => {
        if (i > 0) out.push(",");
        const key = spellKey(node.keys[i]!, path);
        out.push(key, ":");
        walk(value, pathKey(path, keyText(key)));
      });
      out.push("}");
    } else if (node.kind === "array") {
      out.push("[");
      node.values.forEach((value, i) => {
        if (i > 0) out.push(",");
        walk(value, pathIndex(path, i));
      });
      out.push("]");
    } else out.push(node.raw);
  };
  walk(root, "");
  return out;
}

export interface GapStyle {
  readonly spaced: boolean;
  /** Characters of one level, for pretty-printed texts. */
  readonly indent?: string | undefined;
  /** Gaps that differ from the style: [token or -1, white space]. */
  readonly gaps: readonly (readonly [number, string])[];
}

const COMPACT: GapStyle = { spaced: false, gaps: [] };

/** The white space before each token that the style has, and (last) after all of them. */
export function gapsOfStyle(tokens: readonly JsonToken<unknown>[], style: GapStyle): string[] {
  const out = baseGaps(tokens, style);
  for (const [at, gap] of style.gaps) out[at === -1 ? tokens.length : at] = gap;
  return out;
}

function baseGaps(tokens: readonly JsonToken<unknown>[], style: Pick<GapStyle, "spaced" | "indent">): string[] {
  const out = new Array<string>(tokens.length + 1).fill("");
  const { indent } = style;
  if (indent === undefined && !style.spaced) return out;
  let depth = 0;
  for (let k = 0; k < tokens.length; k++) {
    const before = k === 0 ? "" : tokens[k - 1];
    const token = tokens[k];
    const opens = before === "{" || before === "[";
    const closes = token === "}" || token === "]";
    if (opens) depth++;
    if (closes) depth--;
    if (before === ":") out[k] = " ";
    else if (indent === undefined) out[k] = before === "," ? " " : "";
    else if (before === "," || opens !== closes) out[k] = `\n${indent.repeat(depth)}`;
  }
  return out;
}

/** The style that tells these gaps in the fewest words; `gaps` has one entry a token and one for the end. */
export function styleOfGaps(tokens: readonly JsonToken<unknown>[], gaps: readonly string[]): GapStyle {
  if (gaps.every((g) => g === "")) return COMPACT;
  const candidates: Pick<GapStyle, "spaced" | "indent">[] = [{ spaced: false }, { spaced: true }];
  const first = /^\n( +|\t+)$/.exec(gaps[1] ?? "");
  if (first !== null) candidates.push({ spaced: false, indent: first[1] });
  let best: GapStyle | undefined;
  for (const candidate of candidates) {
    const base = baseGaps(tokens, candidate);
    const differing: (readonly [number, string])[] = [];
    gaps.forEach((gap, k) => {
      if (gap !== base[k]) differing.push([k === tokens.length ? -1 : k, gap]);
    });
    if (best === undefined || differing.length < best.gaps.length) best = { ...candidate, gaps: differing };
  }
  return best!;
}

/** Reads the gaps of a text whose tokens are known; `length` gives the length of a filled-in place. */
export function readGaps<H>(text: string, tokens: readonly JsonToken<H>[], length: (hole: H) => number): string[] {
  const out: string[] = [];
  let at = 0;
  for (const token of tokens) {
    const from = at;
    at = skipSpace(text, at);
    out.push(text.slice(from, at));
    at += typeof token === "string" ? token.length : length(token.hole);
  }
  out.push(text.slice(at));
  return out;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const c = text.charCodeAt(at);
    if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return at;
    at++;
  }
}
