import { fc, test as property } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { formatOf, projectionOf, rulesOf, type WrittenRules } from "../../test/support/projections.ts";
import { compareProjections } from "./compare.ts";
import type { Found } from "./divergence.ts";

const sse = formatOf("sse");

/** A stream as LLMs send it: much is equal from event to event, one id, one text that varies. */
const RULES: Omit<WrittenRules, "values" | "row"> = {
  holes: {
    id: { class: "generated", scope: "stream", prefix: ["c-"], alphabet: "hex", length: 8 },
    content: { class: "text", scope: "event" },
    n: { class: "counter", scope: "event", step: 1 },
  },
  shapes: {
    role: { data: { id: { $hole: "id" }, object: "chunk", choices: [{ index: 0, delta: { role: "assistant" } }] } },
    content: {
      data: {
        id: { $hole: "id" },
        object: "chunk",
        n: { $hole: "n", kind: "number" },
        choices: [{ index: 0, delta: { content: { $hole: "content" } } }],
      },
    },
    finish: {
      data: { id: { $hole: "id" }, object: "chunk", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
    },
    done: { text: "[DONE]" },
  },
};

interface Stream {
  readonly row: readonly string[];
  readonly events: readonly string[];
}

function streamOf(words: readonly string[], object = "chunk"): Stream {
  const data = (rest: object): string => `data: ${JSON.stringify({ id: "c-0123abcd", object, ...rest })}\n\n`;
  const content = words.map((word, n) => data({ n, choices: [{ index: 0, delta: { content: word } }] }));
  return {
    row: ["role", ...words.map(() => "content"), "finish", "done"],
    events: [
      data({ choices: [{ index: 0, delta: { role: "assistant" } }] }),
      ...content,
      data({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
      "data: [DONE]\n\n",
    ],
  };
}

function compare(expected: Stream, actual: Stream, values: "own" | "fresh"): Found[] {
  const [wanted, got] = [expected, actual].map((s) => projectionOf(sse, { body: s.events }));
  return compareProjections(wanted!, got!, rulesOf(sse, { ...RULES, values, row: actual.row }));
}

function without(stream: Stream, at: number): Stream {
  return { row: stream.row.toSpliced(at, 1), events: stream.events.toSpliced(at, 1) };
}

function swapped(stream: Stream, a: number, b: number): Stream {
  const swap = (list: readonly string[]): readonly string[] => list.with(a, list[b]!).with(b, list[a]!);
  return { row: swap(stream.row), events: swap(stream.events) };
}

const words = fc.array(fc.oneof(fc.constantFrom(" the", " a", "", "\n"), fc.string({ maxLength: 6 })), {
  minLength: 3,
  maxLength: 60,
});
const values = fc.constantFrom("own", "fresh");
const place = fc.nat();

describe("one change to the row of events is one divergence", () => {
  property.prop([words, values])("none where nothing changed", (text, kind) => {
    expect(compare(streamOf(text), streamOf(text), kind)).toEqual([]);
  });

  property.prop([words, values, place])("removed", (text, kind, at) => {
    const stream = streamOf(text);
    const k = at % stream.events.length;
    const found = compare(stream, without(stream, k), kind);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ category: "missing_event" });
  });

  property.prop([words, values, place])("inserted", (text, kind, at) => {
    const stream = streamOf(text);
    const k = at % stream.events.length;
    const found = compare(without(stream, k), stream, kind);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ category: "extra_event" });
  });

  property.prop([words, values, place])("exchanged with its neighbour", (text, kind, at) => {
    const stream = streamOf(text);
    const k = at % (stream.events.length - 1);
    const found = compare(stream, swapped(stream, k, k + 1), kind);
    expect(found.length).toBeGreaterThan(0);
    if (kind === "own") expect(found.map((f) => f.category)).toEqual(["event_order"]);
  });

  property.prop([words, place, place])("exchanged with one far off", (text, a, b) => {
    const stream = streamOf(text);
    const [i, j] = [a % stream.events.length, b % stream.events.length];
    const found = compare(stream, swapped(stream, i, j), "own");
    expect(found.map((f) => f.category)).toEqual(i === j ? [] : ["event_order"]);
  });

  property.prop([words, values])(
    "a constant that changed in all events is a difference in each of them, and nothing else",
    (text, kind) => {
      const found = compare(streamOf(text), streamOf(text, "chonk"), kind);
      const changed = Array.from({ length: text.length + 2 }, (_, i) => [`events[${i}].data.object`, "value_mismatch"]);
      expect(found.map((f) => [f.path, f.category])).toEqual(changed);
    },
  );
});
