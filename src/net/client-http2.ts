import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { firstOfEach, http2Headers, sensitiveNames } from "./http2-headers.ts";
import type { HeaderList } from "../base/http.ts";
import { travellingHeaders } from "./forwarding.ts";
import { percentEncode } from "./percent-encode.ts";
import { headersFromRaw } from "./request-head.ts";
import { requestHeadFromHttp2 } from "./request-head-http2.ts";
import type { ClientSide } from "./sides.ts";
import { errorBody } from "./unsupported.ts";

/** gRPC's own way to say that the other side could not be reached, which its clients turn into UNAVAILABLE. */
const UNAVAILABLE = "14";

/** The client's side of an h2 stream. */
export function createHttp2Client(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
): ClientSide {
  const head = requestHeadFromHttp2(headers, rawHeaders);
  const grpc = head.protocol === "grpc";
  // Kept from the beginning: a destroyed stream has no session any more.
  const session = stream.session as ServerHttp2Session;
  let requestTrailers: HeaderList = [];
  let trailers: HeaderList = [];
  let unsent = 0;
  let over = false;
  let trailed = false;
  let released: number | undefined;
  let afterUnsent: (() => void) | undefined;
  const gone = (): boolean => stream.destroyed || stream.closed;

  stream.on("wantTrailers", () => {
    if (gone()) return;
    // Empty trailers are Node's way to end the stream here without any.
    stream.sendTrailers(http2Headers(trailers));
    trailed = true;
    if (released !== undefined) release(released);
  });
  const release = (code: number): void => {
    released = code;
    // A reset must not overtake the trailers.
    if (trailed && !gone()) setImmediate(() => gone() || stream.close(code));
  };
  const respondWithStatus = (message: string): HeaderList => [
    ["grpc-status", UNAVAILABLE],
    ["grpc-message", percentEncode(`wraith: ${message}`)],
  ];
  const refuse = (message: string): void => {
    if (over || gone()) return;
    over = true;
    if (stream.headersSent) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else if (grpc)
      stream.respond(
        { ":status": 200, "content-type": "application/grpc", ...http2Headers(respondWithStatus(message)) },
        { endStream: true },
      );
    else {
      stream.respond({ ":status": 502, "content-type": "application/json" });
      stream.end(errorBody(message));
    }
  };

  return {
    head,
    hasBody: !stream.endAfterHeaders,
    connection: session,
    stream: stream.id ?? null,
    begin: (handlers) => {
      stream.on("data", (bytes: Buffer) => handlers.data(bytes));
      stream.on("trailers", (_headers: IncomingHttpHeaders, _flags: number, raw?: string[]) => {
        requestTrailers = headersFromRaw(raw ?? []);
      });
      stream.on("end", () => {
        // A reset ends the readable side too, but says nothing about the request's end.
        if (!stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR) handlers.end(requestTrailers);
      });
      stream.on("drain", () => handlers.drain());
      stream.on("close", () => {
        if (over) return;
        over = true;
        if (session.destroyed) handlers.left(undefined, "the client closed the connection");
        else handlers.left(stream.rstCode, "the client reset the stream");
      });
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    sendInformational: (status, _reason, list) => {
      if (over || gone() || stream.headersSent || status === 101) return;
      stream.additionalHeaders({ ":status": status, ...http2Headers(travellingHeaders(list)) });
    },
    sendHead: (received) => {
      if (over || gone()) return true;
      const list = travellingHeaders(received.headers);
      // Node refuses duplicates of headers that should have one value: then the first of each name goes.
      for (const headers of [list, firstOfEach(list)])
        try {
          const options = { endStream: received.last, waitForTrailers: !received.last, sendDate: false };
          stream.respond(
            { ":status": received.status, ...http2Headers(headers, sensitiveNames(received.headers)) },
            options,
          );
          trailed = received.last;
          return true;
        } catch {
          // Once more, or it cannot be said at all.
        }
      return false;
    },
    send: (bytes) => {
      if (over || gone() || stream.writableEnded || bytes.length === 0) return true;
      unsent++;
      return stream.write(bytes, () => {
        unsent--;
        if (unsent === 0) afterUnsent?.();
      });
    },
    end: (list) => {
      if (over) return;
      over = true;
      trailers = list;
      if (!gone() && !stream.writableEnded) stream.end();
    },
    cut: (code, message) => {
      if (over) return;
      over = true;
      const act = (): void => {
        if (gone()) return;
        if (code !== undefined || !grpc) return stream.close(code ?? constants.NGHTTP2_INTERNAL_ERROR);
        trailers = respondWithStatus(message);
        stream.end();
      };
      // A reset would throw away what the client has not got yet.
      if (unsent === 0) act();
      else afterUnsent = act;
    },
    refuse,
    release,
  };
}
