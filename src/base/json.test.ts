import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalJson,
  compactJson,
  findField,
  parseJson,
  parseJsonOrOffset,
  scanJsonNumber,
  scanJsonString,
  scanJsonValue,
  stringValue,
  type JsonNode,
} from "./json.ts";

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** JSON texts and texts that are nearly JSON. */
const nearlyJson = fc.oneof(
  fc.json(),
  fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom("", ",", "]", "}", '"', "\\", "0", "-", ".", "e", " ", "\n", "\u0000", "t", "x"),
    )
    .map(([text, at, what]) => {
      const n = at % (text.length + 1);
      return text.slice(0, n) + what + text.slice(n + (at % 2));
    }),
  fc
    .array(
      fc.constantFrom(
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"a"',
        "1",
        "-0",
        "01",
        "1.",
        ".5",
        "1e",
        "1E+9",
        "true",
        "nul",
        " ",
        "\t",
        '"\\u12"',
        '"\\x"',
        '"\n"',
      ),
    )
    .map((l) => l.join("")),
);

describe("parseJson", () => {
  it("accepts exactly what JSON.parse accepts", () => {
    fc.assert(
      fc.property(nearlyJson, (text) => {
        expect(parseJson(text) !== undefined).toBe(isJson(text));
      }),
      { numRuns: 1000 },
    );
  });

  it("reads the same value as JSON.parse", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(compactJson(parseJson(text)!))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("gives offsets at which each node stands in the text", () => {
    const check = (text: string, node: JsonNode): void => {
      const slice = text.slice(node.start, node.end);
      if (!("values" in node)) expect(node.raw).toBe(slice);
      else {
        expect(slice[0]! + slice.at(-1)!).toBe(node.kind === "object" ? "{}" : "[]");
        for (const value of node.values) check(text, value);
      }
    };
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 2), (value, indent) => {
        const text = ` ${JSON.stringify(value, null, indent)}\n`;
        check(text, parseJson(text)!);
      }),
    );
  });

  it("keeps spelling, order and duplicates", () => {
    const text = '{"b":1.0,"a":1e2,"b":12345678901234567890,"\\u0061":"\\/"}';
    expect(compactJson(parseJson(`  ${text.replaceAll(",", " , ")}`)!)).toBe(text);
  });

  it("says where a text stops being JSON", () => {
    expect(parseJsonOrOffset('{"a":1,}')).toBe(7);
    expect(parseJsonOrOffset("[1] x")).toBe(4);
    expect(parseJsonOrOffset('"abc')).toBe(4);
    expect(parseJsonOrOffset("")).toBe(0);
    expect(parseJsonOrOffset("\ufeff{}")).toBe(0);
  });

  it("takes deep nesting for text instead of overflowing", () => {
    expect(parseJson("[".repeat(100_000))).toBeUndefined();
    expect(parseJson("[".repeat(500) + "]".repeat(500))?.kind).toBe("array");
  });
});

describe("scanning", () => {
  it("ends where the value ends", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom("", ",", "}", " x"), (text, tail) => {
        // A number goes on with digits only, and none of the tails begins with one.
        expect(scanJsonValue(`>${text}${tail}`, 1)).toBe(1 + text.length);
      }),
    );
    expect(scanJsonValue(" 1", 0)).toBe(-1);
    expect(scanJsonValue("x", 0)).toBe(-1);
  });

  it("reads strings as the parser does", () => {
    expect(scanJsonString('a"b\\"c\\\\"d', 1)).toBe(9);
    for (const bad of ['"abc', '"\n"', '"\\x"', '"\\u00g0"', "abc", '"\\'])
      expect(scanJsonString(bad, 0), bad).toBe(-1);
  });

  it("reads the longest number", () => {
    const cases: [string, number][] = [
      ["12", 2],
      ["-0", 2],
      ["01", 1],
      ["1.5e+3x", 6],
      ["1.", 1],
      ["1e", 1],
      ["1e+", 1],
      ["1.5.6", 3],
      ["-", -1],
      ["-.5", -1],
      ["+1", -1],
      ["", -1],
      ["00", 1],
      ["0.0", 3],
      ["1E5", 3],
    ];
    for (const [text, end] of cases) expect(scanJsonNumber(text, 0), text).toBe(end);
  });
});

describe("reading a tree", () => {
  it("finds fields by decoded key, the last of duplicates", () => {
    const tree = parseJson('{"a":1,"\\u0062":"x","a":2}');
    expect(findField(tree, "a")).toMatchObject({ raw: "2" });
    expect(stringValue(findField(tree, "b"))).toBe("x");
    expect(findField(tree, "c")).toBeUndefined();
    expect(findField(parseJson("[1]"), "0")).toBeUndefined();
    expect(stringValue(parseJson("1"))).toBeUndefined();
  });
});

describe("canonicalJson", () => {
  const canonical = (text: string): string => canonicalJson(parseJson(text)!);
  it("is equal exactly for equal values", () => {
    expect(canonical('{"b":[1.0,1e2],"a":"\\u0041"}')).toBe(canonical(' {"a":"A", "b":[1,100]} '));
    expect(canonical("-0")).toBe(canonical("0"));
    expect(canonical("9007199254740993")).not.toBe(canonical("9007199254740992"));
    expect(canonical('"1"')).not.toBe(canonical("1"));
    expect(canonical('{"a":1,"a":2}')).toBe(canonical('{"a":2}'));
    expect(canonical("[1,2]")).not.toBe(canonical("[2,1]"));
  });

  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonical(JSON.stringify(reversed))).toBe(canonical(JSON.stringify(value, null, 1)));
      }),
    );
  });
});
