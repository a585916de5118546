import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createSessionReader } from "./assemble.ts";
import type { Session } from "./exchange.ts";

const HEAD = {
  wrec: 1,
  session: "s",
  twin: "t",
  baseUrl: "http://a",
  startedAt: "2026-11-22T10:00:00.000000Z",
  tags: [],
  tool: "wraith 1",
  scrub: {},
};

function opened(x: number, atUs = 0): object {
  return {
    x,
    atUs,
    open: {
      protocol: "http",
      httpVersion: "1.1",
      conn: 1,
      stream: null,
      method: "GET",
      path: `/${x}`,
      query: "",
      headers: [],
    },
  };
}

function readText(text: string, cut: (length: number) => readonly number[] = () => []): Session {
  const reader = createSessionReader({ file: "f.wrec" });
  const bytes = Buffer.from(text);
  let from = 0;
  for (const to of [...cut(bytes.length), bytes.length]) {
    reader.push(bytes.subarray(from, to));
    from = to;
  }
  return reader.end();
}

function readLines(...lines: (object | string)[]): Session {
  return readText([HEAD, ...lines].map((l) => (typeof l === "string" ? l : JSON.stringify(l))).join("\n") + "\n");
}

const texts = (chunks: readonly { bytes: Uint8Array }[]): string[] =>
  chunks.map((c) => Buffer.from(c.bytes).toString());
const CUT = { shape: "truncated", by: "recorder" };

it("puts interleaved exchanges together, in the order in which they were opened", () => {
  const session = readLines(
    opened(1, 5),
    { x: 1, atUs: 6, dir: "client", text: "ask" },
    opened(0, 7),
    { x: 1, atUs: 8, dir: "client", trailers: [["t", "1"]] },
    { x: 1, atUs: 8, dir: "client", end: true },
    { x: 1, atUs: 9, informational: { status: 103, headers: [] } },
    { x: 1, atUs: 10, head: { status: 200, headers: [["a", "b"]] } },
    { x: 0, atUs: 11, dir: "client", end: true },
    { x: 1, atUs: 12, dir: "server", text: "one" },
    {
      x: 0,
      atUs: 13,
      close: { shape: "error", by: "server", detail: "down" },
      unscrubbed: true,
    },
    { x: 1, atUs: 14, dir: "server", b64: "dHdv" },
    { x: 1, atUs: 15, dir: "server", trailers: [["grpc-status", "0"]] },
    { x: 1, atUs: 16, close: { shape: "clean", by: "server" }, scrubbed: ["r"] },
    { atUs: 17, ended: { exchanges: 2 } },
  );
  const { wrec: _, ...head } = HEAD;
  expect(session).toMatchObject({ head, ended: true, badLines: [] });
  const [one, zero] = session.exchanges;
  expect(one).toMatchObject({
    session: "s",
    index: 1,
    conn: 1,
    stream: null,
    openUs: 5,
    requestEndUs: 8,
    requestTrailers: [["t", "1"]],
    informational: [{ atUs: 9, status: 103, headers: [] }],
    headUs: 10,
    response: { status: 200, headers: [["a", "b"]] },
    trailers: [["grpc-status", "0"]],
    trailersUs: 15,
    closeUs: 16,
    close: { shape: "clean", by: "server" },
    scrubbed: ["r"],
    unscrubbed: false,
  });
  expect([texts(one!.requestChunks), texts(one!.chunks), one!.chunks.map((c) => c.atUs)]).toEqual([
    ["ask"],
    ["one", "two"],
    [12, 14],
  ]);
  expect(zero).toMatchObject({ index: 0, close: { shape: "error", by: "server", detail: "down" }, unscrubbed: true });
  expect(zero!.response).toBeUndefined();
});

it("reads the same however the file's bytes are cut, with either line end and without the last one", () => {
  const lines = [
    HEAD,
    opened(0),
    { x: 0, atUs: 2, dir: "server", text: "grüß 🙂\r\n" },
    { x: 0, atUs: 3, close: { shape: "clean", by: "server" } },
    { atUs: 4, ended: {} },
  ].map((l) => JSON.stringify(l));
  const whole = readText(lines.join("\n") + "\n");
  expect(whole.ended).toBe(true);
  fc.assert(
    fc.property(fc.constantFrom("\n", "\r\n", "\n\n"), fc.boolean(), fc.array(fc.nat(700)), (end, last, cuts) => {
      const text = lines.join(end) + (last ? end : "");
      expect(readText(text, (length) => cuts.filter((c) => c <= length).sort((a, b) => a - b))).toEqual(whole);
    }),
  );
});

it("a file that simply stops leaves what was open truncated by the recorder", () => {
  const session = readLines(
    opened(0),
    { x: 0, atUs: 1, head: { status: 200, headers: [] } },
    { x: 0, atUs: 2, dir: "server", text: "a" },
  );
  expect(session).toMatchObject({ ended: false, badLines: [], exchanges: [{ close: CUT }] });
  expect(session.exchanges[0]!.closeUs).toBeUndefined();
  expect(texts(session.exchanges[0]!.chunks)).toEqual(["a"]);
});

it("a torn last line is left out and said", () => {
  const text = [HEAD, opened(0), { x: 0, atUs: 2, dir: "server", text: "a" }].map((l) => JSON.stringify(l)).join("\n");
  const session = readText(text.slice(0, -3));
  expect(session.badLines).toEqual([{ line: 3, reason: "not JSON, torn perhaps" }]);
  expect(session.exchanges).toMatchObject([{ close: CUT, chunks: [] }]);
});

it("a broken line ends what was open; what was opened after it is whole", () => {
  const session = readLines(
    opened(0),
    opened(1),
    { x: 0, atUs: 2, close: { shape: "clean", by: "server" } },
    '{"x":1,"atUs":3,"di',
    opened(2),
    { x: 1, atUs: 4, dir: "server", text: "late" },
    { x: 1, atUs: 5, dir: "server", text: "later" },
    { x: 2, atUs: 6, close: { shape: "clean", by: "server" } },
    { atUs: 7, ended: { exchanges: 3 } },
  );
  expect(session.exchanges.map((e) => e.close.by)).toEqual(["server", "recorder", "server"]);
  expect(session.exchanges[1]!.chunks).toEqual([]);
  expect(session.ended).toBe(true);
  expect(session.badLines).toEqual([
    { line: 5, reason: "not JSON, torn perhaps" },
    { line: 7, reason: "exchange 1 has ended already; this line and those that follow of it are left out" },
  ]);
});

it("a line of no exchange, or a second beginning of one, is left out and harms no other", () => {
  const session = readLines(opened(0), { x: 7, atUs: 1, dir: "server", text: "a" }, opened(0, 9), {
    x: 0,
    atUs: 2,
    close: { shape: "clean", by: "server" },
  });
  expect(session.exchanges).toMatchObject([{ openUs: 0, close: { shape: "clean" } }]);
  expect(session.badLines.map((b) => b.line)).toEqual([3, 4]);
});

it("a session that went on after its last line has not ended", () => {
  const more = [
    opened(0),
    { x: 0, atUs: 1, close: { shape: "clean", by: "server" } },
    { atUs: 2, ended: { exchanges: 1 } },
    opened(1),
  ];
  expect(readLines(...more)).toMatchObject({
    ended: false,
    exchanges: [{ close: { shape: "clean" } }, { close: CUT }],
  });
  expect(readLines(...more, { atUs: 3, ended: { exchanges: 2 } }).ended).toBe(true);
  expect(readLines({ atUs: 2, ended: {} }, { x: 0, atUs: 3, later: 1 }).ended).toBe(true);
});

it.each([
  ["", "the file is empty"],
  ["\n", "it is empty"],
  ["{}\n", "atUs is not a whole number of microseconds"],
  [JSON.stringify(opened(0)), "it has no wrec"],
  ["not json", "not JSON"],
])("a file whose first line is no head of a session is refused: %j", (text, reason) => {
  let error: unknown;
  try {
    readText(text);
  } catch (e) {
    error = e;
  }
  expect(error).toMatchObject({ code: "RECORDING_INVALID", place: { file: "f.wrec", line: 1 } });
  expect((error as Error).message).toContain(reason);
});

it("the session's name comes from its file where that is given", () => {
  const reader = createSessionReader({ file: "f.wrec", session: "copy" });
  reader.push(Buffer.from([HEAD, opened(0)].map((l) => JSON.stringify(l)).join("\n")));
  expect(reader.end()).toMatchObject({ head: { session: "copy" }, exchanges: [{ session: "copy" }] });
});

it("gives exchanges away as soon as they and all that began before them are over, and the same as a session has", () => {
  const lines = [
    HEAD,
    opened(0, 1),
    opened(1, 2),
    { x: 1, atUs: 3, dir: "server", text: "b" },
    { x: 1, atUs: 4, close: { shape: "clean", by: "server" } },
    { x: 0, atUs: 5, dir: "server", text: "a" },
    { x: 0, atUs: 6, close: { shape: "clean", by: "server" } },
    { x: 0, atUs: 7, dir: "server", text: "late" },
    opened(1, 8),
    opened(2, 8),
    "torn",
    opened(3, 9),
    { x: 3, atUs: 10, dir: "server", text: "d" },
  ].map((l) => (typeof l === "string" ? l : JSON.stringify(l)));
  const given: { after: number; exchange: Session["exchanges"][number] }[] = [];
  const whole = createSessionReader({ file: "f.wrec" });
  let after = 0;
  const parts = createSessionReader({
    file: "f.wrec",
    onExchange: (exchange, head) => {
      expect(head.session).toBe("s");
      given.push({ after, exchange });
    },
  });
  for (const line of lines) {
    after++;
    for (const reader of [whole, parts]) reader.push(Buffer.from(`${line}\n`));
  }
  const session = whole.end();
  expect(parts.end()).toEqual({ ...session, exchanges: [] });
  expect(given.map((g) => g.exchange)).toEqual(session.exchanges);
  expect(given.map((g) => g.after)).toEqual([7, 7, 11, 13]);
});

it("a body of which nothing was of the coding that its head names is as sent", () => {
  const coded = (undecoded: readonly string[] | undefined) =>
    readLines(
      { ...opened(0, 1), open: { ...(opened(0) as { open: object }).open, coding: "br" } },
      { x: 0, atUs: 2, head: { status: 200, headers: [["content-encoding", "gzip"]], coding: "gzip" } },
      { x: 0, atUs: 3, close: { shape: "clean", by: "server" }, undecoded },
    ).exchanges[0]!;
  const headers = [["content-encoding", "gzip"]];
  expect(coded(undefined)).toMatchObject({ requestCoding: "br", response: { coding: "gzip" } });
  expect(coded(["server"]).response).toEqual({ status: 200, headers });
  expect(coded(["server"]).requestCoding).toBe("br");
  expect(coded(["client"]).response).toEqual({ status: 200, headers, coding: "gzip" });
  expect(coded(["client"]).requestCoding).toBeUndefined();
});
