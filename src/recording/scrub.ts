import type { HeaderList } from "../base/http.ts";

/** What must never be stored in clear: built-in rules and those of scrub.toml, compiled (SPEC section 8). */
export interface Scrubber {
  /** Id of the key that tokens are made with; a recording names it. */
  readonly keyId: string;
  /** Names of rules that fire are added to `fired`. */
  headers(headers: HeaderList, fired: Set<string>): HeaderList;
  query(query: string, fired: Set<string>): string;
  /** A whole body of a content type, as the request of a client that is to be compared with recordings. */
  body(contentType: string | undefined, body: Uint8Array, fired: Set<string>): Uint8Array;
}
