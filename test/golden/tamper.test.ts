import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createMutationTest } from "../../src/check/mutate.ts";
import type { Mutation } from "../../src/check/mutation.ts";
import { findMutations } from "../../src/check/mutations.ts";
import { loadModel } from "../../src/model/loaded-model.ts";
import type { Take } from "../../src/model/model.ts";
import { corpusOf, divergencesOf, tamperAll, unsatisfied } from "../support/tamper.ts";

const read = (file: string): string => readFileSync(join(import.meta.dirname, "tamper", file), "utf8");
const corpus = corpusOf(read("symbols.json"), JSON.parse(read("takes.json")) as Parameters<typeof corpusOf>[1]);

test("the model as it is passes", () => {
  expect(divergencesOf(corpus)).toEqual([]);
});

test("every place of it, changed alone, is told at exactly its path, in each event it stands in", () => {
  const verdicts = tamperAll(corpus);
  expect(unsatisfied(verdicts)).toEqual([]);
  expect(verdicts.length).toBeGreaterThan(100);
  const places = new Map(verdicts.map((v) => [v.mutation.place, v.outcome]));
  for (const place of [
    "routes[0].shapes.role.data.object",
    "routes[0].shapes.role.data.choices[0].finish_reason",
    'routes[0].shapes.content.data["odd key"].$ref',
    "routes[0].shapes.done.text",
    "routes[0].shapes.tick.event",
    "routes[0].shapes.tick.layout",
    "routes[0].shapes.error.json.error.code",
    "routes[0].variants[0].status",
    "routes[0].variants[0].headers[0][1]",
    'routes[0].variants[0].guard["body.stream"].equals',
    "routes[0].variants[0].stream.middle[0]",
    "routes[0].variants[0].termination[0].shape",
    "routes[0].holes.created.unit",
    "routes[0].holes.n.step",
  ])
    expect([place, places.get(place)]).toEqual([place, "caught"]);
});

describe("what a change is called that is not told as it should be", () => {
  const object = findMutations(corpus.text).find(
    (m) => m.place === "routes[0].shapes.role.data.object" && m.kind === "constant",
  )!;
  const judge = (change: Partial<Mutation>, subjects = corpus.subjects): unknown => {
    const { outcome, elsewhere, silent } = createMutationTest({ ...corpus, subjects, seed: 1 })({
      ...object,
      ...change,
    });
    return { outcome, elsewhere, silent };
  };

  test("caught, as it is", () => {
    expect(judge({})).toEqual({ outcome: "caught", elsewhere: [], silent: [] });
  });

  test("a change of nothing is missed", () => {
    expect(judge({ replacements: ['"chunk"'] })).toMatchObject({ outcome: "missed" });
  });

  test("told at another path than it should be", () => {
    expect(judge({ target: { kind: "shape", shape: "role", paths: ["data.id"] } })).toEqual({
      outcome: "inexact",
      elsewhere: ["events[0].data.object"],
      silent: ["s/0 events[0]", "s/1 events[0]", "s/2 events[0]"],
    });
  });

  test("not told in each event that it should be in", () => {
    expect(judge({ target: { kind: "shape", shape: "content", paths: ["data.object"] } })).toMatchObject({
      outcome: "inexact",
    });
  });

  test("a place that no recording has is not counted as caught", () => {
    expect(judge({}, corpus.subjects.slice(3))).toMatchObject({ outcome: "unexercised" });
  });

  test("a model that cannot be read", () => {
    expect(judge({ replacements: ["oops"] })).toMatchObject({ outcome: "refused" });
  });
});

test("a change of a take is told at its place", () => {
  const learned = corpus.subjects[0]!.learned!;
  const withHole = (hole: string, ...values: readonly string[]): Partial<Take> => ({
    holes: new Map([...learned.take.holes, [hole, values]]),
  });
  const told = (change: Partial<Take>): readonly string[] => {
    const take = { ...learned.take, ...change };
    const takes = new Map(corpus.loaded.takes);
    takes.set(
      learned.variant,
      takes.get(learned.variant)!.map((t) => (t.id === take.id ? take : t)),
    );
    const loaded = loadModel(corpus.loaded.model, takes, corpus.formats);
    const changed = { ...learned, take };
    const found = divergencesOf({ ...corpus, loaded, subjects: [{ ...corpus.subjects[0]!, learned: changed }] });
    return [...new Set(found.map((line) => line.split(" ").slice(1, 3).join(" ")))];
  };
  expect(told({})).toEqual([]);
  expect(told(withHole("content", '"Hel"', '"ho"', '"!"'))).toEqual([
    "events[3].data.choices[0].delta.content value_mismatch",
  ]);
  expect(
    told({
      shapes: learned.take.shapes.toSpliced(1, 1),
      timesUs: { ...learned.take.timesUs, events: learned.take.timesUs.events.toSpliced(1, 1) },
    }),
  ).toContain("events[1] missing_event");
  expect(told({ end: { shape: "truncated", by: "client" } })).toEqual(["termination termination_mismatch"]);
  expect(told({ head: 1 })).toContain("headers.x-slow header_mismatch");
  expect(told({ request: "0" })).toEqual(["take.request value_mismatch"]);
  expect(told({ filler: [{ before: 1, text: ": ping\n\n", atUs: 9950 }] })).toEqual(["filler[0] encoding_mismatch"]);
});
