import { request } from "node:http";
import { Duplex } from "node:stream";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import type { HeaderList } from "../base/http.ts";
import { createHttp1ResponseReader } from "./http1-response.ts";

interface Outcome {
  readonly informational: (readonly [number, string, HeaderList])[];
  head: readonly [number, string, HeaderList] | undefined;
  persistent: boolean;
  body: string;
  trailers: HeaderList | undefined;
  surplus: boolean;
  wrong: string | undefined;
}

/** What the reader makes of an answer that comes in these pieces, and then ends. */
function read(pieces: readonly Buffer[], method = "GET"): Outcome {
  const out: Outcome = {
    informational: [],
    head: undefined,
    persistent: false,
    body: "",
    trailers: undefined,
    surplus: false,
    wrong: undefined,
  };
  const reader = createHttp1ResponseReader(method, {
    informational: (...all) => void out.informational.push(all),
    head: ({ status, reason, headers, persistent }) => {
      out.head = [status, reason, headers];
      out.persistent = persistent;
    },
    data: (bytes) => (out.body += bytes.toString("latin1")),
    end: (trailers, surplus) => {
      out.trailers = trailers;
      out.surplus = surplus;
    },
  });
  for (const piece of pieces) {
    out.wrong = reader.push(piece);
    if (out.wrong !== undefined) return out;
  }
  expect(reader.close()).toBe(out.trailers !== undefined);
  return out;
}
const readText = (text: string, method?: string) => read([Buffer.from(text, "latin1")], method);

/** The same by Node. */
async function readByNode(bytes: Buffer, method: string) {
  const pairs = (raw: readonly string[]): HeaderList =>
    raw.flatMap((name, i): HeaderList => (i % 2 === 0 ? [[name, raw[i + 1]!]] : []));
  const out = {
    informational: [] as (readonly [number, string, HeaderList])[],
    head: undefined as readonly [number, string, HeaderList] | undefined,
    body: "",
    trailers: undefined as HeaderList | undefined,
  };
  const socket = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(),
  });
  await new Promise<void>((resolve) => {
    const asked = request({ method, createConnection: () => socket, maxHeaderSize: 256 * 1024 }, (incoming) => {
      out.head = [incoming.statusCode!, incoming.statusMessage!, pairs(incoming.rawHeaders)];
      incoming.on("data", (piece: Buffer) => (out.body += piece.toString("latin1")));
      incoming.on("end", () => {
        if (incoming.complete) out.trailers = pairs(incoming.rawTrailers);
      });
      incoming.on("error", () => undefined);
    });
    asked.on("information", (i) => out.informational.push([i.statusCode, i.statusMessage, pairs(i.rawHeaders)]));
    asked.on("error", () => undefined);
    asked.on("close", () => setImmediate(resolve));
    asked.end();
    setImmediate(() => {
      socket.push(bytes);
      socket.push(null);
    });
  });
  return out;
}

const token = fc.stringMatching(/^[A-Za-z!#$%&'*+.^_`|~-]{1,12}$/);
const value = fc.stringMatching(/^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]{0,20}[!-~\x80-\xff])?)?$/);
const headers = fc
  .array(
    fc.tuple(
      fc.constant("X-").chain((x) => token.map((t) => x + t)),
      value,
      fc.constantFrom("", " ", "\t "),
    ),
  )
  .map((list) => list.map(([n, v, space]) => `${n}:${space}${v}${space}\r\n`).join(""));
const reason = fc.constantFrom("", " ", " OK", " Quite  Fine\xe9");
const piece = fc.string({
  unit: fc.constantFrom("a", "\r", "\n", "0", "\0", "\xff", ":"),
  minLength: 1,
  maxLength: 20,
});
const body = fc.oneof(
  fc.array(fc.tuple(piece, fc.constantFrom("", ";a", ';a="b c"'))).chain((chunks) =>
    headers.map((trailers) => ({
      framing: "Transfer-Encoding: chunked\r\n",
      text: `${chunks.map(([c, ext]) => `${c.length.toString(16)}${ext}\r\n${c}\r\n`).join("")}0\r\n${trailers}\r\n`,
    })),
  ),
  piece.map((text) => ({ framing: `content-length: ${text.length}\r\n`, text })),
  fc.constant({ framing: "Content-Length: 0\r\n", text: "" }),
  piece.map((text) => ({ framing: "", text })),
);
/** Well-formed answers. */
const answer = fc
  .record({
    informational: fc.array(fc.tuple(fc.constantFrom(100, 103, 199), headers), { maxLength: 2 }),
    version: fc.constantFrom("1.1", "1.1", "1.0"),
    status: fc.constantFrom(200, 200, 200, 204, 304, 404, 599),
    reason,
    headers,
    more: headers,
    body,
  })
  .map(({ informational, version, status, reason, headers, more, body }) => {
    const before = informational.map(([code, list]) => `HTTP/1.1 ${code} Wait\r\n${list}\r\n`).join("");
    return `${before}HTTP/${version} ${status}${reason}\r\n${headers}${body.framing}${more}\r\n${body.text}`;
  });
const method = fc.constantFrom("GET", "GET", "POST", "HEAD");
/** What is put into answers to spoil them. */
const spoil = fc.oneof(
  fc.constantFrom("\r", "\n", "\r\n", "\r\n ", " ", "\t", ":", ";", ",", "0", "\0", "\x7f", "a", "-", "\xa0"),
  fc.constantFrom("Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "transfer-encoding: gzip, chunked\r\n"),
  fc.constant("HTTP/1.1 200 OK\r\n"),
);
/** The pieces of a text that is cut in these parts of it. */
function cut(text: string, parts: readonly number[]): Buffer[] {
  const at = [...parts.map((p) => Math.floor(p * text.length)), 0, text.length].sort((a, b) => a - b);
  return at.slice(1).flatMap((end, i) => (end > at[i]! ? [Buffer.from(text.slice(at[i], end), "latin1")] : []));
}
const parts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

property.prop([answer, method])("reads what Node reads", async (text, method) => {
  const ours = readText(text, method);
  const { informational, head, body, trailers } = ours;
  expect(ours.wrong).toBeUndefined();
  expect({ informational, head, body, trailers }).toEqual(await readByNode(Buffer.from(text, "latin1"), method));
  expect(trailers).toBeDefined();
});

property.prop([answer, method, fc.array(fc.tuple(fc.nat(), fc.nat(3), spoil), { minLength: 1, maxLength: 3 })], {
  numRuns: 1000,
})("spoiled answers: what it takes, Node takes in the same way", async (whole, method, spoils) => {
  let text = whole;
  for (const [at, removed, inserted] of spoils) {
    const place = at % (text.length + 1);
    text = text.slice(0, place) + inserted + text.slice(place + removed);
  }
  const ours = readText(text, method);
  if (ours.wrong !== undefined || ours.head === undefined) return;
  // White space behind a value is no part of it (RFC 9112, 5.1); Node refuses tabs behind a length.
  if (/content-length:[ \t]*\d+[ \t]*\t/i.test(text)) return;
  const { informational, head, body, trailers } = ours;
  const theirs = await readByNode(Buffer.from(text, "latin1"), method);
  // Node keeps back the body that came in one piece with what is wrong behind it.
  expect({ informational, head, trailers }).toEqual({
    informational: theirs.informational,
    head: theirs.head,
    trailers: theirs.trailers,
  });
  if (trailers !== undefined) expect(body).toBe(theirs.body);
});

property.prop([answer, method, fc.option(fc.tuple(fc.nat(), spoil)), parts])(
  "where the bytes are cut makes no difference",
  (whole, method, spoiled, parts) => {
    const place = (spoiled?.[0] ?? 0) % (whole.length + 1);
    const text = whole.slice(0, place) + (spoiled?.[1] ?? "") + whole.slice(place);
    const { surplus: _atOnce, ...atOnce } = readText(text, method);
    // What comes behind the end in a later read is for the owner of the connection to see.
    const { surplus: _cut, ...inParts } = read(cut(text, parts), method);
    const { surplus: _bytes, ...byBytes } = read(
      cut(
        text,
        Array.from({ length: text.length }, (_, i) => (i + 0.5) / text.length),
      ),
      method,
    );
    expect(inParts).toEqual(atOnce);
    expect(byBytes).toEqual(atOnce);
  },
);

test("many spaces cost no more than their length", () => {
  expect(readText(`HTTP/1.1 200 OK\r\nX:${" ".repeat(250_000)}\0\r\n\r\n`).wrong).toBe(
    "Parse Error: Invalid header line",
  );
});

describe("traps", () => {
  const OK = "HTTP/1.1 200 OK\r\n";
  const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
  test.each([
    ["both framings", `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ["both framings, the other way round", `${OK}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nok`],
    ["a length beside another coding", `${OK}Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok`],
    ["two lengths", `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nokk`],
    ["two equal lengths", `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`],
    ["two lengths in one", `${OK}Content-Length: 2, 2\r\n\r\nok`],
    ["a length with a sign", `${OK}Content-Length: +2\r\n\r\nok`],
    ["an empty length", `${OK}Content-Length:\r\n\r\nok`],
    ["a length in hex", `${OK}Content-Length: 0x2\r\n\r\nok`],
    ["a length beyond all numbers", `${OK}Content-Length: 99999999999999999999\r\n\r\nok`],
    ["chunks that are coded once more", `${OK}Transfer-Encoding: chunked, gzip\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ["chunks in chunks", `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ["a folded header", `${OK}A: b\r\n c\r\nContent-Length: 2\r\n\r\nok`],
    ["a folded length", `${OK}Content-Length:\r\n 2\r\n\r\nok`],
    ["a fold in front", `${OK} A: b\r\nContent-Length: 2\r\n\r\nok`],
    ["a bare LF behind a header", `${OK}A: b\nContent-Length: 2\r\n\r\nok`],
    ["bare LFs everywhere", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"],
    ["a bare CR in a header", `${OK}A: b\rContent-Length: 3\r\nContent-Length: 2\r\n\r\nok`],
    ["a bare CR at the end of a header", `${OK}A: b\r\r\nContent-Length: 2\r\n\r\nok`],
    ["a space in front of the colon", `${OK}Content-Length : 2\r\n\r\nok`],
    ["a header without a colon", `${OK}A\r\nContent-Length: 2\r\n\r\nok`],
    ["a header without a name", `${OK}: a\r\nContent-Length: 2\r\n\r\nok`],
    ["a NUL", `${OK}A: b\0\r\nContent-Length: 2\r\n\r\nok`],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a status below all classes", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["an informational answer in HTTP/1.0", "HTTP/1.0 100 Wait\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    [
      "a coding that only looks like chunked, beside a length",
      `${OK}Transfer-Encoding: chunked\xa0\r\nContent-Length: 2\r\n\r\nok`,
    ],
    ["another protocol", "SSH-2.0-x"],
    ["a head without an end", `${OK}A: ${"x".repeat(300_000)}`],
    ["headers without an end", `${OK}${`A: ${"x".repeat(1000)}\r\n`.repeat(300)}`],
    ["a chunk without a size", `${CHUNKED}\r\nok\r\n0\r\n\r\n`],
    ["a chunk size with a sign", `${CHUNKED}-2\r\nok\r\n0\r\n\r\n`],
    ["a chunk size with 0x", `${CHUNKED}0x2\r\nok\r\n0\r\n\r\n`],
    ["a chunk size with a space", `${CHUNKED}2 \r\nok\r\n0\r\n\r\n`],
    ["a chunk size beyond all numbers", `${CHUNKED}fffffffffffffffff\r\nok`],
    ["a chunk size with a bare LF", `${CHUNKED}2\nok\r\n0\r\n\r\n`],
    ["a bare LF in an extension", `${CHUNKED}2;a\nb\r\nok\r\n0\r\n\r\n`],
    ["extensions without an end", `${CHUNKED}2;${"a".repeat(20_000)}`],
    ["a chunk that is longer than it says", `${CHUNKED}2\r\nokk\r\n0\r\n\r\n`],
    ["a chunk that ends with a bare LF", `${CHUNKED}2\r\nok\n0\r\n\r\n`],
    ["a folded trailer", `${CHUNKED}0\r\nA: b\r\n c\r\n\r\n`],
    ["a length in the trailers", `${CHUNKED}0\r\nContent-Length: 5\r\n\r\n`],
    ["trailers without an end", `${CHUNKED}0\r\n${`A: ${"x".repeat(1000)}\r\n`.repeat(300)}`],
  ])("%s", (_, text) => {
    expect(readText(text).wrong).toMatch(/^Parse Error: /);
    expect(read(cut(text, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])).wrong).toBe(readText(text).wrong);
  });
  test.each([
    ["GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"],
    ["GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["HEAD", `${OK}Content-Length: 5\r\n\r\n`],
    ["HEAD", CHUNKED],
    ["HEAD", `${OK}\r\n`],
  ])("%s %j has no body", (method, text) => {
    expect(readText(text, method)).toMatchObject({ body: "", trailers: [], surplus: false, persistent: true });
    expect(readText(`${text}more`, method)).toMatchObject({ body: "", surplus: true });
  });
  test.each([
    [`${OK}Content-Length: 0\r\n\r\n`, true],
    [`${OK}Content-Length: 0\r\nConnection: x, Close\r\n\r\n`, false],
    [`${OK}\r\n`, false],
    ["HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false],
    ["HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", true],
  ])("whether the connection goes on: %j", (text, persistent) => {
    expect(readText(text).persistent).toBe(persistent);
  });
  test("an answer that is cut off is not whole", () => {
    for (const text of ["", "HTTP/1.1 2", OK, `${OK}Content-Length: 3\r\n\r\nok`, `${CHUNKED}2\r\nok\r\n`, CHUNKED])
      expect(readText(text)).toMatchObject({ trailers: undefined, wrong: undefined });
  });
});
