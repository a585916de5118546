import type { HeaderList, RequestHead, ResponseHead, Termination } from "../base/http.ts";
import type { Format, Formats } from "../formats/format.ts";
import type { Chunk, Exchange } from "./exchange.ts";
import type { Projection } from "./projection.ts";

/** A response as bytes with times, from wherever: a recording, a plan performed in memory, a socket. */
export interface ResponseBytes {
  readonly request: RequestHead;
  readonly response: ResponseHead;
  /** The time that counts as zero: the request's last byte, for two-way methods the first client message. */
  readonly zeroUs: number;
  readonly headUs: number;
  /** Content coding undone. */
  readonly chunks: readonly Chunk[];
  readonly trailers?: HeaderList | undefined;
  readonly close: Termination;
  readonly closeUs: number;
}

/** The comparable form of a response. Never throws. */
export function project(_bytes: ResponseBytes, _format: Format): Projection {
  throw new Error("not written yet");
}

/**
 * The projection of a recorded exchange; undefined where no response came. Zero is the request's last byte; in formats that act on
 * the first message the chunk that completed it, or the request's head where the answer began before that.
 */
export function projectExchange(_exchange: Exchange, _formats: Formats): Projection | undefined {
  throw new Error("not written yet");
}
