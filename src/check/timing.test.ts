import { expect, test } from "vitest";
import { formatOf, projectionOf } from "../../test/support/projections.ts";
import { severityOf } from "./divergence.ts";
import { compareTiming } from "./timing.ts";

// Events come 10 ms apart, the first one after 10 ms.
const projection = projectionOf(formatOf("sse"), { body: ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"] });

test("times in the band, or without one, are not spoken of", () => {
  expect(compareTiming(projection, { firstMs: { p50: 9, p99: 10 }, gapMs: { p50: 9, p99: 10 } })).toEqual([]);
  expect(compareTiming(projection, {})).toEqual([]);
});

test("a late first event and long gaps are warnings, each with its band", () => {
  const found = compareTiming(projection, { firstMs: { p50: 1, p99: 2 }, gapMs: { p50: 1, p99: 3 } });
  expect(found).toEqual([
    { path: "timing.firstMs", category: "timing_out_of_band", expected: "at most 2 ms", actual: "10.0 ms" },
    { path: "timing.gapMs", category: "timing_out_of_band", expected: "at most 3 ms", actual: "10.0 ms" },
  ]);
  expect(found.map((f) => severityOf(f.category))).toEqual(["warning", "warning"]);
});

test("one slow event in a stream is what a p99 promises", () => {
  const slow = { ...projection, events: [0, 10_000, 20_000, 500_000, 510_000].map((atUs) => ({ text: "", atUs })) };
  expect(compareTiming(slow, { gapMs: { p50: 9, p99: 10 } })).toEqual([]);
});
