import { expect, test } from "vitest";
import { formatOf, projectionOf, request, STARTED_MS } from "../../test/support/projections.ts";
import { bytesFromText } from "../base/bytes.ts";
import type { Take } from "../model/model.ts";
import { createRequestView, requestFeatures } from "../model/request-view.ts";
import { severityOf } from "./divergence.ts";
import { compareOrigin } from "./take-origin.ts";

const body = bytesFromText('{"model":"tiny"}');
const view = createRequestView(request, formatOf("body").requestPayload(request, body), body);
const expected = projectionOf(formatOf("sse"), { body: ["data: 1\n\n", "data: 2\n\n"] });
const origin = { view, startedMs: STARTED_MS, expected };

const take: Take = {
  id: "s/0",
  request: view.digest,
  features: requestFeatures(view),
  startedMs: STARTED_MS,
  head: 0,
  trailers: 0,
  shapes: ["a", "b"],
  holes: new Map(),
  timesUs: { head: expected.headUs, events: expected.events.map((e) => e.atUs), end: expected.endUs },
  filler: [],
  informational: [],
  end: { shape: "clean", by: "server" },
};

test("a take as it was learned", () => {
  expect(compareOrigin(take, origin)).toEqual([]);
});

test.each([
  [{ request: "0000" }, "take.request", "error"],
  [{ features: new Map([["body.model", '"huge"']]) }, "take.features.body.model", "error"],
  [{ features: new Map() }, "take.features.body.model", "error"],
  [{ startedMs: STARTED_MS + 1 }, "take.startedAt", "error"],
  [{ timesUs: { ...take.timesUs, events: [10_000, 20_001] } }, "take.gapsUs", "warning"],
] satisfies [Partial<Take>, string, string][])("%o is told at %s", (change, path, severity) => {
  const found = compareOrigin({ ...take, ...change }, origin);
  expect(found.map((f) => [f.path, severityOf(f.category)])).toEqual([[path, severity]]);
});

test("a row of another length is told of elsewhere", () => {
  expect(compareOrigin({ ...take, shapes: ["a"], timesUs: { ...take.timesUs, events: [10_000] } }, origin)).toEqual([]);
});
