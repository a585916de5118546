import { EventEmitter } from "node:events";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createBodyDecoder } from "../formats/encoding.ts";
import type { BodyDecoder } from "../formats/encoding.ts";
import type { Termination } from "../base/http.ts";
import type { Chunk } from "../recording/exchange.ts";
import type { ExchangeScrubber } from "../recording/scrub.ts";
import { createTap, type TapOptions } from "./tap.ts";

function setUp(options: Partial<TapOptions> & { outcome?: (line: object) => "taken" | "overrun" | "failed" } = {}) {
  const lines: Record<string, unknown>[] = [];
  const queue: (() => void)[] = [];
  const given: string[] = [];
  const unanswered: string[] = [];
  let closed = 0;
  let now = 0;
  const scrubber: ExchangeScrubber = {
    open: (h) => h,
    head: (h) => h,
    push: (_d, c) => [c],
    end: () => [],
    trailers: (t) => t,
    fired: new Set(),
    unscrubbed: () => false,
  };
  const tap = createTap({
    opened: {
      head: {
        protocol: "http",
        httpVersion: "1.1",
        method: "POST",
        path: "/p",
        query: "q",
        headers: [
          ["Host", "a"],
          ["X-Wraith-Session", "s"],
        ],
      },
      session: "s",
      connection: new EventEmitter(),
      stream: null,
    },
    sink: {
      conn: () => 4,
      append: (atMs, line) => {
        const content = typeof line === "function" ? line() : line;
        lines.push({ atMs, ...content });
        return options.outcome?.(content) ?? "taken";
      },
      close: () => closed++,
    },
    scrubber,
    createDecoder: () => undefined,
    nowMs: () => ++now,
    later: (work) => queue.push(work),
    onGivenUp: (reason) => given.push(reason),
    onUnanswered: (detail) => unanswered.push(detail),
    ...options,
  });
  return { tap, lines, given, unanswered, closed: () => closed, run: () => queue.splice(0).forEach((w) => w()) };
}

test("an exchange becomes lines, stamped when heard and written later; wraith's own headers stay out", () => {
  const { tap, lines, run, closed } = setUp();
  tap.clientData(Buffer.from("grüß"));
  tap.clientEnd([["x-sum", "1"]]);
  tap.informational(103, [["link", "x"]]);
  tap.head({ status: 200, reason: "OK", headers: [["A", ""]], last: false });
  tap.data(Buffer.from("data: 1\n\n"));
  tap.data(Buffer.from([0xff, 0x00]));
  tap.data(Buffer.from("\ufffd"));
  tap.data(Buffer.from("\ufeffbom"));
  tap.data(Buffer.alloc(0));
  tap.trailers([["grpc-status", "0"]]);
  tap.close({ shape: "clean", by: "server" });
  tap.data(Buffer.from("late"));
  expect(lines).toEqual([]);
  run();
  expect(lines).toEqual([
    {
      atMs: 1,
      open: {
        protocol: "http",
        httpVersion: "1.1",
        conn: 4,
        stream: null,
        method: "POST",
        path: "/p",
        query: "q",
        headers: [["Host", "a"]],
      },
    },
    { atMs: 2, dir: "client", text: "grüß" },
    { atMs: 3, dir: "client", trailers: [["x-sum", "1"]] },
    { atMs: 3, dir: "client", end: true },
    { atMs: 4, informational: { status: 103, headers: [["link", "x"]] } },
    { atMs: 5, head: { status: 200, headers: [["A", ""]] } },
    { atMs: 6, dir: "server", text: "data: 1\n\n" },
    { atMs: 7, dir: "server", b64: "/wA=" },
    { atMs: 8, dir: "server", text: "\ufffd" },
    { atMs: 9, dir: "server", text: "\ufeffbom" },
    { atMs: 11, dir: "server", trailers: [["grpc-status", "0"]] },
    { atMs: 12, close: { shape: "clean", by: "server" } },
  ]);
  expect(closed()).toBe(1);
});

test("what the scrubber holds back is written before the trailers, with its own time", () => {
  const held: Chunk[] = [];
  const { tap, lines, run } = setUp({
    scrubber: {
      open: (h) => h,
      head: (h) => h,
      trailers: (t) => t,
      fired: new Set(["rule"]),
      unscrubbed: () => true,
      push: (_d, c) => (held.push(c), []),
      end: (d) => (d === "server" ? held.splice(0) : []),
    },
  });
  tap.data(Buffer.from("secret"));
  tap.trailers([]);
  tap.close({ shape: "clean", by: "server" });
  run();
  expect(lines.slice(1)).toEqual([
    { atMs: 2, dir: "server", text: "secret" },
    { atMs: 3, dir: "server", trailers: [] },
    { atMs: 4, close: { shape: "clean", by: "server" }, scrubbed: ["rule"], unscrubbed: true },
  ]);
});

test("a decoder that takes its time keeps the order; what it cannot decode is stored as it is and marked", async () => {
  const decoder: BodyDecoder = {
    push: (bytes) =>
      new Promise((resolve) =>
        setTimeout(() => resolve(bytes[0] === 0 ? undefined : Buffer.from(`<${Buffer.from(bytes).toString()}>`)), 1),
      ),
  };
  const { tap, lines, run, closed } = setUp({ createDecoder: (coding) => (coding === "gzip" ? decoder : undefined) });
  tap.head({ status: 200, reason: "", headers: [["Content-Encoding", "GZIP"]], last: false });
  tap.data(Buffer.from("a"));
  tap.data(Buffer.from("b"));
  run();
  tap.data(Buffer.from([0]));
  tap.data(Buffer.from("c"));
  tap.close({ shape: "clean", by: "server" });
  run();
  while (closed() === 0) await new Promise((r) => setTimeout(r, 1));
  expect(lines.slice(1)).toEqual([
    { atMs: 2, head: { status: 200, headers: [["Content-Encoding", "GZIP"]], coding: "gzip" } },
    { atMs: 3, dir: "server", text: "<a>" },
    { atMs: 4, dir: "server", text: "<b>" },
    { atMs: 5, dir: "server", text: "\u0000" },
    { atMs: 6, dir: "server", text: "c" },
    { atMs: 7, close: { shape: "clean", by: "server" }, unscrubbed: true },
  ]);
});

test.each<[coding: string, pieces: readonly Uint8Array[], stored: string, undecoded: boolean]>([
  ["gzip", [Buffer.from("{plain"), Buffer.from("}")], "{plain}", true],
  // What looks like the coding at first is held until it is sure.
  ["gzip", [Buffer.of(0x1f), Buffer.from("no")], "\u001fno", true],
  ["deflate", [Buffer.from("x"), Buffer.of(0)], "x\u0000", true],
  ["br", [Buffer.of(0x8b)], "\ufffd", true],
  ["zstd", [Buffer.from("(")], "(", true],
  ["gzip", [gzipSync("").subarray(0, 9), gzipSync("").subarray(9)], "", false],
  ["gzip", [gzipSync("whole").subarray(0, 9), gzipSync("whole").subarray(9)], "whole", false],
  ["br", [brotliCompressSync("")], "", false],
  ["gzip", [], "", false],
])(
  "%s that is none is stored as it came, each piece with its time, and the line at the end says so: %j",
  async (coding, pieces, stored, undecoded) => {
    const { tap, lines, run, closed } = setUp({ createDecoder: createBodyDecoder });
    tap.head({ status: 200, reason: "", headers: [["content-encoding", coding]], last: false });
    for (const piece of pieces) tap.data(piece);
    tap.close({ shape: "clean", by: "server" });
    run();
    while (closed() === 0) await new Promise((r) => setTimeout(r, 1));
    const body = lines.filter((line) => line["dir"] === "server");
    const bytes = body.map(({ text, b64 }) =>
      b64 === undefined ? Buffer.from(text as string) : Buffer.from(b64 as string, "base64"),
    );
    expect(Buffer.concat(bytes).toString()).toBe(stored);
    expect(lines.at(-1)).toEqual({
      atMs: 3 + pieces.length,
      close: { shape: "clean", by: "server" },
      ...(undecoded ? { unscrubbed: true, undecoded: ["server"] } : {}),
    });
    if (undecoded) expect(body.map(({ atMs }) => atMs)).toEqual(pieces.map((_, i) => 3 + i));
  },
);

test("a coding that nobody knows is stored as it is and marked", () => {
  const { tap, lines, run } = setUp();
  tap.head({ status: 200, reason: "", headers: [["content-encoding", "odd"]], last: false });
  tap.data(Buffer.from("x"));
  tap.close({ shape: "clean", by: "server" });
  run();
  expect(lines[1]).toEqual({ atMs: 2, head: { status: 200, headers: [["content-encoding", "odd"]] } });
  expect(lines[3]).toMatchObject({ unscrubbed: true });
});

test("an upstream that gave no answer is told; a reset, a cut answer and a client that left are something else", () => {
  const close = (termination: Termination, isAnswered = false): readonly string[] => {
    const { tap, run, unanswered } = setUp();
    if (isAnswered) tap.head({ status: 200, reason: "OK", headers: [], last: false });
    tap.close(termination);
    run();
    return unanswered;
  };
  const refused: Termination = { shape: "error", by: "server", detail: "connect ECONNREFUSED" };
  expect(close(refused)).toEqual(["connect ECONNREFUSED"]);
  expect(close(refused, true)).toEqual([]);
  expect(close({ ...refused, code: 8 })).toEqual([]);
  expect(close({ ...refused, by: "client" })).toEqual([]);
});

test("a disk that is too slow ends the exchange's recording, once and said so", () => {
  const { tap, lines, run, given, closed } = setUp({ outcome: (line) => ("text" in line ? "overrun" : "taken") });
  tap.data(Buffer.from("a"));
  tap.data(Buffer.from("b"));
  run();
  tap.data(Buffer.from("c"));
  tap.close({ shape: "clean", by: "server" });
  run();
  expect(lines.slice(2)).toEqual([{ atMs: 4, close: { shape: "truncated", by: "recorder", detail: "overrun" } }]);
  expect([given, closed()]).toEqual([["overrun"], 1]);
});

test("a disk that cannot be written ends it without a word more", () => {
  const { tap, lines, run, given, closed } = setUp({ outcome: () => "failed" });
  tap.data(Buffer.from("a"));
  tap.close({ shape: "clean", by: "server" });
  run();
  expect([lines.length, given, closed()]).toEqual([1, ["failed"], 1]);
});
