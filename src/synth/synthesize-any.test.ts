import * as fc from "fast-check";
import { it } from "vitest";
import { createFormats } from "../formats/index.ts";
import { expectExact } from "../../test/support/exact.ts";
import { JSON_BODY, sessionOf, STREAM, type WrittenExchange } from "../../test/support/sessions.ts";
import { synthesize, type Synthesis } from "./synthesize.ts";

const formats = createFormats({ protoFiles: [], descriptorSets: [], maxMessageBytes: 10 * 1024 * 1024 });

function learn(written: readonly WrittenExchange[]): Synthesis {
  return synthesize("t", [sessionOf("s", written)], formats, { fields: {} });
}

it("takes of streams with any content are performed byte by byte", () => {
  const scalar = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constant("2026-11-22T10:00:01Z"),
  );
  const json = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("id", "type", "a", "b c", "$x", "é"), scalar, { maxKeys: 4 }),
  );
  const spelled = fc
    .tuple(json, fc.constantFrom("compact", "spaced", "indented"))
    .map(([value, style]) =>
      style === "compact"
        ? JSON.stringify(value)
        : style === "indented"
          ? JSON.stringify(value, null, 2).replaceAll("\n", "\ndata: ")
          : JSON.stringify(value).replaceAll(/,(?=")/g, ", "),
    );
  const payload = fc.oneof(
    { weight: 4, arbitrary: spelled },
    fc.constantFrom(
      "1.0",
      "1e2",
      "18446744073709551616",
      "[DONE]",
      "",
      " ",
      '{"a":1,"a":2}',
      "{",
      '"\\u00e9"',
      "1.00",
      "-0",
    ),
    fc.string({ unit: "grapheme" }).map((s) => s.replaceAll(/[\r\n]/g, "")),
  );
  const event = fc
    .tuple(
      fc.constantFrom("", "event: tick\n", "id: 7\n", ": hi\n", "retry: 10\n", "x: 1\n"),
      fc.constantFrom("data: ", "data:"),
      payload,
      fc.constantFrom("\n", "\r\n", "\r"),
    )
    .map(([before, name, text, eol]) => `${before}${name}${text}\n\n`.replaceAll("\n", eol));
  const stream = fc.record({
    events: fc.array(event, { maxLength: 12 }),
    status: fc.constantFrom(200, 500),
    model: fc.constantFrom("m", "n", ""),
  });
  fc.assert(
    fc.property(fc.array(stream, { minLength: 1, maxLength: 5 }), (streams) => {
      const written = streams.map(({ events, status, model }): WrittenExchange => ({
        body: { model, stream: true },
        status,
        headers: STREAM,
        chunks: events,
      }));
      expectExact(learn(written), [sessionOf("s", written)]);
    }),
    { numRuns: 300 },
  );
});

it.each<[string, ...(readonly string[])[]]>([
  ["a text that begins with a space, beside one without", ["data:[DONE]\r\n\r\n", "data: \r\n\r\n", "data:  \r\n\r\n"]],
  [
    "ids with and without a space",
    ['id:7\ndata: {"type":"a"}\n\n', 'id: 8\ndata: {"type":"b"}\n\n', 'id:9\ndata: {"type":"b"}\n\n'],
  ],
  [
    "events that are cut anew after later ones",
    ["id: 7\ndata: [\ndata:   null\ndata: ]\n\n"],
    ["id: 7\ndata: [\ndata:   0,\ndata:   0\ndata: ]\n\n", "id: 7\ndata: []\n\n"],
    ['id: 7\ndata: ["",0,null]\n\n'],
  ],
])("byte by byte: %s", (_, ...streams) => {
  const written = streams.map((chunks): WrittenExchange => ({ headers: STREAM, chunks }));
  expectExact(learn(written), [sessionOf("s", written)]);
});

it("so are bodies", () => {
  const body = fc.oneof(
    fc.json(),
    fc.json().map((text) => `${text}\n`),
    fc.string({ unit: "grapheme" }),
    fc.constant(""),
  );
  const answer = fc.record({
    text: body,
    status: fc.constantFrom(200, 404),
    path: fc.constantFrom("/a", "/b/1", "/b/2"),
  });
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 8 }), (answers) => {
      const written = answers.map(({ text, status, path }): WrittenExchange => ({
        method: "GET",
        path,
        status,
        headers: JSON_BODY,
        chunks: text === "" ? [] : [text],
      }));
      expectExact(learn(written), [sessionOf("s", written)]);
    }),
    { numRuns: 300 },
  );
});

it("bytes that are not UTF-8 stay what they are", () => {
  const written: WrittenExchange[] = [
    { chunks: [Uint8Array.of(100, 97, 116, 97, 58, 32, 0xff, 0xfe, 10, 10)] },
    { headers: [], path: "/b", chunks: [Uint8Array.of(0xff, 0, 1)] },
  ];
  expectExact(learn(written), [sessionOf("s", written)]);
});
