import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitsStream } from "../check/take-row.ts";
import { inferStreamRule, type Row } from "./stream-rule.ts";

const row = (text: string, whole = true): Row => ({ shapes: text === "" ? [] : text.split(" "), whole });

describe("inferStreamRule", () => {
  it("finds what rows begin with, what repeats, and how they end", () => {
    expect(
      inferStreamRule([row("role content content finish done"), row("role content content content usage done")]),
    ).toEqual({
      prefix: ["role"],
      middle: ["content"],
      endings: [
        ["finish", "done"],
        ["usage", "done"],
      ],
    });
  });

  it("stops the prefix at the first shape that repeats", () => {
    const rule = inferStreamRule([row("a c c c z"), row("a c c c c z")]);
    expect(rule).toEqual({ prefix: ["a"], middle: ["c"], endings: [["z"]] });
  });

  it("an error instead of a stream has an ending of its own", () => {
    const rule = inferStreamRule([row("role content content done"), row("error done")]);
    expect(rule.prefix).toEqual([]);
    expect(rule.endings).toContainEqual(["error", "done"]);
  });

  it("rows that were cut short say nothing about the end", () => {
    const rule = inferStreamRule([row("a c c", false), row("a c c c d e"), row("a", false), row("a c c d", false)]);
    expect(rule).toEqual({ prefix: ["a"], middle: ["c"], endings: [["d", "e"]] });
  });

  it("a client that leaves after the last word has seen the end", () => {
    const rule = inferStreamRule([row("a c c done", false), row("a c c c done", false)]);
    expect(rule).toEqual({ prefix: ["a"], middle: ["c"], endings: [["done"]] });
  });

  it("a stream without an end has no ending", () => {
    expect(inferStreamRule([row("created put put put", false), row("created put put", false)])).toEqual({
      prefix: ["created"],
      middle: ["put"],
      endings: [],
    });
  });

  it("events in any order are no endings", () => {
    const rows = [
      "a b c z",
      "b a c z",
      "c b a z",
      "a c b z",
      "c a b z",
      "b c a z",
      "a b z",
      "b a z",
      "c a z",
      "a z",
    ].map((r) => row(r));
    const rule = inferStreamRule(rows);
    expect(rule.endings).toEqual([["z"]]);
    expect([...rule.middle].sort()).toEqual(["a", "b", "c"]);
  });

  it("has a rule for a single row and for none", () => {
    expect(inferStreamRule([row("a b c")])).toEqual({ prefix: ["a", "b"], middle: [], endings: [["c"]] });
    expect(inferStreamRule([row("")])).toEqual({ prefix: [], middle: [], endings: [[]] });
    expect(inferStreamRule([])).toEqual({ prefix: [], middle: [], endings: [] });
  });

  it("every row fits the rule that it was learned from", () => {
    const shapes = fc.array(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 8 });
    const rows = fc.array(fc.record({ shapes, whole: fc.boolean() }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(rows, (list) => {
        const rule = inferStreamRule(list);
        for (const { shapes: own, whole } of list) expect([own, fitsStream(rule, own, whole)]).toEqual([own, true]);
      }),
      { numRuns: 2000 },
    );
  });
});
