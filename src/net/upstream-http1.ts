import { validateHeaderName, validateHeaderValue } from "node:http";
import { findHeader, mediaType, type HeaderList } from "../base/http.ts";
import { chunkSize, CRLF, lastChunk } from "./chunked.ts";
import { describeFailure, isOwnHeader, travellingHeaders, upstreamTarget } from "./forwarding.ts";
import {
  createConnectionPool,
  IDLE_MS,
  type Connection,
  type ConnectionPool,
  type ConnectionUser,
} from "./http1-pool.ts";
import { createHttp1ResponseReader, type Http1ResponseHead } from "./http1-response.ts";
import type { OutgoingRequest, UpstreamHandlers, UpstreamSide } from "./sides.ts";

const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
/** Methods whose requests have no body unless they say so. */
const BODILESS = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);

/** Opens HTTP/1.1 requests to one upstream, over TCP or TLS. */
export interface Http1Upstream {
  readonly open: (request: OutgoingRequest, handlers: UpstreamHandlers) => UpstreamSide;
  close(): void;
}

/** `ca`: certificates to trust, PEM; undefined means those that Node trusts. */
export function createHttp1Upstream(base: URL, ca: readonly string[] | undefined): Http1Upstream {
  const pool = createConnectionPool(base, ca);
  return {
    open: (request, handlers) => openHttp1(request, base, handlers, pool),
    close: () => pool.close(),
  };
}

/** The client's headers for this upstream: its own host in the place of the other, its own framing, nothing of wraith. */
function requestHeaders(request: OutgoingRequest, host: string): HeaderList {
  const { head, hasBody } = request;
  const out: (readonly [string, string])[] = [];
  let hosted = false;
  for (const [name, value] of travellingHeaders(head.headers)) {
    if (isOwnHeader(name)) continue;
    if (name.toLowerCase() !== "host") out.push([name, value]);
    else if (!hosted) {
      out.push([name, host]);
      hosted = true;
    }
  }
  if (!hosted) out.unshift(["Host", host]);
  out.push(...(request.ownHeaders ?? []));
  const sized = findHeader(out, "content-length") !== undefined;
  if (hasBody && !sized) out.push(["Transfer-Encoding", "chunked"]);
  else if (!hasBody && !sized && !BODILESS.has(head.method)) out.push(["Content-Length", "0"]);
  const all = head.httpVersion === "2" ? joinCookies(out) : out;
  return [...all, ["Connection", "keep-alive"]];
}

/** h2 clients may cut `cookie` into pieces; HTTP/1 knows one (RFC 9113, 8.2.3). */
function joinCookies(headers: HeaderList): HeaderList {
  const cookies = headers.filter(([n]) => n === "cookie").map(([, v]) => v);
  if (cookies.length < 2) return headers;
  return [...headers.filter(([n]) => n !== "cookie"), ["cookie", cookies.join("; ")]];
}

/** The request's line and headers as they go on the wire. Throws where one of them cannot be said in HTTP/1. */
function formatRequestHead(request: OutgoingRequest, base: URL, headers: HeaderList): string {
  const { method } = request.head;
  const target = upstreamTarget(base.pathname, request.head);
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(method)) throw new Error(`${JSON.stringify(method)} is not a method`);
  if (!/^[\x21-\x7e\x80-\xff]+$/.test(target)) throw new Error("Request path contains unescaped characters");
  let text = `${method} ${target} HTTP/1.1\r\n`;
  for (const [name, value] of headers) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}

function openHttp1(
  request: OutgoingRequest,
  base: URL,
  handlers: UpstreamHandlers,
  pool: ConnectionPool,
): UpstreamSide {
  const { method } = request.head;
  const headers = requestHeaders(request, base.host);
  const chunked = request.hasBody && findHeader(headers, "content-length") === undefined;
  let requestHead = "";
  let connection: Connection | undefined;
  /** Something of an answer has come. */
  let answered = false;
  /** Nothing more is told, but that it is released. */
  let over = false;
  let requestEnded = !request.hasBody;
  /** The answer is through. */
  let whole = false;
  let halfClosed = false;
  let released = false;
  let reusable = false;

  /** Ends the exchange's use of its connection, once both directions are through or it is closed. */
  const release = (): void => {
    if (released) return;
    released = true;
    if (connection !== undefined) pool.release(connection, reusable);
    handlers.released(0);
  };
  const lose = (detail: string): void => {
    if (over) return;
    over = true;
    connection?.socket.destroy();
    handlers.lost({ detail });
  };
  const reader = createHttp1ResponseReader(method, {
    informational: (status, reason, list) => {
      if (!over) handlers.informational(status, reason, list);
    },
    head: (head) => {
      if (over) return;
      reusable = head.persistent && !isStream(method, head) && !isSoonClosed(head.headers);
      handlers.head({ status: head.status, reason: head.reason, headers: head.headers, last: false });
    },
    data: (bytes) => {
      if (!over) handlers.data(bytes);
    },
    end: (trailers, surplus) => {
      if (over) return;
      over = true;
      whole = true;
      if (surplus) reusable = false;
      handlers.end(trailers, true);
      if (requestEnded) release();
    },
  });
  const user: ConnectionUser = {
    data: (bytes) => {
      // Behind the whole answer, while the request still goes on.
      if (over) reusable = false;
      answered = true;
      const wrong = reader.push(bytes);
      if (wrong !== undefined) lose(wrong);
    },
    ended: () => {
      const mine = connection;
      reusable = false;
      if (!reader.close()) gone(undefined);
      mine?.socket.destroy();
    },
    drained: () => handlers.drain(),
    closed: (error) => {
      const lost = connection;
      gone(error);
      if (connection === lost) release();
    },
  };
  /** The connection is of no use any more. */
  const gone = (error: NodeJS.ErrnoException | undefined): void => {
    if (over) return;
    if (answered) return lose("the upstream closed the connection before the end of its answer");
    // RFC 9112, 9.3.1: a pooled connection may have been closed while the request was on its way; to ask again is safe only so.
    const lostInPool =
      connection?.reused === true && (error === undefined || error.code === "ECONNRESET" || error.code === "EPIPE");
    // A server that took the half-close for a cancel did not lose the request.
    if (lostInPool && !halfClosed && !request.hasBody && IDEMPOTENT.has(method)) {
      const old = connection!;
      begin(true);
      pool.release(old, false);
    } else lose(error === undefined ? "the upstream closed the connection without an answer" : describeFailure(error));
  };
  const begin = (again: boolean): void => {
    connection = pool.take(user, again);
    const { socket } = connection;
    if (!request.hasBody) return void socket.write(requestHead, "latin1");
    // The head and what is there of the body leave in one piece, a head that came alone in this turn.
    socket.cork();
    socket.write(requestHead, "latin1");
    process.nextTick(() => socket.uncork());
  };
  try {
    requestHead = formatRequestHead(request, base, headers);
    begin(false);
  } catch (error) {
    // Told later, as every loss is.
    process.nextTick(() => lose(describeFailure(error)));
  }
  return {
    send: (bytes) => {
      if (connection === undefined || requestEnded || released || bytes.length === 0) return true;
      const { socket } = connection;
      if (!chunked) return socket.write(bytes);
      socket.cork();
      socket.write(chunkSize(bytes.length));
      socket.write(bytes);
      const more = socket.write(CRLF);
      socket.uncork();
      return more;
    },
    end: (trailers) => {
      if (connection === undefined || requestEnded || released) return;
      requestEnded = true;
      if (chunked) connection.socket.write(lastChunk(trailers));
      if (whole) release();
    },
    halfClose: () => {
      if (over) return;
      halfClosed = true;
      connection?.socket.end();
    },
    abort: () => {
      over = true;
      connection?.socket.destroy();
    },
    pause: () => {
      if (!over) connection?.socket.pause();
    },
    resume: () => {
      if (!released) connection?.socket.resume();
    },
  };
}

/** Whether the end of the body was not known when it began. */
function isStream(method: string, { status, headers }: Http1ResponseHead): boolean {
  if (method === "HEAD" || status === 204 || status === 304) return false;
  return (
    findHeader(headers, "content-length") === undefined ||
    mediaType(findHeader(headers, "content-type")) === "text/event-stream"
  );
}

/** Whether the server says that it closes an idle connection before this side would. */
function isSoonClosed(headers: HeaderList): boolean {
  const seconds = /^timeout=(\d+)/i.exec(findHeader(headers, "keep-alive") ?? "")?.[1];
  return seconds !== undefined && Number(seconds) * 1000 <= IDLE_MS;
}
