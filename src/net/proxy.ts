import type { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { findHeader, type RequestHead } from "../base/http.ts";
import { createDirectClients } from "./client-direct.ts";
import { createHttp1Client } from "./client-http1.ts";
import { createHttp2Client } from "./client-http2.ts";
import { sendJsonHttp1, sendJsonHttp2, type Control } from "./control-server.ts";
import { listen } from "./listener.ts";
import { relay, type ExchangeTap } from "./relay.ts";
import type { ClientSide } from "./sides.ts";
import { findUnsupported } from "./unsupported.ts";
import type { Upstream } from "./upstream.ts";

/** A request that is about to be relayed, for whoever records it. */
export interface OpenedExchange {
  /** As the client sent it, wraith's own headers included. */
  readonly head: RequestHead;
  /** `X-Wraith-Session`, where the client named one. */
  readonly session: string | undefined;
  /** The client's connection: equal for exchanges that shared one. */
  readonly connection: EventEmitter;
  readonly stream: number | null;
}

export interface ProxyOptions {
  /** Default: loopback. */
  readonly host?: string | undefined;
  readonly port: number;
  readonly upstream: Upstream;
  readonly control: Control;
  /** The tap of an exchange, or a sentence that refuses the request (400). */
  openTap(opened: OpenedExchange): ExchangeTap | string;
}

export interface Proxy {
  readonly url: string;
  readonly port: number;
  /** Ends open exchanges as truncated by the recorder, then closes every connection. */
  stop(): Promise<void>;
}

/** The recording reverse proxy: one port, HTTP/1.1 and h2c, everything but the control plane goes to the upstream (SPEC section 3). */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { upstream, control } = options;
  const open = new Set<{ stop(): void }>();
  const queues = new WeakMap<EventEmitter, (() => void)[]>();

  const handle = (client: ClientSide, answer: (status: number, body: unknown) => void): void => {
    const { head } = client;
    if (control.owns(head)) return void control.answer(head).then(({ status, body }) => answer(status, body));
    const refuse = (status: number, message: string): void =>
      answer(status, { error: { message: `wraith: ${message}`, type: "wraith" } });
    const unsupported = findUnsupported(head);
    if (unsupported !== undefined) return refuse(unsupported.status, unsupported.message);
    const session = findHeader(head.headers, "x-wraith-session");
    const tap = options.openTap({ head, session, connection: client.connection, stream: client.stream });
    if (typeof tap === "string") return refuse(400, tap);
    const running = relay(client, upstream.open, tap, () => open.delete(running));
    open.add(running);
  };

  /** As for those of `createDirectClients`, requests that Node reads go to the upstream one after the other. */
  const inTurn = (response: ServerResponse, connection: EventEmitter, run: () => void): void => {
    const queue = queues.get(connection) ?? [];
    queues.set(connection, queue);
    queue.push(run);
    response.on("close", () => {
      queue.shift();
      queue[0]?.();
    });
    if (queue.length === 1) run();
  };

  const listener = await listen({
    host: options.host,
    port: options.port,
    keepHalfOpen: true,
    onHttp1Connection: createDirectClients(control, handle),
    onHttp1: (request, response, expectsContinue) =>
      inTurn(response, request.socket, () => {
        if (request.socket.destroyed) return;
        handle(createHttp1Client(request, response, expectsContinue), (status, body) =>
          sendJsonHttp1(response, status, body),
        );
      }),
    loadHttp2: async () => {
      const { createHttp2Acceptor } = await import("./http2-server.ts");
      return createHttp2Acceptor((stream, headers, rawHeaders) =>
        handle(createHttp2Client(stream, headers, rawHeaders), (status, body) => sendJsonHttp2(stream, status, body)),
      );
    },
  });
  return {
    url: listener.url,
    port: listener.port,
    stop: async () => {
      for (const exchange of open) exchange.stop();
      await listener.close();
      upstream.close();
    },
  };
}
