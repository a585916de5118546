import { describe, expect, test } from "vitest";
import { WraithError } from "../base/errors.ts";
import { formats, SYMBOLS } from "../../test/support/chat-model.ts";
import { formatModel, parseModel } from "./symbols.ts";

function refusal(text: string): WraithError {
  try {
    parseModel(text, "model/symbols.json", formats);
  } catch (error) {
    if (error instanceof WraithError) return error;
    throw error;
  }
  throw new Error("the model was taken");
}

function edited(from: string, to: string): string {
  expect(SYMBOLS).toContain(from);
  return SYMBOLS.replace(from, to);
}

describe("the text of a model", () => {
  test("is the same again after reading and writing", () => {
    const model = parseModel(SYMBOLS, "symbols.json", formats);
    const text = formatModel(model);
    expect(text).toBe(formatModel(parseModel(text, "symbols.json", formats)));
    expect(parseModel(text, "symbols.json", formats)).toEqual(model);
    // Lines may be wrapped otherwise; nothing else changes.
    const flat = (s: string): string => s.replace(/\s+/g, "");
    expect(flat(text)).toBe(flat(SYMBOLS));
  });

  test("keeps the spelling of constants and shows what belongs to a shape in front of it", () => {
    const [route] = parseModel(SYMBOLS, "symbols.json", formats).routes;
    expect(
      route!.shapes
        .get("role")!
        .parts.filter((p) => typeof p === "string")
        .join(""),
    ).toContain('"one":1.0');
    const error = route!.shapes.get("error")!;
    expect(error).toMatchObject({ format: "body", seen: 1 });
    expect(error.source).toBe('{"json": {"error": {"message": {"$hole": "message"}, "$$code": 404}}}');
    expect(error.parts).toEqual([
      '{"error":{"message":',
      { hole: "message", kind: "string", path: "error.message" },
      ',"$code":404}}',
    ]);
  });

  test("a shape over several lines keeps its lines when something is said in front of it", () => {
    const long = edited('{"text": "[DONE]"}', `{\n          "data": {"x": "${"y".repeat(150)}"}\n        }`);
    const model = parseModel(long, "symbols.json", formats);
    const [route] = model.routes;
    const shapes = new Map(route!.shapes);
    shapes.set("done", { ...shapes.get("done")!, seen: 1 });
    const marked = { ...model, routes: [{ ...route!, shapes }, ...model.routes.slice(1)] };
    const text = formatModel(marked);
    expect(text).toContain('"done": {\n          "seen": 1,\n          "data"');
    expect(parseModel(text, "symbols.json", formats)).toEqual(marked);
  });

  test("variants have all their heads, trailers and ends", () => {
    const [chat, users] = parseModel(SYMBOLS, "symbols.json", formats).routes;
    expect(chat!.variants[1]!.headers).toEqual([
      [
        ["Content-Type", "application/json"],
        ["content-length", ""],
      ],
      [["Content-Type", "application/json"]],
    ]);
    expect(chat!.variants[0]!.trailers).toEqual([undefined]);
    expect(users!.variants[0]!.trailers).toEqual([[["x-sum", { hole: "word" }]], undefined]);
    expect(chat!.variants[0]!.termination).toHaveLength(2);
    expect(users!.holes.get("word")).toMatchObject({ values: ['"a"', "b c", "3"] });
    expect(users!.variants[0]!.guard).toEqual([
      { path: "query.v", test: "absent" },
      { path: "headers.accept", test: "present" },
    ]);
  });
});

describe("a model that was edited badly is refused with the place", () => {
  const cases: readonly [name: string, from: string, to: string, field: string, message: RegExp][] = [
    ["no JSON", '"twin": "my-llm",', '"twin": "my-llm"', "", /not JSON/],
    [
      "unknown field",
      '"status": 200,',
      '"status": 200, "stats": 1,',
      "routes[0].variants[0].stats",
      /no field "stats"/,
    ],
    [
      "unknown field of a rule",
      '"unit": "s"',
      '"unit": "s", "step": 1',
      "routes[0].holes.created.step",
      /no field "step"/,
    ],
    [
      "wrong type",
      '"status": 404',
      '"status": "404"',
      "routes[0].variants[1].status",
      /a number is wanted here, not a string/i,
    ],
    ["missing field", '"from": "body.model"}', '"nullable": true}', "routes[0].holes.model", /"from" is missing/],
    ["class", '"class": "counter"', '"class": "count"', "routes[0].holes.n.class", /none of json, timestamp/],
    [
      "hole in a shape",
      '"text": {"$hole": "content"}',
      '"text": {"$hole": "contents"}',
      "routes[0].shapes.content.data.text",
      /hole "contents"/,
    ],
    [
      "hole in a header",
      '{"$hole": "request"}]',
      '{"$hole": "reqest"}]',
      "routes[0].variants[0].headers[1][1].$hole",
      /hole "reqest"/,
    ],
    [
      "shape in a row",
      '"endings": [["done"]]',
      '"endings": [["dne"]]',
      "routes[0].variants[0].stream.endings[0][0]",
      /shape "dne"/,
    ],
    [
      "shape of another format",
      '"endings": [["done"]]',
      '"endings": [["error"]]',
      "routes[0].variants[0].stream.endings[0][0]",
      /format body/,
    ],
    [
      "body where a stream is",
      '"stream": {"prefix": ["role"], "middle": ["content", "tool"], "endings": [["done"]]}',
      '"body": ["done"]',
      "routes[0].variants[0].body",
      /has stream and no body/,
    ],
    [
      "two holes of one name",
      '"message": {"class": "text"',
      '"model": {"class": "text"',
      "routes[0].holes.model",
      /twice/,
    ],
    [
      "two variants of one name",
      '"variant": "404"',
      '"variant": "200-stream"',
      "routes[0].variants[1].variant",
      /twice/,
    ],
    ["two routes of one name", "GET /v1/users/:id", "POST /v1/chat", "routes[1].holes.user.from", /parameter "id"/],
    ["path of a request", '"from": "path.id"', '"from": "path.user"', "routes[1].holes.user.from", /parameter "user"/],
    [
      "guard",
      '{"body.model": {"equals": "badmodel"}}',
      '{"boddy.model": {"equals": "badmodel"}}',
      'routes[0].variants[1].guard["boddy.model"]',
      /no path of a request/,
    ],
    ["takes outside", "post-v1-chat-1a2b/404", "../404", "routes[0].variants[1].takes", /below model\/takes/],
    [
      "two variants with one file",
      "post-v1-chat-1a2b/404",
      "post-v1-chat-1a2b/200-stream",
      "routes[0].variants[1].takes",
      /have their takes/,
    ],
    [
      "shape that is none",
      '"data": {"id": {"$hole": "id"}, "n"',
      '"dta": {"id": {"$hole": "id"}, "n"',
      "routes[0].shapes.content.dta",
      /no field "dta"/,
    ],
    ["key with one $", '"$$code"', '"$code"', "routes[0].shapes.error.json.error.$code", /one more \$/],
    ["version", '"wraith": 1', '"wraith": 2', "wraith", /reads format 1 only/],
  ];
  for (const [name, from, to, field, message] of cases)
    test(name, () => {
      const text = edited(from, to);
      const error = refusal(text);
      expect(error.code).toBe("MODEL_INVALID");
      expect(error.message).toMatch(message);
      expect(error.place).toMatchObject({ file: "model/symbols.json", field });
      expect(error.place.line).toBeGreaterThan(1);
      expect(error.place.column).toBeGreaterThan(0);
    });

  test("line and column are those of the value", () => {
    const error = refusal(edited('"status": 404', '"status": "404"'));
    const line = SYMBOLS.split("\n").findIndex((l) => l.includes('"status": 404')) + 1;
    expect(error.place).toMatchObject({ line, column: 21 });
  });
});
