import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareProjections } from "../../src/check/compare.ts";
import { pathWithoutEventNumber } from "../../src/check/divergence.ts";
import { formatOf, projectionOf, rulesOf, type WrittenResponse, type WrittenRules } from "../support/projections.ts";

/** `#` in an event of a repeated row is the number of its repetition. */
interface Case extends WrittenRules {
  readonly comment: string;
  readonly format?: string;
  readonly repeat?: number;
  readonly expected: WrittenResponse | readonly unknown[];
  readonly actual: WrittenResponse | readonly unknown[];
  readonly divergences?: readonly (readonly [path: string, category: string])[];
  /** Instead of `divergences`: the one path (event numbers open) and category that each event is told at. */
  readonly paths?: string;
  readonly category?: string;
}

const cases = JSON.parse(readFileSync(join(import.meta.dirname, "diff.json"), "utf8")) as readonly Case[];

function written(side: Case["expected"], repeat: number): WrittenResponse {
  if (!isList(side)) return side;
  const one = side.map((e) => (typeof e === "string" ? e : `data: ${JSON.stringify(e)}\n\n`));
  return { body: Array.from({ length: repeat }, (_, n) => one.map((text) => text.replaceAll("#", String(n)))).flat() };
}

function isList(side: Case["expected"]): side is readonly unknown[] {
  return Array.isArray(side);
}

describe("compareProjections", () => {
  test.each(cases)("$values: $comment", (given) => {
    const format = formatOf(given.format ?? "sse");
    const [expected, actual] = [given.expected, given.actual].map((side) =>
      projectionOf(format, written(side, given.repeat ?? 1)),
    );
    const found = compareProjections(expected!, actual!, rulesOf(format, given));
    if (given.paths === undefined) expect(found.map((f) => [f.path, f.category])).toEqual(given.divergences);
    else {
      expect(found).toHaveLength(given.repeat ?? 1);
      expect(new Set(found.map((f) => `${pathWithoutEventNumber(f.path)} ${f.category}`))).toEqual(
        new Set([`${given.paths} ${given.category}`]),
      );
    }
  });
});
