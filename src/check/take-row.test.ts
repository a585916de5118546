import { describe, expect, test } from "vitest";
import { compareTake, fitsStream } from "./take-row.ts";

const rule = {
  prefix: ["role"],
  middle: ["content", "ping"],
  endings: [
    ["finish", "done"],
    ["finish", "usage", "done"],
  ],
};
const row = (text: string): string[] => text.split(" ").filter((name) => name !== "");

describe("fitsStream", () => {
  test.each([
    ["role content ping content finish done", true],
    ["role finish usage done", true],
    ["role content finish", false],
    ["role content usage done", false],
    ["content finish done", false],
    ["role content finish done done", false],
    ["role content other finish done", false],
    ["", false],
    ["role", false],
  ])("whole: %s", (text, fits) => {
    expect(fitsStream(rule, row(text), true)).toBe(fits);
  });

  test.each([
    ["", true],
    ["role", true],
    ["role content content", true],
    ["role content finish", true],
    ["role finish usage", true],
    ["role finish usage done", true],
    ["finish", false],
    ["role usage", false],
    ["role content finish done done", false],
  ])("cut short: %s", (text, fits) => {
    expect(fitsStream(rule, row(text), false)).toBe(fits);
  });

  test("an ending may begin with a shape that also repeats", () => {
    const greedy = { prefix: [], middle: ["a"], endings: [["a", "b"]] };
    expect(fitsStream(greedy, row("a a a b"), true)).toBe(true);
    expect(fitsStream(greedy, row("b"), true)).toBe(false);
  });

  test("without endings a row ends where its middle does", () => {
    expect(fitsStream({ prefix: ["x"], middle: ["a"], endings: [] }, row("x a a"), true)).toBe(true);
    expect(fitsStream({ prefix: ["x"], middle: ["a"], endings: [] }, row("x a b"), true)).toBe(false);
  });
});

describe("compareTake", () => {
  const clean = { shape: "clean", by: "server" } as const;

  test("tells of a row and an end that the variant does not have", () => {
    const take = { shapes: row("role done"), end: { shape: "truncated", by: "client" } as const };
    expect(
      compareTake({ ...take, shapes: row("done") }, { stream: rule, termination: [clean], timing: {} }),
    ).toMatchObject([
      { path: "stream", category: "event_order", actual: "done" },
      {
        path: "termination",
        category: "termination_mismatch",
        expected: "clean by server",
        actual: "truncated by client",
      },
    ]);
  });

  test("a body has one of the shapes listed, or none at all", () => {
    const rules = { body: ["ok"], termination: [clean], timing: {} };
    expect(compareTake({ shapes: ["ok"], end: clean }, rules)).toEqual([]);
    expect(compareTake({ shapes: [], end: clean }, rules)).toEqual([]);
    expect(compareTake({ shapes: ["no"], end: clean }, rules)).toMatchObject([
      { path: "body", category: "value_mismatch" },
    ]);
  });
});
