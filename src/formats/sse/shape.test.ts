import { describe, expect, it } from "vitest";
import { WraithError } from "../../base/errors.ts";
import { parseJson } from "../../base/json.ts";
import type { DissectOptions, Filling, Part } from "../format.ts";
import { sseCodec } from "./codec.ts";

/** The shape of an event; `holes` names holes by the paths of leaves. */
function shapeOf(text: string, holes: Readonly<Record<string, string>> = {}, options?: DissectOptions): string {
  const dissection = sseCodec.dissect(text, options);
  const filling = dissection.leaves.map(({ path, raw }): Filling =>
    holes[path] === undefined ? { raw } : { hole: holes[path] },
  );
  return sseCodec.formatShape(dissection, filling, "");
}

const compile = (shape: string): readonly Part[] => sseCodec.compileShape(parseJson(shape)!);

/** The message and field of the error that a shape is refused with. */
function refusal(shape: string): string {
  try {
    compile(shape);
  } catch (error) {
    if (error instanceof WraithError) return `${error.code} ${error.place.field}: ${error.message}`;
    throw error;
  }
  return "accepted";
}

describe("a shape as it stands in symbols.json", () => {
  const cases: readonly [what: string, text: string, holes: Record<string, string>, shape: string][] = [
    [
      "the usual event",
      'data: {"id":"a","n":1.0}\n\n',
      { "data.id": "id" },
      '{"data": {"id": {"$hole": "id"}, "n": 1.0}}',
    ],
    [
      "an event name",
      'event: tick\ndata: {"n":1}\n\n',
      { "data.n": "n" },
      '{"event": "tick", "data": {"n": {"$hole": "n", "kind": "number"}}}',
    ],
    ["text", "data: [DONE]\n\n", {}, '{"text": "[DONE]"}'],
    ["a hole of text", "data: hello\n\n", { data: "t" }, '{"text": {"$hole": "t"}}'],
    ["a JSON string as payload", 'data: "hello"\n\n', {}, '{"data": "hello"}'],
    ["a JSON hole as payload", "data: 5\n\n", { data: "n" }, '{"data": {"$hole": "n", "kind": "number"}}'],
    ["lines of text", "data: YHOO\ndata: +2\n\n", { "data#1": "change" }, '{"text": ["YHOO", {"$hole": "change"}]}'],
    [
      "prose among lines",
      "data: YHOO\ndata: 10\n\n",
      { "data#0": "name" },
      '{"text": [{"$hole": "name", "kind": "prose"}, "10"]}',
    ],
    [
      "numbers on lines",
      "data: 1\ndata: 2\n\n",
      { "data#0": "a" },
      '{"text": [{"$hole": "a", "kind": "number"}, "2"]}',
    ],
    [
      "other fields and CRLF",
      'id: 7\r\nevent: tick\r\ndata: {"n":1}\r\n\r\n',
      { id: "n" },
      '{"layout": "id: {id}\\r\\nevent: {event}\\r\\ndata: {data}\\r\\n\\r\\n", "id": {"$hole": "n"}, "event": "tick", "data": {"n": 1}}',
    ],
    ["a missing space", "data:[DONE]\n\n", {}, '{"layout": "data:{data}\\n\\n", "text": "[DONE]"}'],
    [
      "unknown fields and comments",
      ": hi\nx{y: 1\nx{y: 2\nid\ndata: {}\n\n",
      { comment: "c", 'fields["x{y#1"]': "f" },
      '{\n  "layout": ": {comment}\\nx{{y: {value}\\nx{{y: {value}\\nid\\ndata: {data}\\n\\n",\n  "comment": {"$hole": "c"},\n  "fields": {"x{y": ["1", {"$hole": "f"}]},\n  "data": {}\n}',
    ],
    ["no data", "retry: 100\n\n", { retry: "r" }, '{"layout": "retry: {retry}\\n\\n", "retry": {"$hole": "r"}}'],
    [
      "spaces as Python writes them",
      'data: {"a": 1, "b": [true, null]}\n\n',
      {},
      '{"spaced": true, "data": {"a": 1, "b": [true, null]}}',
    ],
    [
      "JSON over several lines",
      'data: {\ndata:   "a": 1\ndata: }\n\n',
      { "data.a": "a" },
      '{"indent": 2, "data": {"a": {"$hole": "a", "kind": "number"}}}',
    ],
    [
      "JSON with a line between",
      'data: {"a":\nid: 5\ndata:1}\n\n',
      {},
      '{"layout": "data: {data}\\nid: {id}\\ndata:{data}\\n\\n", "gaps": [[3, "\\n"]], "data": {"a": 1}, "id": "5"}',
    ],
    ["single gaps", 'data:  {"a" :1}\n\n', {}, '{"gaps": [[0, " "], [2, " "]], "data": {"a": 1}}'],
    ["keys that begin with $", 'data: {"$hole":"x","$":1}\n\n', {}, '{"data": {"$$hole": "x", "$$": 1}}'],
    ["text that is no UTF-8", "data: a\udcff\n\n", {}, '{"text": "a\\udcff"}'],
  ];
  it.each(cases)("shows %s", (_, text, holes, shape) => {
    expect(shapeOf(text, holes)).toBe(shape);
    const parts = compile(shape);
    const leaves = sseCodec.dissect(text).leaves;
    const values = new Map(leaves.map(({ path, raw }) => [holes[path], raw]));
    expect(parts.map((p) => (typeof p === "string" ? p : values.get(p.hole))).join("")).toBe(text);
    for (const part of parts)
      if (typeof part !== "string")
        expect(leaves).toContainEqual({ kind: part.kind, path: part.path, raw: values.get(part.hole) });
  });

  it("shows opaque and nullable places", () => {
    const options = { opaque: new Set(["data.a"]), nullable: new Set(["data.b"]) };
    const shape = shapeOf('data: {"a":{"x": [1]},"b":null}\n\n', { "data.a": "a", "data.b": "b" }, options);
    expect(shape).toBe('{"data": {"a": {"$hole": "a", "kind": "json"}, "b": {"$hole": "b", "kind": "scalar"}}}');
    expect(compile(shape)).toEqual([
      'data: {"a":',
      { hole: "a", kind: "json", path: "data.a" },
      ',"b":',
      { hole: "b", kind: "scalar", path: "data.b" },
      "}\n\n",
    ]);
  });

  it("wraps what is long, at the indentation it is told", () => {
    const text = `data: {"first":"${"x".repeat(80)}","second":["${"y".repeat(80)}"]}\n\n`;
    expect(sseCodec.formatShape(sseCodec.dissect(text), sseCodec.dissect(text).leaves, "      ")).toBe(
      `{\n        "data": {\n          "first": "${"x".repeat(80)}",\n          "second": ["${"y".repeat(80)}"]\n        }\n      }`,
    );
  });
});

describe("a shape that a person edited", () => {
  it("may have its layout, its white space and its constants changed", () => {
    expect(compile('{"layout": "data:{data}\\r\\n\\r\\n", "text": ["a", "b"]}')).toEqual(["data:a\r\ndata:b\r\n\r\n"]);
    expect(compile('{"data": {"a": [ 1.50, 2 ]}}')).toEqual(['data: {"a":[1.50,2]}\n\n']);
    expect(compile('{"layout": "event: ping\\n: {comment}\\n\\n", "comment": "{x}"}')).toEqual([
      "event: ping\n: {x}\n\n",
    ]);
    expect(compile('{"event": "e", "text": ""}')).toEqual(["event: e\ndata: \n\n"]);
  });

  it.each([
    ["[]", "MODEL_INVALID : an object is wanted here"],
    ["{}", "MODEL_INVALID : a shape without a layout has data or text"],
    ['{"dada": {}}', 'MODEL_INVALID dada: a shape has no field "dada"'],
    ['{"data": {}, "text": "x"}', "MODEL_INVALID text: a shape has either data (JSON) or text"],
    ['{"data": 1, "data": 2}', "MODEL_INVALID data: data stands here twice"],
    ['{"text": 5}', "MODEL_INVALID text: a string or a hole is wanted here"],
    ['{"text": "{}"}', "MODEL_INVALID text: this text is JSON: it belongs under data"],
    ['{"text": ["[1,", "2]"]}', "MODEL_INVALID text: this text is JSON: it belongs under data"],
    [
      '{"text": ["{", {"$hole": "a"}]}',
      'MODEL_INVALID text: one line at least is no JSON: a constant, or a hole of "kind": "prose"',
    ],
    ['{"text": "a\\nb"}', "MODEL_INVALID text: a value of one line has no line end in it"],
    ['{"text": {"$hole": "a", "kind": "json"}}', 'MODEL_INVALID text: a hole has no kind "json" here'],
    ['{"event": {"$hole": "a"}, "data": {}}', "MODEL_INVALID event: the name of an event is a constant"],
    ['{"id": "1", "data": {}}', "MODEL_INVALID id: the layout has 0 places for the 1 values"],
    [
      '{"layout": "id: {id}\\ndata: {data}\\n\\n", "data": {}}',
      "MODEL_INVALID id: the layout has a place for id that has no value",
    ],
    [
      '{"layout": "data: {id}\\n\\n", "data": {}}',
      "MODEL_INVALID layout: a brace in a layout is a place that fits its line ({id}, {event}, {data}, {value} ...), or is doubled",
    ],
    ['{"layout": 5, "data": {}}', "MODEL_INVALID layout: layout is a string"],
    ['{"data": {"a": {"$hole": ""}}}', "MODEL_INVALID data.a.$hole: a hole has a name"],
    ['{"data": {"a": {"$hole": "x", "kind": "line"}}}', 'MODEL_INVALID data.a: a hole inside JSON has no kind "line"'],
    [
      '{"data": {"a": {"$hole": "x", "b": 1}}}',
      "MODEL_INVALID data.a.b: a hole has the fields $hole and kind, once each",
    ],
    [
      '{"data": {"$ref": 1}}',
      'MODEL_INVALID data.$ref: a key that begins with $ is written with one more $ (only a hole is {"$hole": ...})',
    ],
    ['{"gaps": [[9, " "]], "data": {}}', "MODEL_INVALID gaps: there is no token 9 (the JSON has 2)"],
    ['{"gaps": [[0, "x"]], "data": {}}', "MODEL_INVALID gaps[0]: a gap is [token, white space]"],
    [
      '{"gaps": [[1, "\\r"]], "data": {}}',
      "MODEL_INVALID gaps: lines of data end as the layout says: white space has \\n only",
    ],
    ['{"spaced": true, "text": "x"}', "MODEL_INVALID spaced: spaced, indent and gaps belong to data"],
    ['{"spaced": true, "indent": 2, "data": {}}', "MODEL_INVALID indent: a shape is either spaced or has an indent"],
    [
      '{"indent": 11, "data": {}}',
      "MODEL_INVALID indent: indent is a number from 1 to 10, or a string of spaces or tabs",
    ],
    [
      '{"layout": "data: {data}\\ndata: {data}\\n\\n", "text": ["a", "b", "c"]}',
      "MODEL_INVALID text: the layout has 2 places for the 3 values",
    ],
    [
      '{"layout": "x: {value}\\ndata: {data}\\n\\n", "fields": {"y": "1"}, "data": 1}',
      "MODEL_INVALID fields.x: the layout has a place for field:x that has no value",
    ],
  ])("is refused where it is wrong: %s", (shape, message) => {
    expect(refusal(shape)).toBe(message);
  });
});
