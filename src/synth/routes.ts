import { isUuid, looksRandom } from "./random-text.ts";

/** A route as paths show it: literal segments and parameters. */
export interface RoutePattern {
  readonly method: string;
  /** Path with `:name` parameters. */
  readonly pattern: string;
}

/** Digits alone are an id at once from this many on; fewer need a second recording with another number. */
const LONG_NUMBER = 5;

/**
 * The route of each request, by its place in the list. A segment that behaves like an id becomes a parameter: a UUID, a long random
 * text or number at once; a short number where another one was recorded at its place, whatever is done to it (`DELETE /users/7` beside
 * `GET /users/8`) and whatever follows (`/users/7/pets`). Words never do.
 */
export function inferRoutes(
  requests: readonly { readonly method: string; readonly path: string }[],
): readonly RoutePattern[] {
  const segments = requests.map(({ path }) => path.split("/"));
  const open = segments.map((list) => list.map(isId));
  for (let changed = true; changed;) {
    changed = false;
    const numbers = new Map<string, Set<string>>();
    forEachNumber(segments, open, (key, number) => {
      const seen = numbers.get(key);
      if (seen === undefined) numbers.set(key, new Set([number]));
      else seen.add(number);
    });
    forEachNumber(segments, open, (key, _, i, k) => {
      if (open[i]![k] === true || numbers.get(key)!.size < 2) return;
      open[i]![k] = true;
      changed = true;
    });
  }
  return requests.map(({ method }, i) => ({ method, pattern: formatPattern(segments[i]!, open[i]!) }));
}

/** Visits numbers, those that are parameters already included; `key` is their place: the segments before them. */
function forEachNumber(
  segments: readonly (readonly string[])[],
  open: readonly (readonly boolean[])[],
  visit: (key: string, number: string, request: number, segment: number) => void,
): void {
  segments.forEach((list, i) => {
    list.forEach((segment, k) => {
      if (!/^\d+$/.test(segment)) return;
      // Other numbers of the path may be ids as well: they do not count for the place.
      const before = list.slice(0, k).map((other, n) => (open[i]![n] === true || /^\d+$/.test(other) ? ":" : other));
      visit(before.join("/"), segment, i, k);
    });
  });
}

function isId(segment: string): boolean {
  if (segment === "") return false;
  // In a pattern it would read as a parameter, so it is one.
  if (segment.startsWith(":")) return segment.length > 1;
  const text = segment.includes("%") ? decode(segment) : segment;
  if (/^\d+$/.test(text)) return text.length >= LONG_NUMBER;
  if (/^[0-9a-f]{16,}$/i.test(text) && /\d/.test(text)) return true;
  return isUuid(text) || looksRandom(text);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Parameters are called `id`, `id2`, ... in their order. */
function formatPattern(segments: readonly string[], open: readonly boolean[]): string {
  let n = 0;
  return segments
    .map((segment, k) => {
      if (open[k] !== true) return segment;
      n++;
      return n === 1 ? ":id" : `:id${n}`;
    })
    .join("/");
}

/** Path parameters of a request on its route, percent-decoded. */
export function pathParameters(pattern: string, path: string): ReadonlyMap<string, string> {
  const values = path.split("/");
  const out = new Map<string, string>();
  pattern.split("/").forEach((segment, k) => {
    if (segment.length > 1 && segment.startsWith(":")) out.set(segment.slice(1), decode(values[k] ?? ""));
  });
  return out;
}
