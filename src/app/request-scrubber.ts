import type { RequestHead } from "../base/http.ts";
import { scrubRequest } from "../recording/scrub-create.ts";
import type { Scrubber } from "../recording/scrub.ts";

/** A request as a recording of it holds it. */
export interface ScrubbedRequest {
  readonly head: RequestHead;
  readonly body: Uint8Array;
}

/** Characters of a request up to which it is remembered, and how many requests are. */
const MAX_KEY_LENGTH = 16 * 1024;
const MAX_ENTRIES = 1024;

/**
 * Scrubs requests before they are compared with recordings. A request that comes again, byte for byte, is not looked into again: what
 * it became is kept, for the last one to two thousand requests.
 */
export function createRequestScrubber(scrubber: Scrubber): (head: RequestHead, body: Uint8Array) => ScrubbedRequest {
  let young = new Map<string, ScrubbedRequest>();
  let old = new Map<string, ScrubbedRequest>();
  const latest = new WeakMap<RequestHead, { readonly body: Uint8Array; readonly scrubbed: ScrubbedRequest }>();
  const find = (head: RequestHead, body: Uint8Array): ScrubbedRequest => {
    const key = keyOf(head, body);
    let known = young.get(key);
    if (known !== undefined) return known;
    known = old.get(key) ?? scrubRequest(scrubber, head, body.slice());
    if (key.length > MAX_KEY_LENGTH) return known;
    if (young.size >= MAX_ENTRIES) {
      old = young;
      young = new Map();
    }
    young.set(key, known);
    return known;
  };
  return (head, body) => {
    if (body.length > MAX_KEY_LENGTH) return scrubRequest(scrubber, head, body);
    // The very head that was seen before: a connection on which a client repeats itself.
    const before = latest.get(head);
    if (before !== undefined && Buffer.compare(before.body, body) === 0) return before.scrubbed;
    const scrubbed = find(head, body);
    latest.set(head, { body: body.slice(), scrubbed });
    return scrubbed;
  };
}

/** All that a request says, as one text; no two requests share it. */
function keyOf({ protocol, httpVersion, method, path, query, headers }: RequestHead, body: Uint8Array): string {
  let key = `${protocol} ${httpVersion} ${method} ${path}?${query}\n`;
  for (const [name, value] of headers) key += `${name}:${value}\n`;
  return `${key}\n${Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1")}`;
}
