import { describe, expect, it } from "vitest";
import { parseJson } from "../base/json.ts";
import { gapsOfStyle, jsonTokens, readGaps, styleOfGaps, type GapStyle } from "./json-tokens.ts";

function styleOf(text: string): GapStyle {
  const tokens = jsonTokens<never>(parseJson(text)!, () => undefined);
  const gaps = readGaps(text, tokens, () => 0);
  const style = styleOfGaps(tokens, gaps);
  // Whatever the style is called, it gives the same gaps again.
  expect(gapsOfStyle(tokens, style)).toEqual(gaps);
  return style;
}

describe("the white space of a JSON text", () => {
  it.each([
    ["compact", '{"a":[1,{}],"b":null}', { spaced: false, gaps: [] }],
    ["Python's", '{"a": [1, {}], "b": null}', { spaced: true, gaps: [] }],
    [
      "two spaces a level",
      JSON.stringify({ a: [1, {}, []], b: { c: null } }, null, 2),
      { spaced: false, indent: "  ", gaps: [] },
    ],
    ["tabs", JSON.stringify([[1]], null, "\t"), { spaced: false, indent: "\t", gaps: [] }],
    ["compact but for one", '{"a" :1}', { spaced: false, gaps: [[2, " "]] }],
    ["a line end after it", "[1]\n", { spaced: false, gaps: [[-1, "\n"]] }],
    [
      "spaces inside braces",
      '{ "a": 1 }',
      {
        spaced: true,
        gaps: [
          [1, " "],
          [4, " "],
        ],
      },
    ],
    ["a scalar's", " 5", { spaced: false, gaps: [[0, " "]] }],
  ])("%s", (_, text, style) => {
    expect(styleOf(text)).toEqual(style);
  });

  it("does not depend on what stands in a place that is filled in", () => {
    const text = '{"a": [1, 2], "b": 3}';
    const root = parseJson(text)!;
    const tokens = jsonTokens<number>(root, (node, path) =>
      path === "a" ? { hole: node.end - node.start } : undefined,
    );
    expect(tokens).toEqual(["{", '"a"', ":", { hole: 6 }, ",", '"b"', ":", "3", "}"]);
    expect(
      styleOfGaps(
        tokens,
        readGaps(text, tokens, (length) => length),
      ),
    ).toEqual({ spaced: true, gaps: [] });
  });
});
