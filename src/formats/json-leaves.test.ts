import { describe, expect, it } from "vitest";
import { parseJson } from "../base/json.ts";
import type { DissectOptions } from "./format.ts";
import { keyText, visitJsonLeaves } from "./json-leaves.ts";

function visit(text: string, root = "", options?: DissectOptions): string[] {
  const out: string[] = [];
  visitJsonLeaves(parseJson(text)!, root, options, (kind, path, node) =>
    out.push(`${kind} ${path} ${text.slice(node.start, node.end)}`),
  );
  return out;
}

describe("the leaves of a JSON tree", () => {
  it("have paths from the root that is given", () => {
    expect(visit('{"a":[{"b c":1},null],"\\u0064":"x","e":[]}', "data")).toEqual([
      'number data.a[0]["b c"] 1',
      "null data.a[1] null",
      'string data.d "x"',
    ]);
    expect(visit("5", "data")).toEqual(["number data 5"]);
    expect(visit("[true]")).toEqual(["boolean [0] true"]);
  });

  it("can be containers, and scalars that may be null", () => {
    const options = { opaque: new Set(["a[].o"]), nullable: new Set(["a[].n"]) };
    expect(visit('{"a":[{"o":{"x":1},"n":null},{"o":5,"n":"s"}]}', "", options)).toEqual([
      'json a[0].o {"x":1}',
      "scalar a[0].n null",
      "number a[1].o 5",
      'scalar a[1].n "s"',
    ]);
  });

  it("are found whatever was visited before: other orders, other keys at the same place", () => {
    expect(visit('{"x":1,"y":{"z":2}}')).toEqual(["number x 1", "number y.z 2"]);
    expect(visit('{"y":{"z":2},"x":1,"w":3}')).toEqual(["number y.z 2", "number x 1", "number w 3"]);
    expect(visit('{"x":{"z":1},"x":2}')).toEqual(["number x.z 1", "number x 2"]);
  });

  it("keep their paths when keys are data, and there are many of them", () => {
    for (let i = 0; i < 60_000; i += 10_000) {
      const keys = Array.from({ length: 10_000 }, (_, k) => `"k${i + k}":{"v":${k}}`);
      const leaves = visit(`{${keys.join(",")}}`, "many");
      expect(leaves).toHaveLength(10_000);
      expect(leaves.at(-1)).toBe(`number many.k${i + 9999}.v 9999`);
    }
    expect(visit('{"a":{"b":1}}', "many")).toEqual(["number many.a.b 1"]);
  });
});

it("keyText decodes a key", () => {
  expect([keyText('"a"'), keyText('"\\u0061\\""'), keyText('""')]).toEqual(["a", 'a"', ""]);
});
