import type { EventEmitter } from "node:events";
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type SecureClientSessionOptions,
} from "node:http2";
import type { HeaderList } from "../base/http.ts";
import { describeFailure, isOwnHeader, travellingHeaders, upstreamTarget } from "./forwarding.ts";
import { firstOfEach, http2Headers, markSensitive, sensitiveNames } from "./http2-headers.ts";
import { HTTP2_OPTIONS, widenWindow } from "./http2-server.ts";
import { headersFromRaw } from "./request-head.ts";
import type { OutgoingRequest, UpstreamHandlers, UpstreamSide } from "./sides.ts";

/** Opens h2 streams to one upstream: h2c for `http:`, ALPN `h2` for `https:`. */
export interface Http2Upstream {
  readonly open: (request: OutgoingRequest, handlers: UpstreamHandlers) => UpstreamSide;
  close(): void;
}

/** A connection to the upstream, and what was heard about its end. */
interface Carrier {
  readonly session: ClientHttp2Session;
  goaway?: { readonly code: number; readonly text: string } | undefined;
  failure?: string | undefined;
}

/**
 * Each connection of a client has a connection of its own to the upstream, so that settings, GOAWAY and a lost connection
 * concern nobody else. Pings are answered by Node on each side and never passed on: servers count them.
 */
export function createHttp2Upstream(base: URL, ca: readonly string[] | undefined): Http2Upstream {
  const carriers = new Map<EventEmitter, Carrier>();
  const watched = new WeakSet<EventEmitter>();
  const sessions = new Set<ClientHttp2Session>();
  const options: SecureClientSessionOptions = {
    ...HTTP2_OPTIONS,
    settings: { ...HTTP2_OPTIONS.settings, enablePush: false },
    peerMaxConcurrentStreams: 1000,
    ca: ca?.slice(),
  };
  const carrierFor = (connection: EventEmitter): Carrier => {
    const known = carriers.get(connection);
    if (known !== undefined && !known.session.closed && !known.session.destroyed && known.goaway === undefined)
      return known;
    const carrier: Carrier = { session: connect(base.origin, options) };
    const { session } = carrier;
    session.on("connect", () => widenWindow(session));
    session.on("goaway", (code, _last, data) => {
      carrier.goaway = {
        code,
        text: data === undefined ? "" : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1"),
      };
    });
    session.on("error", (error) => {
      carrier.failure ??= describeFailure(error);
    });
    if (!watched.has(connection)) connection.once("close", () => carriers.get(connection)?.session.close());
    watched.add(connection);
    sessions.add(session);
    session.on("close", () => {
      sessions.delete(session);
      if (carriers.get(connection) === carrier) carriers.delete(connection);
    });
    // After a GOAWAY the open streams finish on the old connection.
    carriers.set(connection, carrier);
    return carrier;
  };
  return {
    open: (request, handlers) => openHttp2(request, handlers, base, carrierFor(request.connection)),
    close: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

/** The client's headers for this upstream, pseudo headers first, as one object for Node. */
function requestHeaders(request: OutgoingRequest, base: URL, strict: boolean): ReturnType<typeof http2Headers> {
  const { head } = request;
  const list = travellingHeaders(head.headers).filter(([n]) => !isOwnHeader(n) && n.toLowerCase() !== "host");
  // `te` may say `trailers` in h2, and gRPC servers ask for it.
  const te: HeaderList = head.headers.filter(
    ([n, v]) => n.toLowerCase() === "te" && v.trim().toLowerCase() === "trailers",
  );
  const all = [...list, ...te, ...(request.ownHeaders ?? [])];
  return {
    ":method": head.method,
    ":scheme": base.protocol.slice(0, -1),
    ":authority": base.host,
    ":path": upstreamTarget(base.pathname, head),
    ...http2Headers(strict ? firstOfEach(all) : all, sensitiveNames(head.headers)),
  };
}

function openHttp2(request: OutgoingRequest, handlers: UpstreamHandlers, base: URL, carrier: Carrier): UpstreamSide {
  let over = false;
  let whole = false;
  let trailers: HeaderList = [];
  let requestTrailers: HeaderList = [];
  let stream: ClientHttp2Stream;
  try {
    stream = begin(request, base, carrier);
  } catch (error) {
    process.nextTick(() => over || handlers.lost({ detail: describeFailure(error) }));
    return {
      send: () => true,
      end: () => undefined,
      halfClose: () => undefined,
      abort: () => (over = true),
      pause: () => undefined,
      resume: () => undefined,
    };
  }
  const gone = (): boolean => stream.destroyed || stream.closed;

  stream.on("continue", () => over || handlers.informational(100, "", []));
  stream.on("headers", (headers: IncomingHttpHeaders & { ":status"?: number }, _flags: number, raw?: string[]) => {
    if (!over && headers[":status"] !== 100)
      handlers.informational(headers[":status"] ?? 0, "", headersFromRaw(raw ?? []));
  });
  stream.on("response", (headers: IncomingHttpHeaders & { ":status"?: number }, flags: number, raw?: string[]) => {
    if (over) return;
    whole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const list = markSensitive(headersFromRaw(raw ?? []), headers);
    handlers.head({ status: headers[":status"] ?? 0, reason: "", headers: list, last: whole });
  });
  stream.on("data", (bytes: Buffer) => {
    if (!over) handlers.data(bytes);
  });
  stream.on("trailers", (_headers: IncomingHttpHeaders, _flags: number, raw?: string[]) => {
    trailers = headersFromRaw(raw ?? []);
  });
  stream.on("end", () => {
    // A reset and a lost connection end the readable side too.
    if (over || stream.rstCode !== constants.NGHTTP2_NO_ERROR || carrier.session.destroyed) return;
    over = true;
    handlers.end(trailers, whole || trailers.length > 0);
  });
  stream.on("drain", () => handlers.drain());
  stream.on("wantTrailers", () => {
    if (!gone()) stream.sendTrailers(http2Headers(requestTrailers));
  });
  stream.on("error", (error: Error) => {
    if (!carrier.session.destroyed) return;
    const cause = (error as { cause?: unknown }).cause;
    carrier.failure ??= describeFailure(cause ?? error);
  });
  stream.on("close", () => {
    if (!over) {
      over = true;
      handlers.lost(lossOf(stream, carrier));
    }
    handlers.released(stream.rstCode ?? constants.NGHTTP2_NO_ERROR);
  });
  return {
    send: (bytes) => gone() || stream.writableEnded || bytes.length === 0 || stream.write(bytes),
    end: (list) => {
      requestTrailers = list;
      if (!gone() && !stream.writableEnded) stream.end();
    },
    halfClose: () => undefined,
    abort: (code) => {
      over = true;
      if (!gone()) stream.close(code ?? constants.NGHTTP2_CANCEL);
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
  };
}

function begin(request: OutgoingRequest, base: URL, carrier: Carrier): ClientHttp2Stream {
  const options = { endStream: !request.hasBody, waitForTrailers: request.hasBody };
  try {
    return carrier.session.request(requestHeaders(request, base, false), options);
  } catch {
    // Node refuses duplicates of headers that should have one value.
    return carrier.session.request(requestHeaders(request, base, true), options);
  }
}

function lossOf(stream: ClientHttp2Stream, carrier: Carrier): { code?: number; goaway?: number; detail: string } {
  const { goaway, failure, session } = carrier;
  if (!session.destroyed) return { code: stream.rstCode ?? 0, detail: "the upstream reset the stream" };
  const said = goaway === undefined ? "" : ` after GOAWAY${goaway.text === "" ? "" : ` (${goaway.text})`}`;
  const detail = failure ?? `the upstream closed the connection${said}`;
  return goaway === undefined ? { detail } : { goaway: goaway.code, detail };
}
