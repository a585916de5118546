import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { Agent as TlsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { findHeader, mediaType, type HeaderList } from "../base/http.ts";
import { describeFailure, EMPTY, isOwnHeader, travellingHeaders, upstreamTarget } from "./forwarding.ts";
import { MAX_HEADER_BYTES } from "./header-limit.ts";
import { headersFromRaw } from "./request-head.ts";
import type { OutgoingRequest, UpstreamHandlers, UpstreamSide } from "./sides.ts";

/** An idle connection is kept for less time than common servers keep it, so that they do not close it while a request is on its way. */
const IDLE_MS = 2000;

const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
/** Methods whose requests Node sends without a body unless told. */
const BODILESS = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);

/** Opens HTTP/1.1 requests to one upstream, over TCP or TLS. */
export interface Http1Upstream {
  readonly open: (request: OutgoingRequest, handlers: UpstreamHandlers) => UpstreamSide;
  close(): void;
}

/** `ca`: certificates to trust, PEM; undefined means those that Node trusts. */
export function createHttp1Upstream(base: URL, ca: readonly string[] | undefined): Http1Upstream {
  const secure = base.protocol === "https:";
  const agent = secure
    ? new TlsAgent({ keepAlive: true, ca: ca?.slice(), ALPNProtocols: ["http/1.1"] })
    : new Agent({ keepAlive: true });
  const streamed = new WeakSet<Socket>();
  keepFew(agent, streamed);
  const fresh = secure ? new TlsAgent({ ca: ca?.slice(), ALPNProtocols: ["http/1.1"] }) : new Agent();
  const start = (request: OutgoingRequest, pool: Agent): ClientRequest =>
    (secure ? httpsRequest : httpRequest)({
      agent: pool,
      host: base.hostname.replace(/^\[|\]$/g, ""),
      port: base.port === "" ? (secure ? 443 : 80) : Number(base.port),
      method: request.head.method,
      path: upstreamTarget(base.pathname, request.head),
      headers: requestHeaders(request, base.host).flat(),
      maxHeaderSize: MAX_HEADER_BYTES,
      setHost: false,
    });
  return {
    open: (request, handlers) =>
      openHttp1(request, handlers, (again) => start(request, again ? fresh : agent), streamed),
    close: () => {
      agent.destroy();
      fresh.destroy();
    },
  };
}

/** Takes no connection into the pool that carried a stream: some servers close it without saying so. */
function keepFew(agent: Agent, streamed: WeakSet<Socket>): void {
  const pool = agent as unknown as {
    keepSocketAlive: (socket: Socket) => boolean;
    reuseSocket: (socket: Socket, request: ClientRequest) => void;
  };
  const { keepSocketAlive, reuseSocket } = pool;
  pool.keepSocketAlive = (socket) => {
    if (streamed.has(socket) || !keepSocketAlive.call(agent, socket)) return false;
    // The agent itself destroys idle sockets that time out.
    socket.setTimeout(IDLE_MS);
    return true;
  };
  pool.reuseSocket = (socket, request) => {
    socket.setTimeout(0);
    reuseSocket.call(agent, socket, request);
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
  // Node would say `chunked` for a POST without a body.
  else if (!hasBody && !sized && !BODILESS.has(head.method)) out.push(["Content-Length", "0"]);
  return head.httpVersion === "2" ? joinCookies(out) : out;
}

/** h2 clients may cut `cookie` into pieces; HTTP/1 knows one (RFC 9113, 8.2.3). */
function joinCookies(headers: HeaderList): HeaderList {
  const cookies = headers.filter(([n]) => n === "cookie").map(([, v]) => v);
  if (cookies.length < 2) return headers;
  return [...headers.filter(([n]) => n !== "cookie"), ["cookie", cookies.join("; ")]];
}

function openHttp1(
  request: OutgoingRequest,
  handlers: UpstreamHandlers,
  start: (again: boolean) => ClientRequest,
  streamed: WeakSet<Socket>,
): UpstreamSide {
  let over = false;
  let answered = false;
  let response: IncomingMessage | undefined;
  let outgoing: ClientRequest | undefined;
  const lose = (detail: string): void => {
    if (over) return;
    over = true;
    outgoing?.destroy();
    handlers.lost({ detail });
  };
  const onResponse = (incoming: IncomingMessage): void => {
    answered = true;
    response = incoming;
    const headers = headersFromRaw(incoming.rawHeaders);
    if (isStream(request.head.method, incoming.statusCode, headers)) streamed.add(incoming.socket);
    incoming.on("data", (bytes: Buffer) => {
      if (!over) handlers.data(bytes);
    });
    incoming.on("end", () => {
      if (over) return;
      if (!incoming.complete) return lose("the upstream closed the connection before the end of its answer");
      over = true;
      handlers.end(headersFromRaw(incoming.rawTrailers), true);
    });
    incoming.on("error", (error) => lose(describeFailure(error)));
    incoming.on("close", () => lose("the upstream closed the connection before the end of its answer"));
    handlers.head({ status: incoming.statusCode ?? 0, reason: incoming.statusMessage ?? "", headers, last: false });
  };
  const begin = (again: boolean): void => {
    let created: ClientRequest;
    try {
      created = start(again);
    } catch (error) {
      // A target or header that Node will not send. Told later, as every loss is.
      process.nextTick(() => lose(describeFailure(error)));
      return;
    }
    outgoing = created;
    created.maxHeadersCount = 0;
    created.on("information", (info) => {
      answered = true;
      if (!over) handlers.informational(info.statusCode, info.statusMessage, headersFromRaw(info.rawHeaders));
    });
    created.on("response", onResponse);
    created.on("drain", () => handlers.drain());
    created.on("error", (error: NodeJS.ErrnoException) => {
      if (over || outgoing !== created) return;
      // RFC 9112, 9.3.1: a pooled connection may have been closed while the request was on its way; to ask again is safe only so.
      const lostInPool = created.reusedSocket && !answered && (error.code === "ECONNRESET" || error.code === "EPIPE");
      if (lostInPool && !again && !request.hasBody && IDEMPOTENT.has(request.head.method)) begin(true);
      // After the head the response tells what happened; an upload that nobody reads any more is no loss.
      else if (response === undefined) lose(describeFailure(error));
    });
    created.on("close", () => {
      if (outgoing !== created) return;
      if (response === undefined) lose("the upstream closed the connection without an answer");
      handlers.released(0);
    });
    if (!request.hasBody) created.end();
    else created.write(EMPTY);
  };
  begin(false);
  return {
    send: (bytes) => outgoing === undefined || outgoing.writableEnded || outgoing.destroyed || outgoing.write(bytes),
    end: (trailers) => {
      if (outgoing === undefined || outgoing.writableEnded) return;
      if (trailers.length > 0) outgoing.addTrailers(trailers.map(([n, v]) => [n, v] as [string, string]));
      outgoing.end();
    },
    halfClose: () => {
      const { socket } = outgoing ?? {};
      if (over || outgoing === undefined) return;
      if (socket) socket.end();
      else outgoing.once("socket", (s: Socket) => s.once("connect", () => s.end()));
    },
    abort: () => {
      over = true;
      outgoing?.destroy();
    },
    pause: () => void response?.pause(),
    resume: () => void response?.resume(),
  };
}

/** Whether the end of the body was not known when it began. */
function isStream(method: string, status: number | undefined, headers: HeaderList): boolean {
  if (method === "HEAD" || status === 204 || status === 304) return false;
  return (
    findHeader(headers, "content-length") === undefined ||
    mediaType(findHeader(headers, "content-type")) === "text/event-stream"
  );
}
