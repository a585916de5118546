import { sensitiveHeaders, type OutgoingHttpHeaders } from "node:http2";
import type { HeaderList } from "../base/http.ts";

const sensitive = new WeakMap<HeaderList, readonly string[]>();

/** Remembers which headers came with the never-index flag, so that they go on with it. */
export function markSensitive(headers: HeaderList, received: object): HeaderList {
  const names = (received as { [sensitiveHeaders]?: readonly string[] })[sensitiveHeaders];
  if (names !== undefined && names.length > 0) sensitive.set(headers, names);
  return headers;
}

/** Names that `markSensitive` remembered for this list. */
export function sensitiveNames(headers: HeaderList): readonly string[] {
  return sensitive.get(headers) ?? [];
}

/**
 * A header list as the object that Node 20 takes, in the list's order. Duplicates that stand apart get keys that differ in
 * case only: Node writes every key in lower case, and so the order of the list survives, which an array would not keep.
 */
export function http2Headers(headers: HeaderList, neverIndex: readonly string[] = []): OutgoingHttpHeaders {
  const out: Record<string | symbol, string | string[] | readonly string[]> = {};
  let last = "";
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (last.toLowerCase() !== lower) last = unusedSpelling(out, lower);
    const before = out[last] as string | string[] | undefined;
    out[last] = before === undefined ? value : typeof before === "string" ? [before, value] : [...before, value];
  }
  if (neverIndex.length > 0) out[sensitiveHeaders] = neverIndex;
  return out as OutgoingHttpHeaders;
}

/** The list without later headers of a name that it had before. */
export function firstOfEach(headers: HeaderList): HeaderList {
  const seen = new Set<string>();
  return headers.filter(([n]) => !seen.has(n.toLowerCase()) && seen.add(n.toLowerCase()));
}

/** The name, with as few upper case letters as make it a new key; the name itself where its letters do not suffice. */
function unusedSpelling(used: object, lower: string): string {
  if (!Object.hasOwn(used, lower)) return lower;
  for (let bits = 1; bits < 1024; bits++) {
    let spelling = "";
    let bit = 0;
    for (const letter of lower)
      spelling += letter >= "a" && letter <= "z" && (bits >> bit++) & 1 ? letter.toUpperCase() : letter;
    if (!Object.hasOwn(used, spelling)) return spelling;
  }
  return lower;
}
