import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { align, type Pair } from "./align.ts";

const everyPairCosts = (cost: number) => (): number => cost;

function show(pairs: readonly Pair[]): string {
  return pairs.map((p) => `${p.expected < 0 ? "-" : p.expected}:${p.actual < 0 ? "-" : p.actual}`).join(" ");
}

describe("align", () => {
  test("pairs equal rows by number", () => {
    expect(show(align(["a", "b", "c"], ["a", "b", "c"], everyPairCosts(1)))).toBe("0:0 1:1 2:2");
  });

  test("an inserted event has no partner, and nothing else is shifted", () => {
    expect(show(align(["a", "b", "c"], ["a", "x", "b", "c"], everyPairCosts(0.1)))).toBe("0:0 -:1 1:2 2:3");
  });

  test("a removed event has no partner", () => {
    expect(show(align(["a", "b", "c"], ["a", "c"], everyPairCosts(0.1)))).toBe("0:0 1:- 2:1");
  });

  test("events that differ a little are held for one another", () => {
    expect(show(align(["a", "b", "c"], ["a", "B", "c"], everyPairCosts(0.2)))).toBe("0:0 1:1 2:2");
  });

  test("a pair that shares nothing is still one pair, cheaper than two gaps", () => {
    expect(show(align(["b"], ["x"], everyPairCosts(1)))).toBe("0:0");
  });

  test("a constant that changed in all events stays a difference of values", () => {
    const expected = Array.from({ length: 50 }, (_, i) => `e${i}`);
    const pairs = align(
      expected,
      expected.map((e) => `${e}'`),
      (i, j) => (i === j ? 0.1 : 0.2),
    );
    expect(pairs.every((p) => p.expected === p.actual)).toBe(true);
  });

  test("one missing event among many that all differ a little is one gap at its place", () => {
    const expected = Array.from({ length: 40 }, (_, i) => `e${i}`);
    const actual = expected.toSpliced(17, 1).map((e) => `${e}'`);
    const cost = (i: number, j: number): number => (actual[j] === `${expected[i]}'` ? 0.05 : 0.3);
    const gaps = align(expected, actual, cost).filter((p) => p.expected < 0 || p.actual < 0);
    expect(gaps).toEqual([{ expected: 17, actual: -1 }]);
  });

  test("a long row with a missing and an inserted event far apart finds both by anchors", () => {
    const expected = Array.from({ length: 12_000 }, (_, i) => `e${i}`);
    const actual = expected.toSpliced(1_000, 1).toSpliced(9_000, 0, "new");
    actual[3_000] = "other";
    const odd = align(expected, actual, everyPairCosts(0.3)).filter((p) => expected[p.expected] !== actual[p.actual]);
    expect(odd).toEqual([
      { expected: 1_000, actual: -1 },
      { expected: 3_001, actual: 3_000 },
      { expected: -1, actual: 9_000 },
    ]);
  });

  test("a long row that differs everywhere is aligned in a band", () => {
    const expected = Array.from({ length: 10_000 }, (_, i) => `e${i}`);
    const actual = expected.toSpliced(10, 1).map((e) => `${e}'`);
    const cost = (i: number, j: number): number => (actual[j] === `${expected[i]}'` ? 0.05 : 0.3);
    const gaps = align(expected, actual, cost).filter((p) => p.expected < 0 || p.actual < 0);
    expect(gaps).toEqual([{ expected: 10, actual: -1 }]);
  });

  test("rows of hopelessly different length are compared in order, in linear time", () => {
    const expected = Array.from({ length: 60 }, (_, i) => `e${i}`);
    const actual = Array.from({ length: 200_000 }, (_, i) => `a${i}`);
    const pairs = align(expected, actual, everyPairCosts(0.5));
    expect(pairs.filter((p) => p.expected >= 0)).toHaveLength(60);
    expect(pairs.filter((p) => p.actual >= 0)).toHaveLength(200_000);
  });

  property.prop([
    fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 }),
    fc.array(fc.constantFrom("a", "b", "c", "x"), { maxLength: 12 }),
  ])("every event stands in exactly one pair, in order, and the cost is the least", (expected, actual) => {
    const pairs = align(expected, actual, everyPairCosts(0.5));
    expect(pairs.map((p) => p.expected).filter((i) => i >= 0)).toEqual(expected.map((_, i) => i));
    expect(pairs.map((p) => p.actual).filter((i) => i >= 0)).toEqual(actual.map((_, i) => i));
    const cost = pairs.reduce(
      (n, p) => n + (p.expected < 0 || p.actual < 0 ? 0.6 : expected[p.expected] === actual[p.actual] ? 0 : 0.5),
      0,
    );
    expect(cost).toBeCloseTo(leastCost(expected, actual));
  });
});

/** The textbook recursion, without any shortcut. */
function leastCost(a: readonly string[], b: readonly string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = 0; i <= a.length; i++)
    for (let j = 0; j <= b.length; j++) {
      if (i === 0 && j === 0) continue;
      const pair = i > 0 && j > 0 ? table[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 0.5) : Infinity;
      const missing = i > 0 ? table[i - 1]![j]! + 0.6 : Infinity;
      const extra = j > 0 ? table[i]![j - 1]! + 0.6 : Infinity;
      table[i]![j] = Math.min(pair, missing, extra);
    }
  return table[a.length]![b.length]!;
}
