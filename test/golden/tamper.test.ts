import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
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
