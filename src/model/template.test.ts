import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formats } from "../../test/support/chat-model.ts";
import type { LeafKind, Part } from "../formats/format.ts";
import { codecOfRoute } from "./loaded-model.ts";
import { createMatcher, matchAfter, matchTemplate, renderTemplate, templateFromParts } from "./template.ts";

const template = (...parts: readonly (string | readonly [string, LeafKind])[]) =>
  templateFromParts(parts.map((p): Part => (typeof p === "string" ? p : { hole: p[0], kind: p[1], path: p[0] })));

describe("a template", () => {
  test("joins neighbouring literals and begins and ends with one", () => {
    expect(template("a", "b", ["x", "number"])).toEqual({
      segments: ["ab", ""],
      holes: ["x"],
      kinds: ["number"],
      paths: ["x"],
    });
  });

  const cases: readonly [
    name: string,
    parts: readonly (string | readonly [string, LeafKind])[],
    text: string,
    values: readonly string[] | undefined,
  ][] = [
    ["constant", ["abc"], "abc", []],
    ["constant with a tail", ["abc"], "abcd", undefined],
    ["string", ['{"a":', ["a", "string"], "}"], '{"a":"x\\"}"}', ['"x\\"}"']],
    ["no string", ['{"a":', ["a", "string"], "}"], '{"a":1}', undefined],
    ["number, whole", ['{"a":', ["a", "number"], "}"], '{"a":1.50e3}', ["1.50e3"]],
    ["the literal must stand right behind the value", ["[", ["a", "number"], ",1]"], "[2,11]", undefined],
    ["null is no scalar of a kind", ["[", ["a", "number"], "]"], "[null]", undefined],
    ["scalar", ["[", ["a", "scalar"], ",", ["b", "scalar"], "]"], '[null,"x"]', ["null", '"x"']],
    ["scalar is no list", ["[", ["a", "scalar"], "]"], "[[]]", undefined],
    ["opaque", ["[", ["a", "json"], "]"], '[{"x": [1]}]', ['{"x": [1]}']],
    ["opaque is no scalar", ["[", ["a", "json"], "]"], "[null]", undefined],
    ["line", ["id: ", ["a", "line"], "\ndata: ", ["b", "text"], "\n\n"], "id: 5\r\ndata: x\n\n", undefined],
    ["lines", ["id: ", ["a", "line"], "\ndata: ", ["b", "text"], "\n\n"], "id: 5\ndata: x\n\n", ["5", "x"]],
    ["an empty line", ["id: ", ["a", "line"], "\n\n"], "id: \n\n", [""]],
    ["text takes no JSON", ["data: ", ["b", "text"], "\n\n"], 'data: {"a":1}\n\n', undefined],
    ["rest", [["a", "rest"]], "any\nthing", ["any\nthing"]],
    ["rest takes no JSON body", [["a", "rest"]], '{"a":1}', undefined],
    ["a tail that ends as the shape does", ["[", ["a", "number"], "]"], "[1],2]", undefined],
    ["start and end that overlap", ["ab", ["a", "line"], "ba"], "aba", undefined],
  ];
  for (const [name, parts, text, values] of cases)
    test(name, () => {
      const made = template(...parts);
      expect(matchTemplate(text, made)).toEqual(values);
      if (values !== undefined) expect(renderTemplate(made, values)).toBe(text);
    });

  test("gives the same for an event whatever the one before said", () => {
    const kinds: readonly LeafKind[] = ["string", "number", "boolean", "null", "json", "scalar"];
    const value = fc.constantFrom(
      '"a"',
      '"a\\""',
      "1",
      "12",
      "-1.5e3",
      "true",
      "null",
      "{}",
      '{"a":[1]}',
      "[]",
      "x",
      "",
    );
    const place = fc.record({
      kind: fc.constantFrom(...kinds),
      literal: fc.constantFrom(",", "]", "}", " ", ""),
      a: value,
      b: value,
    });
    const line = fc.record({ kind: fc.constantFrom<LeafKind>("line", "text", "prose"), a: value, b: value });
    fc.assert(
      fc.property(fc.array(place, { maxLength: 4 }), line, (places, last) => {
        const made = template(
          "data:[",
          ...places.flatMap(({ kind, literal }) => [["h", kind] as const, literal]),
          "\nid:",
          ["l", last.kind],
          "\n",
        );
        const textOf = (of: "a" | "b"): string => renderTemplate(made, [...places.map((p) => p[of]), last[of]]);
        const before = matchTemplate(textOf("a"), made);
        expect(matchAfter(textOf("b"), made, before)).toEqual(matchTemplate(textOf("b"), made));
        const again = before && matchAfter(textOf("a"), made, before);
        expect(again).toEqual(before);
        // A number with nothing behind it has to be scanned: what follows might be more of it.
        if (places.every(({ literal }) => literal !== "")) expect(again).toBe(before);
        const matcher = createMatcher(made);
        for (const side of ["a", "a", "b", "a", "b", "b", "a"] as const)
          expect(matcher.match(textOf(side))).toEqual(matchTemplate(textOf(side), made));
      }),
    );
  });

  test("matches exactly the events that its codec cuts at the same places", () => {
    const codec = codecOfRoute({ method: "GET", pattern: "/" }, "sse", formats);
    const value = fc.json({ maxDepth: 2 });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [left, right] = [codec.dissect(`data: ${a}\n\n`), codec.dissect(`data: ${b}\n\n`)];
        const made = templateFromParts(
          left.segments.flatMap((segment, i): Part[] => {
            const leaf = left.leaves[i];
            return leaf === undefined ? [segment] : [segment, { hole: `h${i}`, kind: leaf.kind, path: leaf.path }];
          }),
        );
        expect(matchTemplate(`data: ${a}\n\n`, made)).toEqual(left.leaves.map((l) => l.raw));
        const alike =
          JSON.stringify(left.segments) === JSON.stringify(right.segments) &&
          left.leaves.every((leaf, i) => leaf.kind === right.leaves[i]!.kind);
        expect(matchTemplate(`data: ${b}\n\n`, made)).toEqual(alike ? right.leaves.map((l) => l.raw) : undefined);
      }),
      { numRuns: 1000 },
    );
  });

  test("takes linear time also where much looks alike", () => {
    const made = template("[", ["a", "string"], ",", ["b", "string"], "]");
    const long = `["${'\\"'.repeat(500_000)}","${"a,".repeat(500_000)}"]`;
    expect(matchTemplate(long, made)).toHaveLength(2);
    expect(matchTemplate(`${long}x`, made)).toBeUndefined();
  });
});
