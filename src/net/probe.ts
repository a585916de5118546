import { EventEmitter } from "node:events";
import type { HeaderList, RequestHead, ResponseHead, Termination } from "../base/http.ts";
import type { Chunk } from "../recording/exchange.ts";
import type { ResponseBytes } from "../recording/project.ts";
import type { Upstream } from "./upstream.ts";

/** A request to send again, as it was recorded. */
export interface ProbeRequest {
  readonly head: RequestHead;
  readonly body: Uint8Array;
  /** False: the client never ended its side. */
  readonly ended: boolean;
  /** Headers for a server that is a twin. */
  readonly ownHeaders?: HeaderList | undefined;
}

export interface ProbeOptions {
  /** Leave after so long without a byte. */
  readonly silenceMs: number;
  /** Leave after so long in any case; absent: only silence ends it. */
  readonly limitMs?: number | undefined;
  /** How a response that was left is written down. */
  readonly cut: Termination;
}

/** How long a reset may come after the end of a stream that it belongs to. */
const RESET_AFTER_END_MS = 50;

/** What came back, or why nothing did. */
export type ProbeAnswer =
  | { readonly kind: "response"; readonly bytes: ResponseBytes }
  | { readonly kind: "failure"; readonly detail: string };

/** Sends one request and keeps what comes back with its times. Connections are not shared between probes. Never rejects. */
export function probe(upstream: Upstream, request: ProbeRequest, options: ProbeOptions): Promise<ProbeAnswer> {
  const connection = new EventEmitter();
  const hasBody = request.body.length > 0 || !request.ended;
  const startedMs = performance.now();
  const nowUs = (): number => Math.round((performance.now() - startedMs) * 1000);
  return new Promise((resolve) => {
    const chunks: Chunk[] = [];
    let response: ResponseHead | undefined;
    let headUs = 0;
    let over = false;
    let ended: HeaderList | undefined;
    let timer: NodeJS.Timeout | undefined;
    let limit: NodeJS.Timeout | undefined;
    const settle = (close: Termination, trailers: HeaderList): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      clearTimeout(limit);
      connection.emit("close");
      if (response === undefined) return resolve({ kind: "failure", detail: close.detail ?? "nothing came back" });
      const times = { zeroUs: 0, headUs, closeUs: nowUs() };
      const bytes = { request: request.head, response, chunks, close, ...times };
      resolve({ kind: "response", bytes: trailers.length === 0 ? bytes : { ...bytes, trailers } });
    };
    const side = upstream.open(
      { head: request.head, hasBody, connection, ownHeaders: request.ownHeaders },
      {
        informational: () => undefined,
        head: ({ status, headers }) => {
          response = { status, headers };
          headUs = nowUs();
          listen();
        },
        data: (bytes) => {
          chunks.push({ atUs: nowUs(), bytes });
          listen();
        },
        end: (trailers, sure) => {
          if (sure) return settle({ shape: "clean", by: "server" }, trailers);
          clearTimeout(timer);
          timer = setTimeout(() => settle({ shape: "clean", by: "server" }, trailers), RESET_AFTER_END_MS);
          ended = trailers;
        },
        lost: ({ code, goaway, detail }) =>
          settle({ shape: code === undefined ? "truncated" : "error", by: "server", code: code ?? goaway, detail }, []),
        drain: () => undefined,
        released: (code) => {
          if (ended !== undefined)
            settle(code === 0 ? { shape: "clean", by: "server" } : { shape: "error", by: "server", code }, ended);
        },
      },
    );
    const leave = (why: string): void => {
      side.abort(undefined);
      settle({ ...options.cut, detail: `left after ${why}` }, []);
    };
    function listen(): void {
      clearTimeout(timer);
      timer = setTimeout(() => leave(`${options.silenceMs} ms of silence`), options.silenceMs);
    }
    if (options.limitMs !== undefined) limit = setTimeout(() => leave(`${options.limitMs} ms`), options.limitMs);
    listen();
    side.send(request.body);
    if (request.ended && hasBody) side.end([]);
  });
}
