import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bytesOf, formats, headOf } from "../../test/support/chat-model.ts";
import type { RequestHead } from "../base/http.ts";
import type { Formats } from "../formats/format.ts";
import { createFormats } from "../formats/index.ts";
import type { Exchange, Session } from "../recording/exchange.ts";
import type { ResponsePlan } from "./plan.ts";
import { createStrictTwin } from "./strict.ts";
import type { Twin } from "./twin.ts";

const HI = '{"model":"m","n":1}';

function exchangeOf(session: string, index: number, more: Partial<Exchange> = {}): Exchange {
  return {
    session,
    index,
    conn: 0,
    stream: null,
    openUs: index * 1000,
    request: headOf("POST", "/v1/chat"),
    requestChunks: [{ atUs: index * 1000 + 100, bytes: bytesOf(HI) }],
    requestEndUs: index * 1000 + 110,
    informational: [],
    headUs: index * 1000 + 500,
    response: {
      status: 200,
      headers: [
        ["Content-Type", "text/event-stream"],
        ["Connection", "keep-alive"],
      ],
    },
    chunks: [
      { atUs: index * 1000 + 600, bytes: bytesOf(`data: ${session}`) },
      { atUs: index * 1000 + 700, bytes: bytesOf(`/${index}\n\nda`) },
      { atUs: index * 1000 + 800, bytes: bytesOf("ta: x\n\n") },
    ],
    closeUs: index * 1000 + 900,
    close: { shape: "clean", by: "server" },
    scrubbed: [],
    unscrubbed: false,
    ...more,
  };
}

function sessionOf(name: string, startedAt: string, ...exchanges: readonly Exchange[]): Session {
  const head = { session: name, twin: "t", baseUrl: "http://x", startedAt, tags: [], tool: "wraith", scrub: {} };
  return { head, exchanges, ended: true, badLines: [] };
}

const early = sessionOf("b", "2025-11-25T00:00:00.000000Z", exchangeOf("b", 0), exchangeOf("b", 1));
const late = sessionOf("a", "2025-11-26T00:00:00.000000Z", exchangeOf("a", 0));
const twinOf = (sessions: readonly Session[], used: Formats = formats): Twin => createStrictTwin(sessions, used);
const ask = (twin: Twin, body = HI, more: object = {}): ResponsePlan =>
  twin.respond({ head: headOf("POST", "/v1/chat"), body: bytesOf(body), session: "", ...more });

describe("the strict twin", () => {
  test("replays the chunks of an equal request, split points and times included", () => {
    const plan = ask(twinOf([early]), '{"n":1.0, "model":"m"}');
    expect(plan).toMatchObject({ provenance: "recorded", exchange: "b/0", route: "POST /v1/chat", format: "sse" });
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    expect(plan.steps.map((s) => (s.kind === "event" ? [s.atUs, text(s.bytes)] : s))).toEqual([
      { kind: "head", atUs: 390, status: 200, headers: [["Content-Type", "text/event-stream"]] },
      [490, "data: b"],
      [590, "/0\n\nda"],
      [690, "ta: x\n\n"],
      { kind: "end", atUs: 790 },
    ]);
  });

  test("takes answers in recorded order over all sessions, cycling by session, and gives the same plan again", () => {
    const twin = twinOf([late, early]);
    const row = [ask(twin), ask(twin), ask(twin), ask(twin)];
    expect(row.map((p) => p.exchange)).toEqual(["b/0", "b/1", "a/0", "b/0"]);
    expect(row[3]).toBe(row[0]);
    const atOnce = [sessionOf("z", early.head.startedAt, exchangeOf("z", 0)), early];
    const other = twinOf(atOnce);
    expect([ask(other), ask(other), ask(other)].map((p) => p.exchange)).toEqual(["b/0", "z/0", "b/1"]);
    expect(ask(twin, HI, { session: "other" }).exchange).toBe("b/0");
    expect(ask(twin, HI, { take: "a/0" }).exchange).toBe("a/0");
    twin.reset();
    expect(ask(twin).exchange).toBe("b/0");
  });

  test("knows nothing else", () => {
    const twin = twinOf([early]);
    for (const plan of [
      ask(twin, '{"model":"m","n":2}'),
      ask(twin, HI, { head: headOf("POST", "/v1/chats") }),
      ask(twin, HI, { take: "x/9" }),
    ])
      expect(plan).toMatchObject({ provenance: "miss", steps: [{ status: 501 }, {}, {}] });
    expect(
      twinOf([sessionOf("c", "2025-11-25T00:00:00Z", exchangeOf("c", 0, { response: undefined }))]).waitsForMessage(
        headOf("POST", "/x"),
      ),
    ).toBe(false);
  });

  test("messages in a coding that the client does not accept go out in none, each with the chunk that completed it", () => {
    const used = createFormats({ protoFiles: [], descriptorSets: [], maxMessageBytes: 1 << 20 });
    const request: RequestHead = {
      ...headOf("POST", "/p.S/Do", [["content-type", "application/grpc"]]),
      protocol: "grpc",
      httpVersion: "2",
    };
    const accepting = (codings: string): RequestHead => ({
      ...request,
      headers: [...request.headers, ["grpc-accept-encoding", codings]],
    });
    const response = {
      status: 200,
      headers: [
        ["content-type", "application/grpc"],
        ["grpc-encoding", "gzip"],
      ],
    } as const;
    const frameOf = (message: Uint8Array, flag: number): Buffer =>
      Buffer.concat([Buffer.from([flag, 0, 0, 0, message.length]), message]);
    const [a, b, c] = ["first", "second", "third"].map((text) =>
      bytesOf(`\n${String.fromCharCode(text.length)}${text}`),
    );
    const sent = Buffer.concat([
      frameOf(gzipSync(a!), 1),
      frameOf(b!, 0),
      frameOf(gzipSync(c!), 1),
      Buffer.from([1, 0]),
    ]);
    const cuts = [0, 3, 9, sent.length - 8, sent.length];
    const chunks = cuts.slice(1).map((to, i) => ({ atUs: 600 + i, bytes: sent.subarray(cuts[i], to) }));
    const exchange = exchangeOf("g", 0, {
      request,
      requestChunks: [],
      response,
      chunks,
      trailers: [["grpc-status", "0"]],
    });
    const twin = twinOf([sessionOf("g", "2025-11-25T00:00:00Z", exchange)], used);
    const plan = (head: RequestHead): ResponsePlan => twin.respond({ head, body: new Uint8Array(0), session: "" });
    const events = (p: ResponsePlan) => p.steps.flatMap((s) => (s.kind === "event" ? [s] : []));
    const recorded = plan(accepting("identity,gzip"));
    expect(events(recorded).map((s) => Buffer.from(s.bytes))).toEqual(chunks.map((x) => x.bytes));
    expect(recorded.steps[0]).toMatchObject({ headers: response.headers });

    const plain = plan(accepting("identity"));
    expect(plain.steps[0]).toMatchObject({ kind: "head", headers: [["content-type", "application/grpc"]] });
    expect(plain).toMatchObject({ provenance: "recorded", exchange: "g/0" });
    const [two, last] = [
      Buffer.concat([frameOf(a!, 0), frameOf(b!, 0)]),
      Buffer.concat([frameOf(c!, 0), Buffer.from([1, 0])]),
    ];
    expect(events(plain).map((s) => Buffer.from(s.bytes))).toEqual([two, last]);
    expect(events(plain).map((s) => s.atUs)).toEqual(
      events(recorded)
        .slice(2)
        .map((s) => s.atUs),
    );
    expect(plain.steps.slice(-2)).toEqual(recorded.steps.slice(-2));
    expect(plan(request)).toBe(plain);
    expect(plan(accepting("gzip"))).toBe(recorded);
  });

  test("keeps trailers, codings and ends", () => {
    const cut = exchangeOf("c", 0, {
      response: { status: 200, headers: [], coding: "gzip" },
      trailers: [["x-sum", "1"]],
      trailersUs: 850,
      close: { shape: "error", by: "server", code: 8 },
    });
    const plan = ask(twinOf([sessionOf("c", "2025-11-25T00:00:00Z", cut)]));
    expect(plan.coding).toBe("gzip");
    expect(plan.steps.slice(-2)).toEqual([
      { kind: "trailers", atUs: 740, trailers: [["x-sum", "1"]] },
      { kind: "reset", atUs: 790, code: 8 },
    ]);
    const left = exchangeOf("c", 0, { close: { shape: "truncated", by: "client" }, closeUs: undefined });
    expect(ask(twinOf([sessionOf("c", "2025-11-25T00:00:00Z", left)])).steps.at(-1)).toEqual({
      kind: "hold",
      atUs: 690,
    });
  });
});
