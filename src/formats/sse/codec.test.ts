import { describe, expect, it } from "vitest";
import { sseCodec } from "./codec.ts";

const leaves = (text: string): string[] => sseCodec.dissect(text).leaves.map((l) => `${l.kind} ${l.path} ${l.raw}`);

describe("the leaves of an event", () => {
  it("are the JSON scalars of its data", () => {
    expect(
      leaves('event: x\ndata: {"choices":[{"delta":{"role":"a","n":null},"i":1.50}],"ok":true,"e":{}}\n\n'),
    ).toEqual([
      'string data.choices[0].delta.role "a"',
      "null data.choices[0].delta.n null",
      "number data.choices[0].i 1.50",
      "boolean data.ok true",
    ]);
  });

  it("are its other values, as lines", () => {
    expect(leaves(": c\nid: 7\nretry:5\nx-y: z\na b: 1\nid\ndata: t\n\n")).toEqual([
      "line comment c",
      "line id#0 7",
      "line retry 5",
      "line fields.x-y z",
      'line fields["a b"] 1',
      "text data t",
    ]);
  });

  it("are lines of text that no JSON could be", () => {
    expect(leaves("data: 1,2\n\n")).toEqual(["text data 1,2"]);
    expect(leaves("data: 10\ndata: YHOO\ndata: +2\n\n")).toEqual([
      "line data#0 10",
      "prose data#1 YHOO",
      "line data#2 +2",
    ]);
    expect(leaves("data: {\ndata: 5\ndata: true\n\n")).toEqual(["number data#1 5", "boolean data#2 true"]);
    expect(leaves("data\n\n")).toEqual([]);
    expect(leaves('data: {"a":"\udcff"}\n\n')).toEqual(['text data {"a":"\udcff"}']);
  });

  it("stand in the order of the text, also where JSON is spread around other lines", () => {
    expect(leaves('data: {"a":1,\nid: 5\ndata:  "b":[2]}\n\n')).toEqual([
      "number data.a 1",
      "line id 5",
      "number data.b[0] 2",
    ]);
  });

  it("take in a container that is opaque, where it is on one line", () => {
    const options = { opaque: new Set(["data.a[]"]) };
    const found = sseCodec.dissect('data: {"a":[{"x":1},{"x":\ndata: 2}]}\n\n', options).leaves;
    expect(found).toEqual([
      { kind: "json", path: "data.a[0]", raw: '{"x":1}' },
      { kind: "number", path: "data.a[1].x", raw: "2" },
    ]);
  });

  it("leave the name of the event to the shape", () => {
    expect(sseCodec.dissect("event: a\nevent:b\ndata: x\n\n").event).toBe("b");
    expect(sseCodec.dissect("data: x\n\n").event).toBeUndefined();
  });
});

describe("where two events differ", () => {
  const differences = (a: string, b: string): string[] =>
    sseCodec.difference(a, b).map((d) => `${d.kind} ${d.path} ${d.expected ?? "-"} ${d.actual ?? "-"}`);
  const json = (text: string): string => `data: ${text}\n\n`;
  it.each([
    ["a value", json('{"a":{"b":["x"]}}'), json('{"a":{"b":["y"]}}'), ['value data.a.b[0] "x" "y"']],
    ["a type", json('{"a":1}'), json('{"a":"1"}'), ['type data.a 1 "1"']],
    ["keys", json('{"a":1,"b":2}'), json('{"b":2,"c":3}'), ["missing data.a 1 -", "extra data.c - 3"]],
    ["the length of a list", json("[1,2]"), json("[1]"), ["missing data[1] 2 -"]],
    ["the spelling of a number", json('{"a":1.0}'), json('{"a":1}'), ["encoding data.a 1.0 1"]],
    ["the spelling of a string", json('"\\u0041"'), json('"A"'), ['encoding data "\\u0041" "A"']],
    ["the order of keys", json('{"a":1,"b":2}'), json('{"b":2,"a":1}'), ['encoding data {"a":1,"b":2} {"b":2,"a":1}']],
    ["white space", json('{"o":{"a":1}}'), json('{"o":{"a": 1}}'), ['encoding data.o {"a":1} {"a": 1}']],
    ["JSON and text", json("{}"), json("x"), ["type data {} x"]],
    ["text", json("[DONE]"), json("[done]"), ["value data [DONE] [done]"]],
    ["one line of text", "data: a\ndata: b\n\n", "data: a\ndata: c\n\n", ["value data#1 b c"]],
    ["lines of text", "data: a\ndata: b\n\n", "data: a\n\n", ["value data a\nb a"]],
    ["the event name", "event: a\ndata: 1\n\n", "event: b\ndata: 1\n\n", ["value event a b"]],
    ["presence of the name", "event: a\ndata: 1\n\n", "data: 1\n\n", ["missing event a -"]],
    ["presence of an id", "data: 1\n\n", "data: 1\nid: 5\n\n", ["extra id - 5"]],
    ["presence of data", "id: 5\n\n", "id: 5\ndata: a\ndata: b\n\n", ["extra data - a\nb"]],
    [
      "several places",
      "id: 1\nevent: a\ndata: 1\n\n",
      "id: 2\nevent: b\ndata: 2\n\n",
      ["value id 1 2", "value event a b", "value data 1 2"],
    ],
  ])("in %s", (_, a, b, expected) => {
    expect(differences(a, b)).toEqual(expected);
  });

  it.each([
    ["line ends", "data: 1\n\n", "data: 1\r\n\r\n"],
    ["a space", "data: 1\n\n", "data:1\n\n"],
    ["the order of lines", "id: 1\ndata: 1\n\n", "data: 1\nid: 1\n\n"],
    ["a colon", "id\ndata: 1\n\n", "id:\ndata: 1\n\n"],
    ["a missing end", "data: 1\n\n", "data: 1\n"],
  ])("in bytes alone: %s, told once for the whole event", (_, a, b) => {
    expect(sseCodec.difference(a, b)).toEqual([{ path: "", kind: "encoding", expected: a, actual: b }]);
  });

  it("in bytes beside a value: both are told", () => {
    const told = (a: string, b: string): string[] => sseCodec.difference(a, b).map((d) => `${d.kind} ${d.path}`);
    expect(told("id: 1\ndata: x\n\n", "data: x\nid: 2\n\n")).toEqual(["value id", "encoding "]);
    expect(told("data: x\n\n", "data: y\n")).toEqual(["value data", "encoding "]);
    expect(told("data: x\n", "data: y\n\n")).toEqual(["value data", "encoding "]);
    expect(differences("id: 1\ndata: x\n\n", "id: 2\ndata:x\n\n")).toEqual([
      "value id 1 2",
      "encoding  id: 1\ndata: x\n\n id: 2\ndata:x\n\n",
    ]);
  });
});

describe("an event for people", () => {
  it.each([
    ['event: tick\nid: 5\ndata: {"a": 1.0}\n\n', '{"event":"tick","data":{"a":1.0},"id":"5"}'],
    ["data: [DONE]\n\n", '{"data":{"raw":"[DONE]"}}'],
    ['data: {"raw":"x"}\n\n', '{"data":{"raw":"x"}}'],
    ["data: a\ndata: b\n\n", '{"data":{"raw":"a\\nb"}}'],
    ["retry: 10\n\n", '{"retry":"10"}'],
    ["data: \udcff\n\n", '{"data":{"raw":"\\udcff"}}'],
  ])("%j", (text, view) => {
    expect(sseCodec.view(text)).toBe(view);
  });
});
