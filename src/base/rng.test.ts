import { expect, it } from "vitest";
import { createDraw, drawInt } from "./rng.ts";

const first = (seed: number | string, label: string, n = 5): number[] => {
  const draw = createDraw(seed, label);
  return Array.from({ length: n }, () => draw());
};

it("gives the same sequence for the same seed and label, everywhere", () => {
  expect(first(7, "take")).toEqual(first(7, "take"));
  expect(first(7, "take")).not.toEqual(first(8, "take"));
  expect(first(7, "take")).not.toEqual(first(7, "other"));
  expect(first("7", "take")).toEqual(first(7, "take"));
});

it("draws evenly from [0, 1) and [0, bound)", () => {
  const draws = first(1, "even", 10_000);
  expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...draws)).toBeLessThan(1);
  const counts = new Array<number>(10).fill(0);
  const draw = createDraw(2, "ints");
  for (let i = 0; i < 10_000; i++) counts[drawInt(draw, 10)]!++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
