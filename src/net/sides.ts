import type { EventEmitter } from "node:events";
import type { HeaderList, RequestHead } from "../base/http.ts";

/** The start of a response as it came from the upstream, hop-by-hop headers included. */
export interface ReceivedHead {
  readonly status: number;
  /** Reason phrase; empty in h2. */
  readonly reason: string;
  readonly headers: HeaderList;
  /** True where the head is all there is (h2: END_STREAM on HEADERS). */
  readonly last: boolean;
}

/** What a client does, in the past tense. */
export interface ClientHandlers {
  data(bytes: Uint8Array): void;
  /** The request is whole. `trailers` is empty where there were none. */
  end(trailers: HeaderList): void;
  /** HTTP/1 only: the client ended its side of the connection after its request, and may still read. */
  halfClosed(): void;
  /** The client is gone or reset the stream before the response was whole; `code` is its h2 reset code. */
  left(code: number | undefined, detail: string): void;
  /** It takes bytes again after `send` said false. */
  drain(): void;
}

/** One request of a client and the way back to it, the same for every HTTP version. */
export interface ClientSide {
  readonly head: RequestHead;
  /** False where the request ended with its head. */
  readonly hasBody: boolean;
  /** The connection it came on: its identity, and its `close` event. */
  readonly connection: EventEmitter;
  /** h2 stream number. */
  readonly stream: number | null;
  /** Begins to read the request. */
  begin(handlers: ClientHandlers): void;
  pause(): void;
  resume(): void;
  sendInformational(status: number, reason: string, headers: HeaderList): void;
  /** Takes the head as received and leaves out what belongs to one hop. False where it cannot be said in this HTTP version. */
  sendHead(head: ReceivedHead): boolean;
  /** False: wait for `drain`. */
  send(bytes: Uint8Array): boolean;
  end(trailers: HeaderList): void;
  /** The upstream stopped in mid-response: reset with `code`, or without one the connection was lost. What was sent before still arrives. */
  cut(code: number | undefined, message: string): void;
  /** The upstream gave no answer: 502 with a sentence, in gRPC status 14. */
  refuse(message: string): void;
  /** Nothing more is expected of the client: the upstream closed the stream, with this h2 code, after its whole answer. */
  release(code: number): void;
}

/** How an upstream failed to finish an answer. */
export interface Loss {
  /** h2 reset code, where the stream was reset and not the connection lost. */
  readonly code?: number | undefined;
  /** Code of the GOAWAY that came before, where there was one. */
  readonly goaway?: number | undefined;
  readonly detail: string;
}

/** What an upstream does, in the past tense. After `end` and `lost` only `released` may come. */
export interface UpstreamHandlers {
  informational(status: number, reason: string, headers: HeaderList): void;
  head(head: ReceivedHead): void;
  data(bytes: Uint8Array): void;
  /** The answer is whole. Not `sure`: an h2 stream ended without trailers, which is how Node's servers begin a reset. */
  end(trailers: HeaderList, sure: boolean): void;
  lost(loss: Loss): void;
  drain(): void;
  /** The stream is closed for both directions, with this h2 code. */
  released(code: number): void;
}

/** One request on its way to the upstream. All calls are harmless after its end. */
export interface UpstreamSide {
  /** False: wait for `drain`. */
  send(bytes: Uint8Array): boolean;
  end(trailers: HeaderList): void;
  /** Passes on that the client ended its side of the connection. */
  halfClose(): void;
  /** The client is gone: nothing more is wanted. `code` is its reset code. */
  abort(code: number | undefined): void;
  pause(): void;
  resume(): void;
}

/** What an upstream side is opened with: the client's request as it came. */
export interface OutgoingRequest {
  readonly head: RequestHead;
  readonly hasBody: boolean;
  readonly connection: EventEmitter;
  /** Headers of wraith's own, for a server that is a twin; those in `head` are never passed on. */
  readonly ownHeaders?: HeaderList | undefined;
}
