import { digest } from "../base/digest.ts";
import type { HeaderList, RequestHead } from "../base/http.ts";
import { canonicalJson, compactJson, findField, type JsonNode } from "../base/json.ts";
import { pathIndex, pathKey, pathSegments } from "../base/path.ts";
import type { RequestPayload } from "../formats/format.ts";
import { keyText } from "../formats/json-leaves.ts";

/** A request as guards, echoes and equality see it; scrubbed as recordings are. */
export interface RequestView {
  readonly method: string;
  readonly path: string;
  /** Decoded pairs in the order sent. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: HeaderList;
  readonly payload: RequestPayload;
  /** Digest of method, path, sorted query and body (canonical JSON where it is JSON): equal requests share it. */
  readonly digest: string;
}

/** The view of a request from its head and whole body. `payload` comes from the format (`Format.requestPayload`). */
export function createRequestView(head: RequestHead, payload: RequestPayload, body: Uint8Array): RequestView {
  const { method, path, headers } = head;
  const query = readQuery(head.query);
  // Values of one name keep their order: `a=1&a=2` is not `a=2&a=1`, but either may stand before or after `b=3`.
  const sorted = query
    .map((pair, i) => [pair, i] as const)
    .sort(([a, i], [b, j]) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : i - j));
  const pairs = sorted.map(([pair]) => pair);
  const start = JSON.stringify([method, path, pairs]);
  const meaning = payload.json !== undefined ? canonicalJson(payload.json) : (payload.text ?? digest(body, 64));
  return { method, path, query, headers, payload, digest: digest(`${start}${payload.kind}:${meaning}`) };
}

/** Decoded pairs of a query: `+` and percent-encoding undone, left as they are where that gives no UTF-8. */
function readQuery(query: string): readonly (readonly [string, string])[] {
  if (query === "") return [];
  return query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const equals = part.indexOf("=");
      return equals < 0
        ? [decodeText(part), ""]
        : [decodeText(part.slice(0, equals)), decodeText(part.slice(equals + 1))];
    });
}

function decodeText(text: string): string {
  const spaced = text.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** Paths come from a model, so there are few of them; the bound is for a process that opens many models. */
const KNOWN_PATHS = 4096;
const segmentsByPath = new Map<string, readonly (string | number)[]>();

function segmentsOf(path: string): readonly (string | number)[] {
  let segments = segmentsByPath.get(path);
  if (segments === undefined) {
    segments = pathSegments(path) ?? [];
    if (segmentsByPath.size >= KNOWN_PATHS) segmentsByPath.clear();
    segmentsByPath.set(path, segments);
  }
  return segments;
}

/**
 * Raw value at a path of the view: `body.model` (JSON spelling; a subtree compact), `query.q`, `headers.x-id`, `path.id` (JSON
 * strings; the first where a name comes more than once), or undefined. `params` are the path parameters of the route.
 */
export function requestValue(
  view: RequestView,
  path: string,
  params?: ReadonlyMap<string, string>,
): string | undefined {
  const segments = segmentsOf(path);
  const name = segments.length === 2 ? segments[1] : undefined;
  switch (segments[0]) {
    case "body":
      return bodyValue(view.payload, segments);
    case "query":
      return textValue(view.query.find(([n]) => n === name)?.[1]);
    case "headers": {
      const wanted = typeof name === "string" ? name.toLowerCase() : "";
      return textValue(view.headers.find(([n]) => n.length === wanted.length && n.toLowerCase() === wanted)?.[1]);
    }
    case "path":
      return typeof name === "string" ? textValue(params?.get(name)) : undefined;
    default:
      return undefined;
  }
}

function textValue(text: string | undefined): string | undefined {
  return text === undefined ? undefined : JSON.stringify(text);
}

function bodyValue(payload: RequestPayload, segments: readonly (string | number)[]): string | undefined {
  let node = payload.json;
  if (node === undefined) return segments.length === 1 ? textValue(payload.text) : undefined;
  for (let i = 1; i < segments.length && node !== undefined; i++) {
    const segment = segments[i]!;
    if (typeof segment === "string") node = findField(node, segment);
    else node = node.kind === "array" ? node.values[segment] : undefined;
  }
  return node === undefined ? undefined : "raw" in node ? node.raw : compactJson(node);
}

/** Values above this many characters stand as digests: only their equality is of use. */
const LONG = 64;
/** A request may carry a whole book in its array of numbers; so many scalars tell requests apart well enough. */
const MAX_FEATURES = 256;

/**
 * The scalars (and empty objects and arrays) of the request by path, in order, at most 256: `body.*` (`body` alone where it is text), `query.*`. Raw spelling; what
 * is longer than 64 characters stands as `#` and a digest, which no raw value begins with.
 */
export function requestFeatures(view: RequestView): ReadonlyMap<string, string> {
  const features = new Map<string, string>();
  const add = (path: string, raw: string): void => {
    if (features.size < MAX_FEATURES && !features.has(path))
      features.set(path, raw.length > LONG ? `#${digest(raw)}` : raw);
  };
  const walk = (node: JsonNode, path: string): void => {
    if (features.size >= MAX_FEATURES) return;
    if ("values" in node && node.values.length === 0) add(path, node.kind === "object" ? "{}" : "[]");
    else if (node.kind === "object")
      node.values.forEach((value, i) => walk(value, pathKey(path, keyText(node.keys[i]!))));
    else if (node.kind === "array") node.values.forEach((value, i) => walk(value, pathIndex(path, i)));
    else add(path, node.raw);
  };
  for (const [name, value] of view.query) add(pathKey("query", name), JSON.stringify(value));
  const { json, text } = view.payload;
  if (json !== undefined) walk(json, "body");
  else if (text !== undefined) add("body", JSON.stringify(text));
  return features;
}
