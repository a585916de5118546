import { bytesEqual } from "../base/bytes.ts";
import type { RequestHead } from "../base/http.ts";

/** What is known of requests by their bytes, so that one that comes again needs no reading. Bounded: it forgets what was not asked for long. */
export interface RequestMemo<T> {
  /** What was kept for an equal request. Headers that do not say how its body is to be read may differ. */
  find(head: RequestHead, body: Uint8Array): T | undefined;
  keep(head: RequestHead, body: Uint8Array, value: T): void;
}

interface Entry<T> {
  /** Headers that say how the body is to be read. */
  readonly reading: string;
  readonly body: Uint8Array;
  readonly value: T;
}

/** Requests that are kept in each of two generations, and bytes of their bodies. */
const MAX_ENTRIES = 4096;
const MAX_BYTES = 4 * 1024 * 1024;
/** Longer bodies are rare, and reading them is not what their answer waits for. */
const MAX_BODY = 256 * 1024;

export function createRequestMemo<T>(): RequestMemo<T> {
  let young = new Map<string, Entry<T>>();
  let old = new Map<string, Entry<T>>();
  let youngBytes = 0;
  const put = (key: string, entry: Entry<T>): void => {
    if (young.size >= MAX_ENTRIES || youngBytes > MAX_BYTES) {
      old = young;
      young = new Map();
      youngBytes = 0;
    }
    young.set(key, entry);
    youngBytes += entry.body.length + key.length;
  };
  return {
    find(head, body) {
      if (body.length > MAX_BODY) return undefined;
      const key = keyOf(head, body);
      const fresh = young.get(key);
      const entry = fresh ?? old.get(key);
      if (entry === undefined || entry.reading !== readingOf(head) || !bytesEqual(entry.body, body)) return undefined;
      if (fresh === undefined) put(key, entry);
      return entry.value;
    },
    keep(head, body, value) {
      // Copied: a body may be a piece of a much larger buffer.
      if (body.length <= MAX_BODY) put(keyOf(head, body), { reading: readingOf(head), body: body.slice(), value });
    },
  };
}

/** Two requests may have one key: then the later one takes the place. */
function keyOf(head: RequestHead, body: Uint8Array): string {
  return `${head.method} ${head.path}?${head.query} ${hashOf(body)}`;
}

/** A hash of all bytes, four at a time (the mixing of MurmurHash3). */
function hashOf(body: Uint8Array): number {
  let hash = body.length;
  const words = body.length >> 2;
  if (words > 0) {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    for (let i = 0; i < words; i++) {
      const k = Math.imul(view.getInt32(i << 2, true), 0xcc9e2d51);
      hash ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593);
      hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
    }
  }
  for (let i = words << 2; i < body.length; i++) hash = Math.imul(hash ^ body[i]!, 16777619);
  return hash;
}

/** The content type, and whatever names an encoding. */
function readingOf(head: RequestHead): string {
  let out: string = head.protocol;
  for (const [name, value] of head.headers) {
    const { length } = name;
    // `content-type` has 12 characters, and every encoding ends with a g.
    if (length !== 12 && (name.charCodeAt(length - 1) | 32) !== 103) continue;
    const lower = name.toLowerCase();
    if (lower === "content-type" || lower.endsWith("-encoding")) out += `\n${lower}:${value}`;
  }
  return out;
}
