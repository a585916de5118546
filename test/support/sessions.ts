import type { HeaderList, Termination } from "../../src/base/http.ts";
import type { Exchange, Session } from "../../src/recording/exchange.ts";

/** An exchange written down by hand; times are chosen. */
export interface WrittenExchange {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly requestHeaders?: HeaderList;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly status?: number;
  readonly headers?: HeaderList;
  /** Chunks of the answer's body, 10 ms apart; absent: no answer came. */
  readonly chunks?: readonly (string | Uint8Array)[];
  readonly trailers?: HeaderList;
  readonly close?: Termination;
}

/** When hand-made sessions began: 2026-11-22T10:00:00Z. */
export const SESSION_MS = Date.UTC(2026, 10, 22, 10);

const encoder = new TextEncoder();
const bytesOf = (data: string | Uint8Array): Uint8Array => (typeof data === "string" ? encoder.encode(data) : data);

/** A session of exchanges that follow each other, a second apart. */
export function sessionOf(session: string, written: readonly WrittenExchange[], startedMs = SESSION_MS): Session {
  const exchanges = written.map((w, index): Exchange => {
    const openUs = index * 1_000_000;
    const chunks = w.chunks?.map((data, i) => ({ atUs: openUs + 20_000 + i * 10_000, bytes: bytesOf(data) })) ?? [];
    return {
      session,
      index,
      conn: index,
      stream: null,
      openUs,
      request: {
        protocol: "http",
        httpVersion: "1.1",
        method: w.method ?? "POST",
        path: w.path ?? "/v1/x",
        query: w.query ?? "",
        headers: w.requestHeaders ?? [["content-type", "application/json"]],
      },
      requestChunks: w.body === undefined ? [] : [{ atUs: openUs + 100, bytes: bytesOf(JSON.stringify(w.body)) }],
      requestEndUs: openUs + 200,
      informational: [],
      ...(w.chunks === undefined
        ? {}
        : { headUs: openUs + 10_000, response: { status: w.status ?? 200, headers: w.headers ?? STREAM } }),
      chunks,
      ...(w.trailers === undefined ? {} : { trailers: w.trailers }),
      closeUs: (chunks.at(-1)?.atUs ?? openUs) + 1000,
      close: w.close ?? { shape: "clean", by: "server" },
      scrubbed: [],
      unscrubbed: false,
    };
  });
  const startedAt = new Date(startedMs).toISOString().replace("Z", "000Z");
  const head = { session, twin: "t", baseUrl: "http://127.0.0.1:9", startedAt, tags: [], tool: "test", scrub: {} };
  return { head, exchanges, ended: true, badLines: [] };
}

export const STREAM: HeaderList = [["Content-Type", "text/event-stream"]];
export const JSON_BODY: HeaderList = [["Content-Type", "application/json"]];

/** `data: {...}` events. */
export function dataEvents(...values: readonly unknown[]): readonly string[] {
  return values.map((value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`);
}
