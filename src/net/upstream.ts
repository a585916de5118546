import { chooseProtocol } from "./alpn.ts";
import type { OutgoingRequest, UpstreamHandlers, UpstreamSide } from "./sides.ts";
import { createHttp1Upstream } from "./upstream-http1.ts";
import { createHttp2Upstream } from "./upstream-http2.ts";

type Open = (request: OutgoingRequest, handlers: UpstreamHandlers) => UpstreamSide;

/** The API behind the recorder. */
export interface Upstream {
  /** Sends the request on; everything that comes back comes through the handlers, never before this returns. */
  readonly open: Open;
  /** Ends all connections. */
  close(): void;
}

/**
 * The upstream at a base URL. gRPC goes by h2; plain h2 goes by what ALPN says over TLS, and else by HTTP/1.1, as everything else.
 * `ca`: certificates to trust, PEM; undefined means those that Node trusts.
 */
export function createUpstream(baseUrl: string, ca?: readonly string[]): Upstream {
  const base = new URL(baseUrl);
  const http1 = createHttp1Upstream(base, ca);
  const http2 = createHttp2Upstream(base, ca);
  let chosen: Promise<Open> | undefined;
  return {
    open: (request, handlers) => {
      if (request.head.protocol === "grpc") return http2.open(request, handlers);
      if (request.head.httpVersion !== "2" || base.protocol === "http:") return http1.open(request, handlers);
      chosen ??= chooseProtocol(base, ca).then((protocol) => (protocol === "h2" ? http2.open : http1.open));
      return openLater(chosen, request, handlers);
    },
    close: () => {
      http1.close();
      http2.close();
    },
  };
}

/** A side whose opener is not known yet; until it is, the client is asked to wait. */
function openLater(opener: Promise<Open>, request: OutgoingRequest, handlers: UpstreamHandlers): UpstreamSide {
  let side: UpstreamSide | undefined;
  let aborted = false;
  const early: ((side: UpstreamSide) => void)[] = [];
  const act = (work: (side: UpstreamSide) => void): void => {
    if (side === undefined) early.push(work);
    else work(side);
  };
  void opener.then((open) => {
    if (aborted) return;
    side = open(request, handlers);
    for (const work of early) work(side);
    handlers.drain();
  });
  return {
    send: (bytes) => {
      if (side !== undefined) return side.send(bytes);
      early.push((opened) => void opened.send(bytes));
      return false;
    },
    end: (trailers) => act((opened) => opened.end(trailers)),
    halfClose: () => act((opened) => opened.halfClose()),
    abort: (code) => {
      aborted = true;
      side?.abort(code);
    },
    pause: () => act((opened) => opened.pause()),
    resume: () => act((opened) => opened.resume()),
  };
}
