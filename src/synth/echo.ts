import { lastKey, pathKey } from "../base/path.ts";
import type { JsonNode } from "../base/json.ts";
import type { RequestView } from "../model/request-view.ts";
import { keyText } from "../formats/json-leaves.ts";
import { fitValue, plainValue } from "../model/raw-value.ts";
import { leafKindOf, type ValueKind } from "./value-kind.ts";

/**
 * What of a request an answer may repeat: strings and numbers of its body outside arrays, its query, its path and its headers.
 */
export interface RequestTexts {
  /** Raw value (JSON spelling) by path of the request view. */
  readonly rawByPath: ReadonlyMap<string, string>;
  readonly pathsByText: ReadonlyMap<string, readonly string[]>;
}

/** Headers that say how a message travels: what an answer has in common with them is chance. */
const TRANSPORT = new Set([
  "host",
  "connection",
  "content-length",
  "content-type",
  "content-encoding",
  "accept",
  "accept-encoding",
  "accept-language",
  "transfer-encoding",
  "te",
  "user-agent",
  "cache-control",
  "pragma",
  "expect",
  "origin",
  "referer",
  "cookie",
  "authorization",
]);
const MAX_DEPTH = 8;
/** Values that so many places of requests have in common are no evidence. */
const MAX_SOURCES = 64;

export function requestTexts(view: RequestView, params: ReadonlyMap<string, string>): RequestTexts {
  const rawByPath = new Map<string, string>();
  const pathsByText = new Map<string, string[]>();
  const add = (path: string, raw: string): void => {
    const text = plainValue(raw);
    if (text === "" || rawByPath.has(path)) return;
    rawByPath.set(path, raw);
    const paths = pathsByText.get(text);
    if (paths === undefined) pathsByText.set(text, [path]);
    else paths.push(path);
  };
  // In an array the number of a place is chance: `messages[0].role` is not what `role` in the answer repeats.
  const walk = (node: JsonNode, path: string, depth: number): void => {
    if (node.kind === "string" || node.kind === "number") add(path, node.raw);
    else if (node.kind === "object" && depth < MAX_DEPTH)
      node.values.forEach((value, i) => walk(value, pathKey(path, keyText(node.keys[i]!)), depth + 1));
  };
  if (view.payload.json !== undefined) walk(view.payload.json, "body", 0);
  for (const [name, value] of params) add(pathKey("path", name), JSON.stringify(value));
  for (const [name, value] of view.query) add(pathKey("query", name), JSON.stringify(value));
  for (const [name, value] of view.headers)
    if (!TRANSPORT.has(name.toLowerCase())) add(pathKey("headers", name.toLowerCase()), JSON.stringify(value));
  return { rawByPath, pathsByText };
}

/** Values of a place by number of the sample, in the order of the wire. */
export type ValuesBySample = ReadonlyMap<number, readonly string[]>;

/**
 * The place of the request that these values repeat: a field of the same name, or any that at least two different values
 * agree with. A number needs both, or a parameter of the path: small numbers are equal by chance. Requests that lack the field say
 * nothing, as long as most have it. Undefined where there is none.
 */
export function echoSource(
  values: ValuesBySample,
  path: string,
  kind: ValueKind,
  requests: readonly RequestTexts[],
): string | undefined {
  const found = new Map<string, Set<string>>();
  for (const [sample, raws] of values) {
    if (raws.some((raw) => raw !== raws[0])) continue;
    const text = plainValue(raws[0]!);
    for (const source of requests[sample]!.pathsByText.get(text) ?? []) {
      const texts = found.get(source);
      if (texts === undefined) found.set(source, new Set([text]));
      else texts.add(text);
    }
    if (found.size > MAX_SOURCES) return undefined;
  }
  const name = lastKey(path).toLowerCase();
  let best: { readonly source: string; readonly rank: readonly [number, number, string] } | undefined;
  for (const [source, texts] of found) {
    const sameName = lastKey(source).toLowerCase() === name;
    const varies = texts.size > 1;
    if (kind === "number" ? !varies || (!sameName && !source.startsWith("path.")) : !sameName && !varies) continue;
    if (!agrees(values, source, kind, requests)) continue;
    const rank = [sameName ? 0 : 1, source.length, source] as const;
    if (best === undefined || isBefore(rank, best.rank)) best = { source, rank };
  }
  return best?.source;
}

/** Whether a performance that repeats the source gives these very values. */
function agrees(values: ValuesBySample, source: string, kind: ValueKind, requests: readonly RequestTexts[]): boolean {
  let equal = 0;
  for (const [sample, raws] of values) {
    const asked = requests[sample]!.rawByPath.get(source);
    if (asked === undefined) continue;
    const wanted = fitValue(asked, leafKindOf(kind));
    if (raws.some((raw) => raw !== wanted)) return false;
    equal++;
  }
  return equal * 2 > values.size;
}

function isBefore(a: readonly [number, number, string], b: readonly [number, number, string]): boolean {
  if (a[0] !== b[0]) return a[0] < b[0];
  if (a[1] !== b[1]) return a[1] < b[1];
  return a[2] < b[2];
}
