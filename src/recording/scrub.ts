import type { HeaderList, RequestHead, ResponseHead } from "../base/http.ts";
import type { Chunk } from "./exchange.ts";

export type Direction = "client" | "server";

/** What must never be stored in clear: built-in rules and those of scrub.toml, compiled (SPEC section 8). */
export interface Scrubber {
  /** Id of the key that tokens are made with; a recording names it. */
  readonly keyId: string;
  /** Two sets of rules that replace the same share it; a recording names it too. */
  readonly rulesDigest: string;
  /** Names of rules that fire are added to `fired`. */
  headers(headers: HeaderList, fired: Set<string>): HeaderList;
  query(query: string, fired: Set<string>): string;
  /** A whole body of a content type, as the request of a client that is to be compared with recordings. */
  body(contentType: string | undefined, body: Uint8Array, fired: Set<string>): Uint8Array;
  /** The scrubber of one exchange that is being recorded. */
  exchange(): ExchangeScrubber;
}

/** Makes an exchange fit to be stored (SPEC section 8). It may hold chunks back and give them later, in order, with their own times. */
export interface ExchangeScrubber {
  open(head: RequestHead): RequestHead;
  head(head: ResponseHead): ResponseHead;
  push(direction: Direction, chunk: Chunk): readonly Chunk[];
  /** What was held back; no more chunks of this direction follow. */
  end(direction: Direction): readonly Chunk[];
  trailers(trailers: HeaderList): HeaderList;
  /** Names of the rules that fired, so far. */
  readonly fired: ReadonlySet<string>;
  /** True where something could not be looked into. */
  unscrubbed(): boolean;
}
