import type { HeaderList, RequestHead, ResponseHead, Termination } from "../base/http.ts";

/** Bytes as a socket delivered them; boundaries mean nothing. Times are microseconds since the session began. */
export interface Chunk {
  readonly atUs: number;
  readonly bytes: Uint8Array;
}

/** One request and everything sent back for it, as recorded. Content codings are already undone (see `ResponseHead.coding`). */
export interface Exchange {
  readonly session: string;
  /** Number in the session, from 0. `SESSION/INDEX` names an exchange everywhere. */
  readonly index: number;
  /** Number of the client's connection in the session, and its h2 stream, where it was h2. */
  readonly conn: number;
  readonly stream: number | null;
  readonly openUs: number;
  readonly request: RequestHead;
  readonly requestChunks: readonly Chunk[];
  /** The content coding that the request's recorded bytes were decoded from; absent when they are as sent. */
  readonly requestCoding?: string | undefined;
  /** When the request's last byte came; absent where it never ended. */
  readonly requestEndUs?: number | undefined;
  readonly requestTrailers?: HeaderList | undefined;
  readonly informational: readonly { readonly atUs: number; readonly status: number; readonly headers: HeaderList }[];
  readonly headUs?: number | undefined;
  /** Absent where no response came. */
  readonly response?: ResponseHead | undefined;
  readonly chunks: readonly Chunk[];
  readonly trailers?: HeaderList | undefined;
  readonly trailersUs?: number | undefined;
  readonly closeUs?: number | undefined;
  /** How the transport ended. A session whose recorder died gives `truncated` by `recorder`. */
  readonly close: Termination;
  /** Names of the scrub rules that fired. */
  readonly scrubbed: readonly string[];
  /** True where something could not be scrubbed (an undecodable coding, a proto rule without schema). */
  readonly unscrubbed: boolean;
}

/** First line of a recording. */
export interface SessionHead {
  readonly session: string;
  readonly twin: string;
  readonly baseUrl: string;
  /** ISO 8601 with microseconds, UTC. */
  readonly startedAt: string;
  readonly tags: readonly string[];
  readonly tool: string;
  readonly scrub: unknown;
}

/** One recording, read whole. */
export interface Session {
  readonly head: SessionHead;
  /** In the order in which they were opened. */
  readonly exchanges: readonly Exchange[];
  /** False where the last line is missing: still being written, or its recorder died. */
  readonly ended: boolean;
  /** Lines that could not be read, for `doctor` and `inspect`: number from 1, and why. */
  readonly badLines: readonly { readonly line: number; readonly reason: string }[];
}

export function exchangeId(exchange: Pick<Exchange, "session" | "index">): string {
  return `${exchange.session}/${exchange.index}`;
}
