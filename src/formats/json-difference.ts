import { canonicalJson, type JsonNode, type JsonObject } from "../base/json.ts";
import { pathIndex, pathKey } from "../base/path.ts";
import type { EventDifference } from "./format.ts";
import { keyText } from "./json-leaves.ts";

/** A tree and the text that its offsets are into. */
export interface JsonSide {
  readonly root: JsonNode;
  readonly text: string;
}

/**
 * All places where two JSON values differ, smallest places, in the order of the expected text, with what only the actual side
 * has after what the expected side has of the same container. `path` is the path of the root. A difference that JSON.parse
 * would not show (spelling, order of keys, white space) is of kind `encoding`, at the scalar, the key or the container that has it.
 */
export function jsonDifference(expected: JsonSide, actual: JsonSide, path: string): readonly EventDifference[] {
  const out: EventDifference[] = [];
  const expectedText = (n: JsonNode): string => expected.text.slice(n.start, n.end);
  const actualText = (n: JsonNode): string => actual.text.slice(n.start, n.end);

  const compare = (e: JsonNode, a: JsonNode, at: string): void => {
    if (e.kind !== a.kind) {
      out.push({ path: at, kind: "type", expected: expectedText(e), actual: actualText(a) });
      return;
    }
    if (e.kind === "object" && a.kind === "object") compareObjects(e, a, at);
    else if (e.kind === "array" && a.kind === "array") {
      if (e.values.length === a.values.length) compareSpace(e, a, at);
      const shared = Math.min(e.values.length, a.values.length);
      for (let i = 0; i < shared; i++) compare(e.values[i]!, a.values[i]!, pathIndex(at, i));
      for (let i = shared; i < e.values.length; i++) missing(e.values[i]!, pathIndex(at, i));
      for (let i = shared; i < a.values.length; i++) extra(a.values[i]!, pathIndex(at, i));
    } else compareScalars(e, a, at);
  };
  const missing = (node: JsonNode, at: string): void => {
    out.push({ path: at, kind: "missing", expected: expectedText(node) });
  };
  const extra = (node: JsonNode, at: string): void => {
    out.push({ path: at, kind: "extra", actual: actualText(node) });
  };
  const compareScalars = (e: JsonNode, a: JsonNode, at: string): void => {
    const raws = { expected: expectedText(e), actual: actualText(a) };
    if (raws.expected === raws.actual) return;
    const kind = canonicalJson(e) === canonicalJson(a) ? "encoding" : "value";
    out.push({ path: at, kind, ...raws });
  };
  const compareObjects = (e: JsonObject, a: JsonObject, at: string): void => {
    const partner = partners(e, a);
    const isSame = e.keys.length === a.keys.length && !partner.includes(-1);
    const isInOrder = isSame && partner.every((j, i) => i === j);
    const isSpelledSame = isInOrder && e.keys.every((key, i) => key === a.keys[i]);
    if (isSpelledSame) compareSpace(e, a, at);
    else if (isSame && !isInOrder)
      out.push({ path: at, kind: "encoding", expected: expectedText(e), actual: actualText(a) });
    const taken = new Set<number>();
    e.values.forEach((value, i) => {
      const place = pathKey(at, keyText(e.keys[i]!));
      const j = partner[i]!;
      if (j < 0) return missing(value, place);
      taken.add(j);
      const [expectedKey, actualKey] = [e.keys[i]!, a.keys[j]!];
      if (expectedKey !== actualKey)
        out.push({ path: place, kind: "encoding", expected: expectedKey, actual: actualKey });
      compare(value, a.values[j]!, place);
    });
    a.values.forEach((value, j) => {
      if (!taken.has(j)) extra(value, pathKey(at, keyText(a.keys[j]!)));
    });
  };
  /** White space of the container itself: all of its text that is not a value. */
  const compareSpace = (e: JsonNode, a: JsonNode, at: string): void => {
    if (!("values" in e) || !("values" in a)) return;
    let [fromE, fromA] = [e.start, a.start];
    for (let i = 0; i <= e.values.length; i++) {
      const [toE, toA] = [e.values[i]?.start ?? e.end, a.values[i]?.start ?? a.end];
      if (expected.text.slice(fromE, toE) !== actual.text.slice(fromA, toA)) {
        out.push({ path: at, kind: "encoding", expected: expectedText(e), actual: actualText(a) });
        return;
      }
      [fromE, fromA] = [e.values[i]?.end ?? 0, a.values[i]?.end ?? 0];
    }
  };

  compare(expected.root, actual.root, path);
  const around = (side: JsonSide): string => `${side.text.slice(0, side.root.start)}|${side.text.slice(side.root.end)}`;
  if (around(expected) !== around(actual) && !out.some((d) => d.path === path))
    out.unshift({ path, kind: "encoding", expected: expected.text, actual: actual.text });
  return out;
}

/** For each key of the first object the number of the same key in the second (the nth of duplicates with the nth), or -1. */
function partners(e: JsonObject, a: JsonObject): readonly number[] {
  if (e.keys.length === a.keys.length && e.keys.every((key, i) => key === a.keys[i])) return e.keys.map((_, i) => i);
  const places = new Map<string, number[]>();
  a.keys.forEach((raw, j) => {
    const key = keyText(raw);
    const list = places.get(key);
    if (list === undefined) places.set(key, [j]);
    else list.push(j);
  });
  const used = new Map<string, number>();
  return e.keys.map((raw) => {
    const key = keyText(raw);
    const n = used.get(key) ?? 0;
    used.set(key, n + 1);
    return places.get(key)?.[n] ?? -1;
  });
}
