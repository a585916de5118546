import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { concatBytes } from "../base/bytes.ts";
import type { HeaderList } from "../base/http.ts";
import type { Framer } from "../formats/format.ts";
import { firstOfEach, http2Headers } from "./http2-headers.ts";
import type { Stage } from "./player.ts";

/** Status and headers as Node takes them: in order, and without duplicates in case it refuses those. */
export interface Http2Head {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly strict: () => OutgoingHttpHeaders;
}

/** A head for h2, in lower case. */
export function createHttp2Head(status: number, list: HeaderList): Http2Head {
  const pseudo = { ":status": status };
  return {
    status,
    headers: { ...pseudo, ...http2Headers(list) },
    strict: () => ({ ...pseudo, ...http2Headers(firstOfEach(list)) }),
  };
}

/** The way back to a client on an h2 stream. */
export interface Http2Stage extends Stage<Http2Head> {
  /** Ends the stream with these trailers, in whatever state it is; without a head yet they stand in it. */
  finish(trailers: HeaderList): void;
}

/**
 * Writes to an h2 stream. `lost` says what an answer that was cut without a code looks like: gRPC streams end without trailers, all
 * others are reset, as an ordinary end would pass for a whole answer.
 */
export function createHttp2Stage(stream: ServerHttp2Stream, grpc: boolean): Http2Stage {
  let over = false;
  let unsent = 0;
  let afterUnsent: (() => void) | undefined;
  let trailers: HeaderList | undefined;
  let resetBehind: number | undefined;
  const gone = (): boolean => stream.destroyed || stream.closed;
  const sent = (): void => {
    unsent--;
    if (unsent === 0) afterUnsent?.();
  };
  /** A client that still talks is told that nothing more is wanted of it; it must not overtake what was sent. */
  const release = (): void => {
    setImmediate(() => {
      const code = resetBehind ?? (stream.readableEnded ? undefined : constants.NGHTTP2_NO_ERROR);
      if (code !== undefined && !gone()) stream.close(code);
    });
  };
  const respond = (head: Http2Head, alone: boolean, trailing: boolean): void => {
    const options = { endStream: alone, waitForTrailers: trailing && !alone, sendDate: false };
    try {
      stream.respond(head.headers, options);
    } catch {
      // Node refuses duplicates of headers that should have one value.
      stream.respond(head.strict(), options);
    }
    if (alone) return release();
    if (trailing)
      stream.once("wantTrailers", () => {
        if (gone()) return;
        // Empty trailers are Node's way to end the stream here without any.
        stream.sendTrailers(http2Headers(trailers ?? []));
        release();
      });
    else stream.once("finish", release);
  };
  const end = (bytes: Uint8Array, list: HeaderList | undefined, code: number | undefined): void => {
    if (over) return;
    over = true;
    trailers = list;
    resetBehind = code;
    if (gone() || stream.writableEnded) return;
    if (bytes.length === 0) stream.end();
    else stream.end(bytes);
  };
  const afterSent = (act: () => void): void => {
    // A reset would throw away what the client has not got yet.
    if (unsent === 0) act();
    else afterUnsent = act;
  };
  return {
    informational: (status, headers) => {
      if (over || gone() || stream.headersSent) return;
      stream.additionalHeaders({ ":status": status, ...http2Headers(headers) });
    },
    head: (plan, alone) => {
      if (over || gone()) return;
      // Where trailers may follow, Node does not end the stream of its own before it resets it.
      const cut = plan.acts.at(-1)?.kind === "reset";
      respond(plan.head, alone, grpc || cut || plan.trailers !== undefined);
    },
    flush: () => undefined,
    send: (bytes) => {
      if (over || gone() || stream.writableEnded) return true;
      unsent++;
      return stream.write(bytes, sent);
    },
    drained: (callback) => void stream.once("drain", callback),
    end,
    reset: (code) => {
      if (over) return;
      over = true;
      afterSent(() => {
        if (gone()) return;
        if (code === undefined && grpc && stream.headersSent) stream.end();
        else stream.close(code ?? constants.NGHTTP2_INTERNAL_ERROR);
      });
    },
    finish: (list) => {
      if (over || gone()) return;
      if (stream.headersSent) return end(new Uint8Array(0), list, undefined);
      over = true;
      respond(createHttp2Head(200, [["content-type", "application/grpc"], ...list]), true, false);
    },
  };
}

/** Reads the whole body of an h2 request, up to a limit. At most one of the callbacks is called. */
export function readHttp2Body(
  stream: ServerHttp2Stream,
  maxBytes: number,
  callbacks: { whole(body: Uint8Array): void; tooLarge(): void },
): void {
  let parts: Buffer[] = [];
  let size = 0;
  stream.on("data", (bytes: Buffer) => {
    size += bytes.length;
    if (size <= maxBytes) parts.push(bytes);
    else if (size - bytes.length <= maxBytes) {
      parts = [];
      callbacks.tooLarge();
    }
  });
  stream.on("end", () => {
    // A reset ends the readable side too, but says nothing about the request's end.
    if (size <= maxBytes && !stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR)
      callbacks.whole(concatBytes(parts));
  });
}

/**
 * Reads the messages of a client that may never end its side. Each one is told of once, with its frame; a piece that is no message
 * (cut off, broken) counts as one, as nothing better will come. After `drop` the bytes are not looked at any more.
 */
export function readHttp2Messages(
  stream: ServerHttp2Stream,
  framer: Framer,
  callbacks: { message(frame: Uint8Array): void; end(): void },
): { drop(): void } {
  let dropped = false;
  stream.on("data", (bytes: Buffer) => {
    if (dropped) return;
    for (const frame of framer.push(bytes)) if (frame.kind !== "filler") callbacks.message(frame.bytes);
  });
  stream.on("end", () => {
    if (stream.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
    if (!dropped) for (const frame of framer.end()) if (frame.kind !== "filler") callbacks.message(frame.bytes);
    callbacks.end();
  });
  return {
    drop: () => {
      dropped = true;
    },
  };
}
