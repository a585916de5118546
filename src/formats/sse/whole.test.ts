import * as fc from "fast-check";
import { expect, it } from "vitest";
import { textFromBytes } from "../../base/bytes.ts";
import type { Frame } from "../format.ts";
import { createSseFramer } from "./framer.ts";
import { readWholeStream } from "./whole.ts";

/** Kind, text and end of each frame as the framer has them. */
function framesOf(body: Uint8Array, limit: number): [Frame["kind"], string, number][] {
  const framer = createSseFramer(limit);
  let end = 0;
  return [...framer.push(body), ...framer.end()].map(({ kind, bytes }) => [
    kind,
    textFromBytes(bytes),
    (end += bytes.length),
  ]);
}

function wholeOf(body: Uint8Array, limit: number): [Frame["kind"], string, number][] | undefined {
  const whole = readWholeStream(body, limit);
  return whole?.texts.map((text, n) => [whole.filler.includes(n) ? "filler" : "message", text, whole.ends[n]!]);
}

const piece = fc.constantFrom(
  "data: a",
  "data",
  ":c",
  ": é",
  "event: 🙂\n",
  "\n",
  "\n\n",
  "\n\n\n",
  "x:\ufeffy\n\n",
  "\ufeff",
  "\r",
);
const stream = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));

it("a stream read at once has the frames that the framer finds", () => {
  fc.assert(
    fc.property(stream, fc.nat(20), (text, limit) => {
      const body = Buffer.from(text);
      const whole = wholeOf(body, limit);
      if (whole !== undefined) expect(whole).toEqual(framesOf(body, limit));
    }),
    { numRuns: 2000 },
  );
});

it("is read at once with comments, blank lines and letters of any length", () => {
  const text = "event: a\ndata: é🙂\n\n: ping\n:\n\n\n: said\ndata: b\n\n";
  expect(wholeOf(Buffer.from(text), 100)).toEqual([
    ["message", "event: a\ndata: é🙂\n\n", 23],
    ["filler", ": ping\n:\n\n", 33],
    ["filler", "\n", 34],
    ["message", ": said\ndata: b\n\n", 50],
  ]);
});

it.each([
  ["a carriage return", "data: a\r\n\r\n"],
  ["a byte order mark at its start", "\ufeffdata: a\n\n"],
  ["a cut-off end", "data: a\n\ndata: b\n"],
  ["an event above the limit", `data: ${"é".repeat(50)}\n\n`],
])("is left to the framer with %s", (_, text) => {
  expect(readWholeStream(Buffer.from(text), 100)).toBeUndefined();
});

it("is left to the framer where it is not UTF-8", () => {
  expect(readWholeStream(Buffer.from("data: \xff\n\n", "latin1"), 100)).toBeUndefined();
});
