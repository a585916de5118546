import { describe, expect, it } from "vitest";
import { isJsonContainer, isJsonText, isProse, scanLeaf } from "./leaf-kind.ts";

describe("scanLeaf", () => {
  it.each([
    ["string", '"a\\"b",', 6],
    ["string", '"a\nb"', -1],
    ["string", '"\udcff"', -1],
    ["string", "5", -1],
    ["number", "-1.5e3}", 6],
    ["number", '"5"', -1],
    ["boolean", "true,", 4],
    ["boolean", "false", 5],
    ["boolean", "null", -1],
    ["null", "null", 4],
    ["null", "nul", -1],
    ["json", '{"a":[1]},', 9],
    ["json", "[]x", 2],
    ["json", "5", -1],
    ["json", '["\udcff"]', -1],
    ["json", "[", -1],
    ["scalar", "null", 4],
    ["scalar", '"x"', 3],
    ["scalar", "[]", -1],
    ["scalar", " 5", -1],
    ["line", "a b\r\n", 3],
    ["line", "", 0],
    ["line", "\n", 0],
    ["text", "hello\n", 5],
    ["text", "{}\n", -1],
    ["text", " 5 \n", -1],
    ["text", "{\n", 1],
    ["text", "", 0],
    ["prose", "hello\n", 5],
    ["prose", "{\n", -1],
    ["prose", "\n", -1],
    ["rest", "a\nb", 3],
    ["rest", "5", 1],
    ["rest", '\n {"a":1}\n', -1],
    ["rest", "{", 1],
  ] as const)("%s in %j ends at %i", (kind, text, end) => {
    expect(scanLeaf(kind, text, 0)).toBe(end);
    expect(scanLeaf(kind, `>>${text}`, 2)).toBe(end < 0 ? -1 : end + 2);
  });
});

describe("texts", () => {
  it.each(["hello", "+2", "1.", "01a", '"open', '"\\x"', "truely", "a: 1", "\udcff", '"\udcff"', "-"])(
    "%j is prose",
    (text) => {
      expect(isProse(text)).toBe(true);
    },
  );

  it.each(["", " \t", "{", '"a" : 1,', "1 2 3", "true", "nulltrue", "-0.5e+7]", '"\\u00e9\\n"', "01"])(
    "%j is made of JSON tokens",
    (text) => {
      expect(isProse(text)).toBe(false);
    },
  );

  it("are linear to look at", () => {
    expect(isProse(`"${"x".repeat(2_000_000)}`)).toBe(true);
    expect(isProse("[".repeat(200_000))).toBe(false);
  });

  it("are JSON, or JSON objects and arrays", () => {
    expect([isJsonText("5"), isJsonText('"\udcff"'), isJsonText("x"), isJsonText("")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([isJsonContainer(" {}"), isJsonContainer("5"), isJsonContainer("{x")]).toEqual([true, false, false]);
  });
});
