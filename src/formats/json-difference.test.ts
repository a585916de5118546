import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, parseJson } from "../base/json.ts";
import { jsonDifference } from "./json-difference.ts";

const side = (text: string): { root: NonNullable<ReturnType<typeof parseJson>>; text: string } => ({
  root: parseJson(text)!,
  text,
});
const differences = (a: string, b: string): string[] =>
  jsonDifference(side(a), side(b), "d").map((d) => `${d.kind} ${d.path}`);

describe("jsonDifference", () => {
  it.each([
    ['{"a":1}', '{"a":1}', []],
    ['{"a":{"b":1,"c":2}}', '{"a":{"b":2,"c":1}}', ["value d.a.b", "value d.a.c"]],
    ['{"a":null}', '{"a":0}', ["type d.a"]],
    ["[1,2,3]", "[1,3]", ["value d[1]", "missing d[2]"]],
    ['{"a":1,"b":2,"c":3}', '{"c":3,"x":1,"a":1}', ["missing d.b", "extra d.x"]],
    ['{"a":1,"a":2}', '{"a":1,"a":3}', ["value d.a"]],
    ['{"a":1,"a":2}', '{"a":1}', ["missing d.a"]],
    ['{"b":1,"a":2}', '{"a":3,"b":1}', ["encoding d", "value d.a"]],
    ['{"\\u0061":1}', '{"a":1}', ["encoding d.a"]],
    ['{"a":[1, 2]}', '{"a":[1,2]}', ["encoding d.a"]],
    [' {"a":1}', '{"a":2}', ["encoding d", "value d.a"]],
    ["12345678901234567890", "12345678901234567891", ["value d"]],
    ["1e2", "100", ["encoding d"]],
    ["true", "false", ["value d"]],
    ["{}", "[]", ["type d"]],
  ])("%s and %s", (a, b, expected) => {
    expect(differences(a, b)).toEqual(expected);
  });

  it("is of kind encoding alone exactly for equal values in other spelling", () => {
    const value = fc.jsonValue({ maxDepth: 2 });
    fc.assert(
      fc.property(value, value, fc.constantFrom(0, 1), (a, b, indent) => {
        const [ta, tb] = [JSON.stringify(a), JSON.stringify(b, null, indent)];
        const found = jsonDifference(side(ta), side(tb), "");
        expect(found.length > 0).toBe(ta !== tb);
        expect(found.every((d) => d.kind === "encoding")).toBe(
          canonicalJson(parseJson(ta)!) === canonicalJson(parseJson(tb)!),
        );
      }),
    );
  });

  it("says what stood there", () => {
    expect(jsonDifference(side('{"a": [1]}'), side('{"a": "x"}'), "data")).toEqual([
      { path: "data.a", kind: "type", expected: "[1]", actual: '"x"' },
    ]);
  });
});
