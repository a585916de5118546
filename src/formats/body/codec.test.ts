import { describe, expect, it } from "vitest";
import { WraithError } from "../../base/errors.ts";
import { parseJson } from "../../base/json.ts";
import type { Filling, Part } from "../format.ts";
import { bodyCodec } from "./codec.ts";

const compile = (shape: string): readonly Part[] => bodyCodec.compileShape(parseJson(shape)!);

function shapeOf(text: string, holes: Readonly<Record<string, string>> = {}): string {
  const dissection = bodyCodec.dissect(text);
  const filling = dissection.leaves.map(({ path, raw }): Filling =>
    holes[path] === undefined ? { raw } : { hole: holes[path] },
  );
  return bodyCodec.formatShape(dissection, filling, "");
}

describe("a body as an event", () => {
  it("has the scalars of its JSON as leaves", () => {
    expect(bodyCodec.dissect('{"choices":[{"message":{"content":"x"}}]}').leaves).toEqual([
      { kind: "string", path: "choices[0].message.content", raw: '"x"' },
    ]);
    expect(bodyCodec.dissect("[1]").leaves).toEqual([{ kind: "number", path: "[0]", raw: "1" }]);
  });

  it.each(["hello\nworld", "5", '"x"', "{", "", "\ufeff{}", '{"a":"\udcff"}'])(
    "is one leaf where it is no JSON object or array: %j",
    (text) => {
      expect(bodyCodec.dissect(text)).toEqual({ segments: ["", ""], leaves: [{ kind: "rest", path: "", raw: text }] });
    },
  );

  it.each([
    ['{"id":"a","n":1.0}', { id: "id" }, '{"json": {"id": {"$hole": "id"}, "n": 1.0}}'],
    ['{"a": 1}\n', {}, '{"spaced": true, "gaps": [[-1, "\\n"]], "json": {"a": 1}}'],
    ['{\n  "a": [\n    1\n  ]\n}', { "a[0]": "n" }, '{"indent": 2, "json": {"a": [{"$hole": "n", "kind": "number"}]}}'],
    ["not found\n", {}, '{"text": "not found\\n"}'],
    ["not found\n", { "": "why" }, '{"text": {"$hole": "why"}}'],
    ["\udcff\u0000", {}, '{"text": "\\udcff\\u0000"}'],
  ] as const)("%j is shown readably, and read back", (text, holes, shape) => {
    expect(shapeOf(text, holes)).toBe(shape);
    const raws = new Map(bodyCodec.dissect(text).leaves.map((l) => [(holes as Record<string, string>)[l.path], l.raw]));
    expect(
      compile(shape)
        .map((p) => (typeof p === "string" ? p : raws.get(p.hole)))
        .join(""),
    ).toBe(text);
  });

  it.each([
    ["5", " a shape is an object"],
    ["{}", " a shape has either json or text"],
    ['{"json": {}, "text": ""}', "text a shape has either json or text"],
    ['{"json": 5}', "json json is an object or array"],
    ['{"json": {"$hole": "a", "kind": "string"}}', "json json is an object or array"],
    ['{"text": 5}', "text text is a string or a hole"],
    ['{"text": "{}"}', "text this text is JSON: it belongs under json"],
    ['{"text": {"$hole": "a", "kind": "line"}}', 'text a hole has no kind "line" here'],
    ['{"text": "a", "gaps": []}', "gaps gaps belongs to json"],
    ['{"text": "a", "more": 1}', 'more a shape has no field "more"'],
    ['{"json": {"a": {"$hole": 5}}}', "json.a.$hole $hole of a hole is a string"],
  ])("a shape is refused where it is wrong: %s", (shape, message) => {
    let told = "accepted";
    try {
      compile(shape);
    } catch (error) {
      if (error instanceof WraithError) told = `${error.place.field} ${error.message}`;
    }
    expect(told).toBe(message);
  });

  it("differs at its smallest places", () => {
    expect(bodyCodec.difference('{"a":[1,2]}', '{"a":[1,3]}')).toEqual([
      { path: "a[1]", kind: "value", expected: "2", actual: "3" },
    ]);
    expect(bodyCodec.difference('{"a":1}', '{"a":1}\n')).toMatchObject([{ path: "", kind: "encoding" }]);
    expect(bodyCodec.difference("a", "b")).toEqual([{ path: "", kind: "value", expected: "a", actual: "b" }]);
    expect(bodyCodec.difference("a", "{}")).toMatchObject([{ path: "", kind: "type" }]);
  });

  it("is shown to people as JSON", () => {
    expect(bodyCodec.view('{"a" : 1.0}')).toBe('{"a":1.0}');
    expect(bodyCodec.view("not found")).toBe('{"raw":"not found"}');
  });
});
