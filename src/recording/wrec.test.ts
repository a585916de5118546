import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesFromBase64 } from "../base/base64.ts";
import { createLineReader, type WrecLine } from "./wrec.ts";

function read(line: object | string): WrecLine | undefined {
  return createLineReader().read(Buffer.from(typeof line === "string" ? line : JSON.stringify(line)));
}

const HEAD = {
  wrec: 1,
  session: "s",
  twin: "t",
  baseUrl: "http://a",
  startedAt: "2026-11-22T10:00:00.000001Z",
  tags: ["x"],
  tool: "wraith 1",
  scrub: { key: "k" },
};
const OPEN = {
  protocol: "http",
  httpVersion: "1.1",
  conn: 2,
  stream: null,
  method: "POST",
  path: "/p",
  query: "q=1",
  headers: [["A", ""]],
};

describe("a line", () => {
  it("is one of the kinds of the format", () => {
    const { wrec: _, ...head } = HEAD;
    const { conn, stream, ...request } = OPEN;
    expect(read(HEAD)).toEqual({ kind: "session", head });
    expect(read({ x: 0, atUs: 1, open: OPEN })).toEqual({
      kind: "open",
      x: 0,
      atUs: 1,
      conn,
      stream,
      request,
      coding: undefined,
    });
    expect(read({ x: 0, atUs: 1, open: { ...OPEN, stream: 5, coding: "gzip" } })).toMatchObject({
      stream: 5,
      coding: "gzip",
    });
    expect(read({ x: 0, atUs: 1, dir: "client", text: "ü" })).toEqual({
      kind: "body",
      x: 0,
      atUs: 1,
      dir: "client",
      bytes: new TextEncoder().encode("ü"),
    });
    expect(read({ x: 0, atUs: 1, dir: "server", b64: "/wA=" })).toEqual({
      kind: "body",
      x: 0,
      atUs: 1,
      dir: "server",
      bytes: Uint8Array.of(255, 0),
    });
    expect(read({ x: 0, atUs: 1, dir: "client", end: true })).toEqual({
      kind: "body-end",
      x: 0,
      atUs: 1,
      dir: "client",
    });
    expect(read({ x: 0, atUs: 1, dir: "server", trailers: [] })).toEqual({
      kind: "trailers",
      x: 0,
      atUs: 1,
      dir: "server",
      trailers: [],
    });
    expect(read({ x: 0, atUs: 1, informational: { status: 103, headers: [["l", "x"]] } })).toEqual({
      kind: "informational",
      x: 0,
      atUs: 1,
      status: 103,
      headers: [["l", "x"]],
    });
    expect(read({ x: 0, atUs: 1, head: { status: 200, headers: [], coding: "br" } })).toEqual({
      kind: "head",
      x: 0,
      atUs: 1,
      response: { status: 200, headers: [], coding: "br" },
    });
    expect(
      read({
        x: 0,
        atUs: 1,
        close: { shape: "error", by: "server", code: 8, detail: "d" },
        scrubbed: ["r"],
        unscrubbed: true,
        undecoded: ["server", "nobody"],
      }),
    ).toEqual({
      kind: "close",
      x: 0,
      atUs: 1,
      close: { shape: "error", by: "server", code: 8, detail: "d" },
      scrubbed: ["r"],
      unscrubbed: true,
      undecoded: ["server"],
    });
    expect(read({ x: 0, atUs: 1, close: { shape: "clean", by: "client" } })).toEqual({
      kind: "close",
      x: 0,
      atUs: 1,
      close: { shape: "clean", by: "client" },
      scrubbed: [],
      unscrubbed: false,
      undecoded: [],
    });
    expect(read({ atUs: 9, ended: { exchanges: 1 } })).toEqual({ kind: "ended", atUs: 9 });
    expect(read("  ")).toBeUndefined();
  });

  it("may have keys and be of kinds that nobody knows yet", () => {
    expect(read({ x: 0, atUs: 1, dir: "server", text: "a", more: 1 })).toMatchObject({ kind: "body" });
    expect(read({ x: 0, atUs: 1, paused: true })).toEqual({ kind: "unknown" });
    expect(read({ x: 0, atUs: 1, dir: "server", paused: true })).toEqual({ kind: "unknown" });
    expect(read({ x: 0, atUs: 1, open: { ...OPEN, protocol: "ws" } })).toMatchObject({
      kind: "open",
      request: { protocol: "ws" },
    });
  });

  it.each([
    ['{"x":0,"atUs":1,"dir":"ser', "not JSON, torn perhaps"],
    ["[1]", "not a JSON object"],
    ['{"x":0,"atUs":-1,"dir":"server","text":"a"}', "atUs is not a whole number of microseconds"],
    ['{"x":0.5,"atUs":1,"dir":"server","text":"a"}', "x is not the number of an exchange"],
    ['{"x":0,"atUs":1,"dir":"up","text":"a"}', "dir is neither client nor server"],
    ['{"x":0,"atUs":1,"dir":"server","text":1}', "text is not text"],
    ['{"x":0,"atUs":1,"dir":"server","b64":"a"}', "b64 is not base64"],
    ['{"x":0,"atUs":1,"dir":"server","trailers":[["a"]]}', "trailers is not a list of pairs of text"],
    ['{"x":0,"atUs":1,"open":{}}', "open.protocol is not text"],
    ['{"x":0,"atUs":1,"head":{"status":"200","headers":[]}}', "head.status is not a number"],
    ['{"x":0,"atUs":1,"head":{"status":200}}', "head.headers is not a list of pairs of text"],
    ['{"x":0,"atUs":1,"close":{"shape":"odd","by":"server"}}', "close.shape is not known"],
    ['{"x":0,"atUs":1,"close":{"shape":"clean","by":"me"}}', "close.by is not known"],
    ['{"wrec":2,"session":"s"}', "version 2 of the format is not known here, only 1"],
    ['{"wrec":1,"session":"s","startedAt":"yesterday"}', "startedAt is not a time"],
  ])("that cannot be read says why: %s", (line, reason) => {
    expect(read(line)).toEqual({ kind: "bad", reason });
  });

  it("of bytes that are not UTF-8 cannot be read, however it is spelled", () => {
    for (const text of [
      '{"x":0,"atUs":1,"dir":"server","text":"a\u00ff"}',
      '{ "x":0,"atUs":1,"dir":"server","text":"a\u00ff"}',
    ])
      expect(createLineReader().read(Buffer.from(text, "latin1"))).toEqual({
        kind: "bad",
        reason: "not UTF-8, torn perhaps",
      });
  });
});

describe("pieces of bodies", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({
      unit: fc.constantFrom('"', "\\", "\n", "\r", "\t", "\u0000", "\u001f", "/", "}", '"}', "ü", "🙂", "a"),
    }),
  );

  it("are the same bytes in every spelling of their line, side by side with others", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ text, x: fc.nat(), atUs: fc.maxSafeNat(), dir: fc.constantFrom("client", "server") })),
        (all) => {
          const reader = createLineReader();
          const lines = all.flatMap((one) => [
            JSON.stringify({ x: one.x, atUs: one.atUs, dir: one.dir, text: one.text }),
            JSON.stringify({ text: one.text, dir: one.dir, atUs: one.atUs, x: one.x }),
            JSON.stringify({ x: one.x, atUs: one.atUs, dir: one.dir, b64: Buffer.from(one.text).toString("base64") }),
          ]);
          const got = lines.map((line) => reader.read(Buffer.from(line)));
          got.forEach((line, i) => {
            const { text, ...rest } = all[Math.floor(i / 3)]!;
            expect(line).toEqual({ kind: "body", ...rest, bytes: new TextEncoder().encode(text) });
          });
        },
      ),
    );
  });

  it("longer than a block are whole", () => {
    const long = "ab\n€".repeat(200_000);
    const line = read({ x: 0, atUs: 1, dir: "server", text: long });
    expect(line?.kind === "body" && Buffer.from(line.bytes).toString()).toBe(long);
  });

  it("a line that ends within its text is no piece of a body", () => {
    const whole = JSON.stringify({ x: 0, atUs: 1, dir: "server", text: 'a"}\\"}' });
    for (let end = 1; end < whole.length; end++) expect(read(whole.slice(0, end))).toMatchObject({ kind: "bad" });
  });
});

it("base64 is read as Buffer writes it, and nothing else is", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(bytesFromBase64(Buffer.from(bytes).toString("base64"))).toEqual(bytes);
    }),
  );
  for (const text of ["a", "ab=", "a===", "ab=c", "a b=", "é==="]) expect(bytesFromBase64(text)).toBeUndefined();
});
