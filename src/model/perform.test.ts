import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDraw } from "../base/rng.ts";
import { chatView, formats, headOf, SYMBOLS, viewOf } from "../../test/support/chat-model.ts";
import { hasForm } from "./hole-form.ts";
import { createFreshIds, type GeneratedRule } from "./fresh-ids.ts";
import { shiftTime } from "./fresh-times.ts";
import type { Route, Take, Variant } from "./model.ts";
import { echoesOfTake, performTake, type Values } from "./perform.ts";
import { parseModel } from "./symbols.ts";

const [chat, users] = parseModel(SYMBOLS, "symbols.json", formats).routes as [Route, Route];
const stream = chat.variants[0] as Variant;
const NO_PARAMS = new Map<string, string>();

const TAKE: Take = {
  id: "s/0",
  request: "abc",
  features: new Map([["body.model", '"recorded"']]),
  startedMs: 1764041740000,
  head: 0,
  trailers: 0,
  shapes: ["role", "content", "content", "tool", "done"],
  holes: new Map<string, readonly string[]>([
    ["request", ["req_0123456789abcdef"]],
    ["date", ["Tue, 25 Nov 2025 03:35:40 GMT"]],
    ["id", ['"chatcmpl-abcDEF123456"']],
    ["created", ["1764041740"]],
    ["content", ['"see abcDEF123456!"', '"req_0123456789abcdef"']],
    ["call", ['"call_Zbcdef123456"', '"fc_Zbcdef123456"']],
    ["extra", ['{"ids":["fc_Zbcdef123456","xabcDEF123456"],"n":1.0}']],
  ]),
  timesUs: { head: 0, events: [1, 2, 3, 4, 5], end: 6 },
  filler: [],
  informational: [],
  end: { shape: "clean", by: "server" },
};

const fresh = (seed: number, shiftMs = 7_200_000): Values => ({
  kind: "fresh",
  draw: createDraw(seed, "ids"),
  shiftMs,
});

describe("own values", () => {
  test("are the take's; echoes and counters are made", () => {
    const { status, headers, events, trailers } = performTake(
      chat,
      stream,
      TAKE,
      chatView('{"model":"\\u0067pt"}'),
      NO_PARAMS,
      { kind: "own" },
    );
    expect({ status, headers, trailers }).toEqual({
      status: 200,
      headers: [
        ["Content-Type", "text/event-stream"],
        ["X-Request-Id", "req_0123456789abcdef"],
        ["Date", "Tue, 25 Nov 2025 03:35:40 GMT"],
      ],
      trailers: undefined,
    });
    expect(events).toEqual([
      'data: {"id":"chatcmpl-abcDEF123456","created":1764041740,"model":"\\u0067pt","one":1.0}\n\n',
      'data: {"id":"chatcmpl-abcDEF123456","n":0,"text":"see abcDEF123456!"}\n\n',
      'data: {"id":"chatcmpl-abcDEF123456","n":1,"text":"req_0123456789abcdef"}\n\n',
      'data: {"id":"chatcmpl-abcDEF123456","call":"call_Zbcdef123456","fc":"fc_Zbcdef123456","extra":{"ids":["fc_Zbcdef123456","xabcDEF123456"],"n":1.0}}\n\n',
      "data: [DONE]\n\n",
    ]);
  });

  test("a request without the field gets the recorded one's, and else nothing", () => {
    const own: Values = { kind: "own" };
    const model = (take: Take): string => performTake(chat, stream, take, chatView("{}"), NO_PARAMS, own).events[0]!;
    expect(model(TAKE)).toContain('"model":"recorded"');
    expect(model({ ...TAKE, features: new Map([["body.model", "#abc"]]) })).toContain('"model":""');
  });

  test("an echo has the spelling of its place", () => {
    const take: Take = { ...TAKE, shapes: ["user"], holes: new Map([["word", ["3"]]]) };
    const user = users.variants[0]!;
    const events = (id: string): string =>
      performTake(users, user, take, viewOf(headOf("GET", `/v1/users/${id}`), ""), new Map([["id", id]]), {
        kind: "own",
      }).events[0]!;
    expect(events("42")).toBe('{"id": 42, "word": 3}');
    expect(events("x")).toBe('{"id": 0, "word": 3}');
    expect(echoesOfTake(users, user, take)).toEqual(["path.id"]);
  });

  test("a counter without a start begins where the take does and keeps its quotes", () => {
    const holes = new Map(chat.holes).set("n", { class: "counter", scope: "event", step: 2 });
    const values = (raws: readonly string[]): string[] =>
      performTake(
        { ...chat, holes },
        stream,
        { ...TAKE, holes: new Map(TAKE.holes).set("n", raws) },
        chatView("{}"),
        NO_PARAMS,
        { kind: "own" },
      )
        .events.slice(1, 3)
        .map((e) => /"n":(.*),/.exec(e)![1]!);
    expect(values(["9007199254740993"])).toEqual(["9007199254740993", "9007199254740995"]);
    expect(values(["5", "6"])).toEqual(["5", "6"]);
  });

  test("what the take lacks is told", () => {
    const perform = (take: Partial<Take>): unknown =>
      performTake(chat, stream, { ...TAKE, ...take }, chatView("{}"), NO_PARAMS, { kind: "own" });
    expect(() => perform({ shapes: ["nope"] })).toThrow(/no shape "nope"/);
    expect(() => perform({ holes: new Map() })).toThrow(/hole "request": it has no values/);
    expect(() =>
      perform({ holes: new Map(TAKE.holes).set("content", ['"a"', '"b"']), shapes: ["content", "content", "content"] }),
    ).toThrow(/hole "content": it has 2 values, and its events need more/);
    expect(() => perform({ head: 7 })).toThrow(/no head 7/);
  });
});

describe("fresh values", () => {
  const perform = (seed: number, take = TAKE): string =>
    JSON.stringify(performTake(chat, stream, take, chatView('{"model":"new"}'), NO_PARAMS, fresh(seed)));

  test("ids are new everywhere, and agree everywhere", () => {
    const text = perform(1);
    expect(text).not.toMatch(/abcDEF123456|Zbcdef123456|0123456789abcdef/);
    const { headers, events } = JSON.parse(text) as { headers: [string, string][]; events: string[] };
    const id = /chatcmpl-([a-z]{3}[A-Z]{3}\d{6})"/.exec(events[0]!)![1]!;
    expect(events[1]).toContain(`"see ${id}!"`);
    expect(events[3]).toContain(`"x${id}"`);
    const call = /"call":"call_([A-Z][a-z]{5}\d{6})"/.exec(events[3]!)![1]!;
    expect(events[3]).toContain(`"fc":"fc_${call}"`);
    expect(events[3]).toContain(`["fc_${call}"`);
    const request = headers[1]![1];
    expect(request).toMatch(/^req_[0-9a-f]{16}$/);
    expect(events[2]).toContain(`"text":"${request}"`);
    expect(events[0]).toContain('"created":1764048940,"model":"new"');
    expect(headers[2]![1]).toBe("Tue, 25 Nov 2025 05:35:40 GMT");
  });

  test("depend on the seed alone", () => {
    expect(perform(1)).toBe(perform(1));
    expect(perform(1)).not.toBe(perform(2));
  });

  test("a null stays null, and an echo that the take tells comes from the request where it has one", () => {
    const holes = new Map(TAKE.holes).set("extra", ["null"]).set("model", ['"odd"']);
    expect(perform(1, { ...TAKE, holes })).toContain('extra\\":null');
    expect(perform(1, { ...TAKE, holes })).toContain('model\\":\\"new\\"');
    const text = JSON.stringify(performTake(chat, stream, { ...TAKE, holes }, chatView("{}"), NO_PARAMS, fresh(1)));
    expect(text).toContain('model\\":\\"odd\\"');
  });
});

describe("new ids", () => {
  const rule = (
    alphabet: GeneratedRule["alphabet"],
    length: GeneratedRule["length"],
    prefix?: string[],
  ): GeneratedRule => ({
    class: "generated",
    scope: "event",
    alphabet,
    length,
    ...(prefix && { prefix }),
  });
  const idOf = (characters: string, least: number, most: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...characters.split("")), minLength: least, maxLength: most });
  const ALNUM = `0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ`;
  const forms: readonly (readonly [GeneratedRule, fc.Arbitrary<string>])[] = [
    [rule("digits", [1, 20]), idOf("0123456789", 1, 20)],
    [rule("hex", [1, 40]), idOf("0123456789abcdef", 1, 40)],
    [rule("base62", [1, 30]), idOf(ALNUM, 1, 30)],
    [rule("base64url", [1, 30], ["msg_", "msg_a"]), idOf(`${ALNUM}-_`, 1, 30).map((t) => `msg_${t}`)],
    [rule("uuid", 36), fc.uuid()],
    [rule("printable", [1, 30]), idOf(`${ALNUM}/+=.:`, 1, 30)],
  ];
  const recorded = fc.array(
    fc.oneof(...forms.map(([r, text]) => text.map((t) => ({ raw: JSON.stringify(t), rule: r })))),
    { minLength: 1, maxLength: 60 },
  );

  test("are one-to-one, have the old ones' form, and a whole id inside JSON is the same id", () => {
    fc.assert(
      fc.property(recorded, fc.nat(), (ids, seed) => {
        const made = createFreshIds(ids, createDraw(seed, ""));
        const there = new Map<string, string>();
        for (const { raw, rule: r } of ids) {
          const to = made.value(raw, r);
          expect(hasForm(r, to, 0)).toBe(hasForm(r, raw, 0));
          expect(to.replace(/[0-9a-z]/gi, "x")).toBe(raw.replace(/[0-9a-z]/gi, "x"));
          // One tail may stand behind different prefixes.
          expect(there.get(raw) ?? to).toBe(to);
          there.set(raw, to);
        }
        expect(new Set(there.values()).size).toBe(there.size);
      }),
      { numRuns: 300 },
    );
  });

  test("the only id of a response reads the same alone and inside an object, a text and a longer id", () => {
    const id = { raw: '"chatcmpl-abcdefABCDEF123456"', rule: rule("base62", 18, ["chatcmpl-"]) };
    const made = createFreshIds(
      [id, { raw: '"abcdefABCDEF123456:0"', rule: rule("printable", 20) }],
      createDraw(3, ""),
    );
    const tail = made.value(id.raw, id.rule).slice(10, -1);
    expect(tail).toMatch(/^[a-z]{6}[A-Z]{6}\d{6}$/);
    expect(made.value('"abcdefABCDEF123456:0"', rule("printable", 20))).toBe(`"${tail}:0"`);
    expect(made.inside('{"abcdefABCDEF123456":["x abcdefABCDEF123456yabcdefABCDEF123456"]}')).toBe(
      `{"${tail}":["x ${tail}y${tail}"]}`,
    );
    expect(made.inside("plain chatcmpl-abcdefABCDEF123456")).toBe(`plain chatcmpl-${tail}`);
  });

  test("shorter ids must stand apart, and the shortest be the whole", () => {
    const made = createFreshIds(
      [
        { raw: '"a1b2c3d4"', rule: rule("base62", 8) },
        { raw: '"k7"', rule: rule("base62", 2) },
      ],
      createDraw(1, ""),
    );
    const middle = made.value('"a1b2c3d4"', rule("base62", 8)).slice(1, -1);
    expect(made.inside('"xa1b2c3d4 a1b2c3d4z (a1b2c3d4)\\na1b2c3d4"')).toBe(
      `"xa1b2c3d4 a1b2c3d4z (${middle})\\n${middle}"`,
    );
    const short = made.value('"k7"', rule("base62", 2)).slice(1, -1);
    expect(made.inside('"k7 and k7"')).toBe('"k7 and k7"');
    expect(made.inside('{"k":"k7","k7":"ak7"}')).toBe(`{"k":"${short}","${short}":"ak7"}`);
    expect(made.inside('"k7"')).toBe(`"${short}"`);
  });

  test("a number never grows, and has no zero in front", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), fc.nat(), (n, seed) => {
        const id = { raw: String(n), rule: rule("digits", [1, 20]) };
        const to = createFreshIds([id], createDraw(seed, "")).value(id.raw, id.rule);
        expect(to).toMatch(new RegExp(`^[1-9]\\d{${id.raw.length - 1}}$`));
        expect(BigInt(to) <= n).toBe(true);
      }),
    );
  });

  test("a UUID keeps its version, and hex its case", () => {
    const id = { raw: '"0F8FAD5B-D9CB-469F-A165-70867728950E"', rule: rule("uuid", 36) };
    expect(createFreshIds([id], createDraw(1, "")).value(id.raw, id.rule)).toMatch(
      /^"[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-A[0-9A-F]{3}-[0-9A-F]{12}"$/,
    );
  });

  test("many ids in a long text take linear time", () => {
    const ids = Array.from({ length: 5000 }, (_, i) => ({
      raw: `"01HZZZZZ${String(i).padStart(10, "0")}abcdef"`,
      rule: rule("base62", 24),
    }));
    const made = createFreshIds(ids, createDraw(1, ""));
    const text = `[${ids.map(({ raw }) => raw).join(",")}]`;
    expect(made.inside(text)).toBe(`[${ids.map(({ raw, rule: r }) => made.value(raw, r)).join(",")}]`);
    const none = `"${"01HZZZZZ".repeat(100_000)}"`;
    expect(made.inside(none)).toBe(none);
  });
});

describe("moved times keep unit, precision and zone", () => {
  const cases: readonly [string, Parameters<typeof shiftTime>[1], number, string][] = [
    ["1764041740", "s", 60, "1764041800"],
    ['"1764041740"', "s", 60, '"1764041800"'],
    ["1764041740.5", "s", 1, "1764041741.5"],
    ["1764041740123", "ms", 2, "1764041742123"],
    ["1764041740123456789", "ns", 1, "1764041741123456789"],
    ['"2025-11-25T23:59:59.1234567Z"', "iso", 1, '"2025-11-26T00:00:00.1234567Z"'],
    ['"2025-11-25 23:59:59+05:30"', "iso", 2, '"2025-11-26 00:00:01+05:30"'],
    ["Tue, 25 Nov 2025 03:35:40 GMT", "http", 86400, "Wed, 26 Nov 2025 03:35:40 GMT"],
    ['"soon"', "iso", 1, '"soon"'],
    ["1e9", "s", 1, "1e9"],
  ];
  for (const [raw, unit, seconds, wanted] of cases)
    test(`${raw} in ${unit}`, () => expect(shiftTime(raw, unit, seconds)).toBe(wanted));
});
