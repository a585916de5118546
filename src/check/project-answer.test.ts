import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { corpusOf } from "../../test/support/tamper.ts";
import { readFileSync } from "node:fs";
import { concatBytes } from "../base/bytes.ts";
import { project, type ResponseBytes } from "../recording/project.ts";
import { projectAnswer } from "./project-answer.ts";
import type { Subject } from "./subject.ts";

const read = (file: string): string =>
  readFileSync(new URL(`../../test/golden/tamper/${file}`, import.meta.url), "utf8");
const [subject] = corpusOf(read("symbols.json"), JSON.parse(read("takes.json")) as Parameters<typeof corpusOf>[1])
  .subjects as [Subject];

function answerOf(change: Partial<ResponseBytes> = {}): ResponseBytes {
  const { request, response, chunks, trailers, close } = subject.exchange;
  return { request, response: response!, zeroUs: 0, headUs: 900, chunks, trailers, close, closeUs: 60_000, ...change };
}

/** All but times, which are the recorded ones where the bytes are. */
function untimed(answer: ResponseBytes): unknown {
  const { events, filler, endUs: _, ...rest } = projectAnswer(subject, answer);
  return { ...rest, events: events.map((e) => e.text), filler: filler.map((f) => f.text) };
}

function plain(answer: ResponseBytes): unknown {
  const { events, filler, endUs: _, ...rest } = project(answer, subject.format);
  return { ...rest, events: events.map((e) => e.text), filler: filler.map((f) => f.text) };
}

describe("projectAnswer", () => {
  test("takes the recorded events over where the bytes are equal", () => {
    expect(projectAnswer(subject, answerOf()).events).toBe(subject.expected.events);
  });

  const body = concatBytes(subject.exchange.chunks.map((c) => c.bytes));

  property.prop([fc.array(fc.nat({ max: body.length }), { maxLength: 8 })])("however they are cut", (cuts) => {
    const at = [0, ...cuts.sort((a, b) => a - b), body.length];
    const chunks = at.slice(1).map((end, i) => ({ atUs: i, bytes: body.subarray(at[i], end) }));
    const projection = projectAnswer(subject, answerOf({ chunks }));
    expect(projection.events).toBe(subject.expected.events);
  });

  property.prop([fc.nat({ max: body.length - 1 }), fc.constantFrom("changed", "cut", "longer")])(
    "and is what the bytes say where they are not",
    (at, how) => {
      const bytes =
        how === "cut"
          ? body.slice(0, at)
          : how === "longer"
            ? concatBytes([body, body.slice(0, at + 1)])
            : body.slice();
      if (how === "changed") bytes[at] = bytes[at]! ^ 1;
      const answer = answerOf({ chunks: [{ atUs: 1, bytes }] });
      expect(untimed(answer)).toEqual(plain(answer));
    },
  );

  test.each<Partial<ResponseBytes>>([
    { response: { status: 201, headers: subject.exchange.response!.headers, coding: "gzip" } },
    { response: { status: 200, headers: [["Content-Type", "text/plain"]], coding: "gzip" } },
    { trailers: [["x", "1"]] },
    { close: { shape: "truncated", by: "server" } },
  ])("under another head or end too: %o", (change) => {
    expect(untimed(answerOf(change))).toEqual(plain(answerOf(change)));
  });
});
