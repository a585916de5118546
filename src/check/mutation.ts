import type { JsonNode, JsonObject } from "../base/json.ts";
import { keyText } from "../formats/json-leaves.ts";

/** Where a changed place of a model shows in a check. */
type MutationTarget =
  /** At these paths (inside the event) of each event of the shape; without paths anywhere in such an event. */
  | { readonly kind: "shape"; readonly shape: string; readonly paths?: readonly string[] | undefined }
  /** At places where the hole stands. */
  | {
      readonly kind: "hole";
      readonly hole: string;
      /** Only where it has this raw value. */ readonly value?: string | undefined;
    }
  /** At these paths of the answers of a variant (by number): of all, or of those with this head, these trailers, this shape, this end. */
  | {
      readonly kind: "answer";
      readonly variant: number;
      readonly paths: readonly string[];
      readonly head?: number | undefined;
      readonly trailers?: number | undefined;
      readonly shape?: string | undefined;
      /** Number of the termination. */
      readonly end?: number | undefined;
    }
  /** At `variant`, wherever the guards choose otherwise now. */
  | { readonly kind: "selection"; readonly variant?: number | undefined };

export type MutationKind =
  | "constant"
  | "key"
  | "order"
  | "layout"
  | "rule"
  | "name"
  | "status"
  | "header"
  | "trailer"
  | "guard"
  | "row"
  | "termination"
  | "coding"
  | "route";

/** One change of one place of the text of `symbols.json`. */
export interface Mutation {
  /** Path in `symbols.json`. */
  readonly place: string;
  readonly kind: MutationKind;
  /** Number of the route. */
  readonly route: number;
  readonly target: MutationTarget;
  /** The range of the text that is replaced, and what by: the first replacement that can be read is the change. */
  readonly start: number;
  readonly end: number;
  readonly replacements: readonly string[];
}

export type Range = Pick<JsonNode, "start" | "end">;

/** What is found goes here: place inside the route, range of the text, replacements (none: no mutation). */
export type AddMutation = (
  place: string,
  kind: MutationKind,
  range: Range,
  replacements: readonly string[],
  target: MutationTarget,
) => void;

/** The entries of an object with the ranges of their keys; nothing for any other node. */
export function entriesOf(
  text: string,
  node: JsonNode | undefined,
): readonly { readonly name: string; readonly key: Range; readonly value: JsonNode }[] {
  if (node?.kind !== "object") return [];
  return node.values.map((value, i) => ({ name: keyText(node.keys[i]!), key: keyRange(text, node, i), value }));
}

/** Keys have no offsets of their own, but nothing stands between a key and its value that has a quote. */
function keyRange(text: string, node: JsonObject, i: number): Range {
  const end = text.lastIndexOf('"', node.values[i]!.start - 1) + 1;
  return { start: end - node.keys[i]!.length, end };
}

/** The value of a field, or undefined. */
export function fieldOf(node: JsonNode | undefined, name: string): JsonNode | undefined {
  if (node?.kind !== "object") return undefined;
  const i = node.keys.findIndex((key) => keyText(key) === name);
  return i < 0 ? undefined : node.values[i];
}

/** Elements of an array; none for any other node. */
export function itemsOf(node: JsonNode | undefined): readonly JsonNode[] {
  return node?.kind === "array" ? node.values : [];
}

/** Other values of the same type in JSON spelling, the likeliest to be readable first; none for containers. */
export function otherValues(raw: string): readonly string[] {
  const c = raw.charCodeAt(0);
  if (c === 34) return otherStrings(raw);
  if (raw === "true") return ["false"];
  if (raw === "false") return ["true"];
  if (raw === "null") return ["0", '"X"'];
  if (c === 123 || c === 91) return [];
  return [bumpDigit(raw)];
}

/** Digits stay digits (a 64-bit integer of proto JSON), others get one more character, or another first one (base64). */
function otherStrings(raw: string): readonly string[] {
  if (/^"-?\d+"$/.test(raw)) return [bumpDigit(raw)];
  const first = raw.charCodeAt(1);
  const other = first === 65 ? "B" : "A";
  return [`${raw.slice(0, -1)}X"`, ...(/[A-Za-z0-9]/.test(raw[1]!) ? [`"${other}${raw.slice(2)}`] : [])];
}

/** The last digit of the number's own digits, one up. */
function bumpDigit(raw: string): string {
  const exponent = raw.search(/[eE]/);
  const end = exponent < 0 ? raw.length : exponent;
  for (let i = end - 1; i >= 0; i--) {
    const digit = raw.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9)
      return `${raw.slice(0, i)}${(digit + 1) % 10 === 0 && i === 0 && end > 1 ? 1 : (digit + 1) % 10}${raw.slice(i + 1)}`;
  }
  return raw;
}

/** The same key with one more letter, in its raw spelling; a number (of a field) with one more digit. */
export function otherKey(raw: string): string {
  return /^"[1-9]\d{0,6}"$/.test(raw) ? `${raw.slice(0, -1)}9"` : `${raw.slice(0, -1)}X"`;
}
