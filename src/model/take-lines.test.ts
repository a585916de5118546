import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WraithError } from "../base/errors.ts";
import { formats, SYMBOLS } from "../../test/support/chat-model.ts";
import type { Route, Take, Variant } from "./model.ts";
import { parseModel } from "./symbols.ts";
import { formatTake, parseTakes } from "./take-lines.ts";

const [chat, users] = parseModel(SYMBOLS, "symbols.json", formats).routes as [Route, Route];
const stream = chat.variants[0] as Variant;
const user = users.variants[0] as Variant;

const TAKE: Take = {
  id: "s/0",
  request: "abc",
  features: new Map([
    ["body.model", '"m"'],
    ["body.long", "#0123"],
    ["body.n", "1.0"],
    ["body.tools", "[]"],
    ["body.more", "{}"],
  ]),
  startedMs: 1764041740123.456,
  head: 0,
  trailers: 0,
  shapes: ["role", "content", "content", "content", "tool", "done"],
  holes: new Map<string, readonly string[]>([
    ["request", ["req_0123456789abcdef"]],
    ["date", ["Tue, 25 Nov 2025 03:35:40 GMT"]],
    ["id", ['"chatcmpl-abcDEF123456"']],
    ["created", ["1764041740"]],
    ["content", ['"a"', '"\\u00e9"', '"a"']],
    ["call", ['"call_abcDEF123457"', '"fc_abcDEF123457"']],
    ["extra", ['{"runs": [1.0, "x"]}']],
  ]),
  timesUs: { head: 900, events: [1000, 1020, 1020, 1100, 1300, 1300], end: 1500 },
  filler: [{ before: 1, text: ": ping\n\n\udc80", atUs: 1010 }],
  informational: [{ status: 103, headers: [["link", "</a>"]], atUs: 12 }],
  end: { shape: "error", by: "server", code: 8, detail: "reset" },
};

const parse = (line: string, route = chat, variant = stream): readonly Take[] =>
  parseTakes(line, "takes/x.jsonl", route, variant);

function refusal(line: string, route = chat, variant = stream): WraithError {
  try {
    parse(line, route, variant);
  } catch (error) {
    if (error instanceof WraithError) return error;
    throw error;
  }
  throw new Error("the take was taken");
}

describe("a take's line", () => {
  test("reads as a person would write it", () => {
    expect(formatTake(chat, stream, TAKE)).toBe(
      '{"take": "s/0", "request": "abc", "features": {"body.model": "m", "body.long": {"digest": "0123"}, "body.n": 1.0, "body.tools": [], "body.more": {"raw": "{}"}}, ' +
        '"startedAt": "2025-11-25T03:35:40.123456Z", "shapes": "role content*3 tool done", "holes": {"request": "req_0123456789abcdef", ' +
        '"date": "Tue, 25 Nov 2025 03:35:40 GMT", "id": "chatcmpl-abcDEF123456", "created": 1764041740, ' +
        '"content": ["a", "\\u00e9", "a"], "call": ["call_abcDEF123457", "fc_abcDEF123457"], "extra": [{"runs": [1.0, "x"]}]}, ' +
        '"gapsUs": [900, 100, 20, 0, 80, 200, 0, 200], "filler": [{"before": 1, "atUs": 1010, "text": ": ping\\n\\n\\udc80"}], ' +
        '"informational": [{"status": 103, "atUs": 12, "headers": [["link","</a>"]]}], ' +
        '"end": {"shape": "error", "by": "server", "code": 8, "detail": "reset"}}',
    );
    expect(parse(formatTake(chat, stream, TAKE))).toEqual([TAKE]);
  });

  test("a hole at text and JSON places keeps the spelling of each", () => {
    const take: Take = {
      ...TAKE,
      shapes: ["user"],
      holes: new Map([["word", ["3", "3 4"]]]),
      timesUs: { head: 1, events: [2], end: 3 },
      filler: [],
      end: { shape: "clean", by: "server" },
    };
    const line = formatTake(users, user, take);
    expect(line).toContain('"word": {"raw": ["3", "3 4"]}');
    expect(parse(line, users, user)).toEqual([take]);
    const same = { ...take, holes: new Map([["word", ["3"]]]) };
    expect(formatTake(users, user, same)).toContain('"word": {"raw": "3"}');
    expect(parse(formatTake(users, user, same), users, user)).toEqual([same]);
  });

  test("runs are told where they are shorter, and a counter's values are never folded", () => {
    const shapes = Array.from({ length: 40 }, () => "content");
    const holes = new Map(TAKE.holes)
      .set(
        "content",
        shapes.map((_, i) => (i < 30 ? '"a"' : '"b"')),
      )
      .set("n", ["7", "7", ...shapes.slice(2).map(() => "8")]);
    for (const hole of ["call", "extra", "created"]) holes.delete(hole);
    const take: Take = {
      ...TAKE,
      shapes,
      holes,
      timesUs: { head: 1, events: shapes.map(() => 1), end: 2 },
      filler: [],
    };
    const line = formatTake(chat, stream, take);
    expect(line).toContain('"content": {"runs": [["a", 30], ["b", 10]]}');
    expect(parse(line)).toEqual([take]);
    const equal = {
      ...take,
      holes: new Map(holes).set(
        "n",
        shapes.map(() => "8"),
      ),
    };
    expect(parse(formatTake(chat, stream, equal))).toEqual([equal]);
  });

  const string = fc.oneof(fc.string(), fc.string({ unit: "grapheme" })).map((s) => JSON.stringify(s));
  const json = fc.oneof(
    fc.json().filter((s) => /^[[{]/.test(s)),
    fc.constant('{\r\n  "a": [1.00, 1e5]\n}'),
    fc.constant('["\udc80"]'),
    fc.constant("null"),
  );
  test("gives every take back, whatever its values are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("role", "content", "tool"), fc.nat(1e9)), { maxLength: 30 }),
        fc.array(string, { minLength: 1 }),
        fc.array(json, { minLength: 1 }),
        fc.array(fc.string(), { minLength: 2, maxLength: 2 }),
        fc.tuple(fc.integer({ min: 0, max: 4e12 }), fc.nat()).map(([ms, us]) => ms + us / 1000),
        (row, strings, jsons, texts, startedMs) => {
          const count = (name: string): number => row.filter(([n]) => n === name).length;
          const fold = (values: string[]): string[] =>
            values.every((v) => v === values[0]) ? values.slice(0, 1) : values;
          const fill = (n: number, pool: readonly string[]): string[] =>
            fold(Array.from({ length: n }, (_, i) => pool[i % pool.length]!));
          const holes = new Map<string, readonly string[]>([
            ["request", [texts[0]!]],
            ["date", [texts[1]!]],
          ]);
          if (row.length > 0) holes.set("id", fill(row.length, strings));
          if (count("role") > 0) holes.set("created", fill(count("role"), ["1", "2.50"]));
          if (count("content") > 0) holes.set("content", fill(count("content"), strings));
          if (count("tool") > 0)
            holes.set("call", fill(count("tool") * 2, strings)).set("extra", fill(count("tool"), jsons));
          const events = row.map(([, at]) => at);
          const take: Take = {
            ...TAKE,
            startedMs,
            shapes: row.map(([n]) => n),
            holes,
            timesUs: { head: 5, events, end: 0 },
            filler: [],
          };
          const line = formatTake(chat, stream, take);
          expect(line).not.toMatch(/[\r\n]/);
          expect(line.isWellFormed()).toBe(true);
          expect(parse(line)).toEqual([take]);
          expect(formatTake(chat, stream, parse(line)[0]!)).toBe(line);
        },
      ),
    );
  });
});

describe("a take that was edited badly is refused with line and field", () => {
  const line = formatTake(chat, stream, TAKE);
  const cases: readonly [from: string, to: string, field: string, message: RegExp][] = [
    ["content*3", "contents*3", "shapes", /no shape "contents"/],
    ["content*3", "content*x", "shapes", /shape\*number/],
    ["content*3", "content*2", "holes.content", /2 places for the hole "content", and 3 values/],
    ['"content": ["a", ', '"content": [', "holes.content", /3 places for the hole "content", and 2 values/],
    ['"content": ["a"', '"contents": ["a"', "holes.contents", /no hole "contents"/],
    ['"content": ["a", "\\u00e9", "a"], ', "", "holes", /"content" are missing \(3 expected\)/],
    ['"id": "chat', '"message": "x", "id": "chat', "holes.message", /no event of this take has the hole "message"/i],
    ['"date": "Tue', '"date": 5, "x": "Tue', "holes.date", /a string is wanted/i],
    ["[900, 100", "[900", "gapsUs", /8 gaps are expected \(head, 6 events, end\), and 7/],
    ['"shape": "error"', '"shape": "eror"', "end.shape", /none of clean/],
    ['"startedAt": "2025', '"startedAt": "x2025', "startedAt", /a time as/i],
    ['"before": 1', '"before": 9', "filler[0].before", /6 events/],
    ['"take": "s/0"', '"take": "s/0", "head": 3', "head", /no head 3/],
    ['"take": "s/0", ', '"take": "s/0" ', "", /not JSON/],
  ];
  for (const [from, to, field, message] of cases)
    test(`${field || "JSON"}: ${to}`, () => {
      expect(line).toContain(from);
      const error = refusal(`${line.replace("s/0", "s/1")}\n\n${line.replace(from, to)}\n`);
      expect(error.message).toMatch(message);
      expect(error.place).toMatchObject({ file: "takes/x.jsonl", line: 3, field });
    });

  test("a take that stands there twice", () => {
    expect(refusal(`${line}\n${line}`).message).toMatch(/twice/);
  });

  test("a run that would fill the memory", () => {
    expect(
      refusal(line.replace('"content": ["a", "\\u00e9", "a"]', '"content": {"runs": [["a", 999999999]]}')).message,
    ).toMatch(/3 places/);
    expect(refusal(line.replace("content*3", "content*999999999")).message).toMatch(/events/);
  });
});
