import { describe, expect, it } from "vitest";
import type { HoleClass, HoleRule } from "../model/model.ts";
import { classify } from "./classify.ts";
import type { RequestTexts } from "./echo.ts";
import type { ValueKind } from "./value-kind.ts";

const STARTED = Date.UTC(2026, 10, 22, 10);

interface Case {
  readonly path?: string;
  readonly kind?: ValueKind;
  readonly nullable?: boolean;
  readonly forced?: HoleClass;
  /** What each sample's request says, raw values by path. */
  readonly asked?: readonly Readonly<Record<string, string>>[];
}

/** The rule of raw values, by sample. */
function ruleOf(samples: readonly (readonly string[])[], more: Case = {}): HoleRule {
  const requests = samples.map((_, i): RequestTexts => {
    const asked = Object.entries(more.asked?.[i] ?? {});
    const pathsByText = new Map<string, string[]>();
    for (const [path, raw] of asked) {
      const text = raw.startsWith('"') ? (JSON.parse(raw) as string) : raw;
      pathsByText.set(text, [...(pathsByText.get(text) ?? []), path]);
    }
    return { rawByPath: new Map(asked), pathsByText };
  });
  const isOne = (raws: readonly string[]): boolean => raws.length > 1 && raws.every((raw) => raw === raws[0]);
  return classify(
    {
      path: more.path ?? "data.x",
      kind: more.kind ?? "string",
      nullable: more.nullable === true,
      bySample: new Map(samples.map((raws, i) => [i, isOne(raws) ? raws.slice(0, 1) : raws])),
      count: samples.reduce((sum, raws) => sum + raws.length, 0),
      repeats: samples.some(isOne),
      forced: more.forced,
    },
    { startedMs: samples.map(() => STARTED), requests },
  );
}

const strings = (...texts: readonly string[]): string[] => texts.map((text) => JSON.stringify(text));
const epoch = (shiftS: number, per: number): string => String(Math.round((STARTED / 1000 + shiftS) * per));

describe("timestamp", () => {
  it.each([
    ["s", epoch(5, 1)],
    ["ms", epoch(5, 1e3)],
    ["us", epoch(5, 1e6)],
    ["ns", `${epoch(5, 1e6)}000`],
  ])("%s near the recording", (unit, raw) => {
    expect(ruleOf([[raw, raw]], { kind: "number" })).toEqual({ class: "timestamp", scope: "event", unit });
  });

  it("as text, quoted digits included", () => {
    expect(ruleOf([strings("2026-11-22T10:00:03.123456789-07:00".replace("-07", "+00"))])).toMatchObject({
      class: "timestamp",
      unit: "iso",
    });
    expect(ruleOf([["Sun, 22 Nov 2026 10:00:03 GMT"]], { kind: "text" })).toMatchObject({
      class: "timestamp",
      unit: "http",
    });
    expect(ruleOf([strings(epoch(1, 1))])).toMatchObject({ class: "timestamp", unit: "s" });
  });

  it("is none two days away, nor where one value is none", () => {
    expect(ruleOf([[epoch(200_000, 1)]], { kind: "number" }).class).toBe("number");
    expect(ruleOf([[epoch(5, 1), "7"]], { kind: "number" }).class).toBe("number");
  });
});

describe("counter", () => {
  it("has a start where all streams share it, else the take has it", () => {
    expect(
      ruleOf(
        [
          ["0", "1", "2"],
          ["0", "1"],
        ],
        { kind: "number" },
      ),
    ).toEqual({ class: "counter", scope: "event", start: 0, step: 1 });
    expect(
      ruleOf(
        [
          ["5", "7", "9"],
          ["1", "3"],
        ],
        { kind: "number" },
      ),
    ).toEqual({ class: "counter", scope: "event", step: 2 });
    expect(ruleOf([strings("10", "11", "12")])).toMatchObject({ class: "counter", start: 10, step: 1 });
  });

  it("two values in a row are no counter, nor is one stream that steps otherwise", () => {
    expect(ruleOf([["0", "1"]], { kind: "number" }).class).toBe("number");
    expect(
      ruleOf(
        [
          ["0", "1", "2"],
          ["0", "2"],
        ],
        { kind: "number" },
      ).class,
    ).toBe("number");
    expect(
      ruleOf(
        [
          ["0", "1", "2"],
          ["4", "4"],
        ],
        { kind: "number" },
      ).class,
    ).toBe("number");
    expect(ruleOf([["0", "01", "2"]], { kind: "text" }).class).not.toBe("counter");
  });
});

describe("echoed", () => {
  it("of the field of the same name", () => {
    const rule = ruleOf([strings("m", "m")], { path: "data.model", asked: [{ "body.model": '"m"' }] });
    expect(rule).toEqual({ class: "echoed", scope: "stream", from: "body.model" });
  });

  it("of another field only where two values agree", () => {
    const asked = [{ "body.input": '"one"' }, { "body.input": '"two"' }];
    expect(ruleOf([strings("one"), strings("two")], { path: "data.title", asked })).toMatchObject({
      from: "body.input",
    });
    expect(ruleOf([strings("one")], { path: "data.title", asked }).class).toBe("text");
  });

  it("a request without the field says nothing, one that differs says no", () => {
    const path = "data.model";
    const some: readonly Readonly<Record<string, string>>[] = [{ "body.model": '"a"' }, { "body.model": '"b"' }, {}];
    expect(ruleOf([strings("a"), strings("b"), strings("c")], { path, asked: some }).class).toBe("echoed");
    expect(ruleOf([strings("a"), strings("c")], { path, asked: some }).class).toBe("text");
    expect(ruleOf([strings("a"), strings("b"), strings("c"), strings("d")], { path, asked: [...some, {}] }).class).toBe(
      "text",
    );
  });

  it("in the request's spelling", () => {
    const asked = [{ "body.model": '"\\u00e9"' }];
    expect(ruleOf([['"é"', '"é"']], { path: "data.model", asked }).class).toBe("text");
  });

  it("a number of the path", () => {
    const asked = [{ "path.id": '"41"' }, { "path.id": '"42"' }];
    expect(ruleOf([["41"], ["42"]], { kind: "number", path: "id", asked })).toMatchObject({
      class: "echoed",
      from: "path.id",
    });
  });
});

describe("generated", () => {
  const id = (tail: string): string => JSON.stringify(`chatcmpl-${tail}`);
  it("has prefix, alphabet and length", () => {
    const rule = ruleOf([[id("B9MBs8CjcvOU2jLn"), id("B9MBs8CjcvOU2jLn")], [id("x1Y2z3A4b5C6d7E8")]]);
    expect(rule).toEqual({
      class: "generated",
      scope: "stream",
      prefix: ["chatcmpl-"],
      alphabet: "base64url",
      length: 16,
    });
  });

  it("knows UUIDs, hex, and base62 once enough was seen", () => {
    expect(ruleOf([strings("0b7e4f8a-1c2d-4e5f-8a9b-0c1d2e3f4a5b")])).toMatchObject({ alphabet: "uuid", length: 36 });
    expect(ruleOf([strings("9f8c2b7a1d3e4f5a", "0a1b2c3d4e5f6a7b")])).toMatchObject({ alphabet: "hex", length: 16 });
    const many = Array.from({ length: 12 }, (_, i) => `a${i}B9MBs8CjcvOU2jLn`.padEnd(18, "z"));
    expect(ruleOf([strings(...many)])).toMatchObject({ class: "generated", alphabet: "base62" });
  });

  it("judges the group: one id without a digit is one all the same", () => {
    expect(ruleOf([strings("BvykZtoOYZRnHVrF", "B9MBs8CjcvOU2jLn", "x1Y2z3A4b5C6d7E8")]).class).toBe("generated");
  });

  it("numbers behind a word, one a stream", () => {
    expect(ruleOf([strings("chatcmpl-584"), strings("chatcmpl-585")])).toMatchObject({
      alphabet: "digits",
      prefix: ["chatcmpl-"],
      length: 3,
    });
  });

  it("bytes that say something are none, whatever they are called; an echo where the request has the same ones", () => {
    const bytes = (...texts: string[]): string[] => strings(...texts.map((t) => Buffer.from(t).toString("base64")));
    const [k0, k1] = [bytes("/test/k0"), bytes("/test/k1")];
    expect(ruleOf([k0, k1], { path: "kvs[0].key" })).toEqual({ class: "text", scope: "event" });
    expect(ruleOf([bytes("/a/k0", "/b/k1"), bytes("/c/müller9", "/\n7")], { path: "key" }).class).toBe("text");
    const asked = [{ "body.key": k0[0]! }, { "body.key": k1[0]! }];
    expect(ruleOf([k0, k1], { path: "kvs[0].key", asked })).toEqual({
      class: "echoed",
      scope: "stream",
      from: "body.key",
    });
    expect(ruleOf([strings("key/7a"), strings("key/8b")], { path: "key" }).class).toBe("generated");
    const digest = (hex: string): string[] => strings(Buffer.from(hex.repeat(4), "hex").toString("base64"));
    expect(ruleOf([digest("9f8c2b7a"), digest("0b7e4f8a")], { path: "key" }).class).toBe("generated");
  });

  it("model names are none", () => {
    expect(ruleOf([strings("gpt-4o-2024-08-06"), strings("gpt-4o-2024-11-20")]).class).toBe("text");
  });
});

describe("the rest", () => {
  it("booleans, numbers, enums, text, json", () => {
    expect(ruleOf([["true", "false"]], { kind: "boolean" }).class).toBe("boolean");
    expect(ruleOf([["1.0", "2.50"]], { kind: "number" }).class).toBe("number");
    expect(ruleOf([strings("7", "12", "9")])).toMatchObject({ class: "number" });
    expect(ruleOf([strings("stop", "length", "stop", "stop", "length", "stop")])).toEqual({
      class: "enum",
      scope: "event",
      values: ['"length"', '"stop"'],
    });
    expect(ruleOf([strings("stop", "length")]).class).toBe("text");
    expect(ruleOf([['{"a":1}']], { kind: "json" }).class).toBe("json");
  });

  it("scope: one value throughout each stream, said more than once", () => {
    expect(ruleOf([strings("a b", "a b"), strings("c d")]).scope).toBe("stream");
    expect(ruleOf([strings("a b"), strings("c d")]).scope).toBe("event");
    expect(ruleOf([strings("a b", "a c")]).scope).toBe("event");
  });

  it("nullable keeps the class of what is not null, and takes any scalar as text", () => {
    expect(ruleOf([["null", "1.5", "null"]], { kind: "number", nullable: true })).toEqual({
      class: "number",
      scope: "event",
      nullable: true,
    });
    expect(ruleOf([["null", "1", '"x"']], { kind: "number", nullable: true })).toEqual({
      class: "text",
      scope: "event",
      nullable: true,
    });
    expect(ruleOf([["null", "0", "1", "2"]], { kind: "number", nullable: true }).class).toBe("number");
  });

  it("a class set by hand is taken where the values agree with it", () => {
    expect(ruleOf([strings("stop", "length")], { forced: "enum" })).toMatchObject({ class: "enum" });
    expect(ruleOf([strings("abc-1", "abc-2")], { forced: "generated" })).toMatchObject({
      class: "generated",
      prefix: ["abc-"],
    });
    expect(ruleOf([["0", "1"]], { kind: "number", forced: "counter" })).toMatchObject({ class: "counter", step: 1 });
    expect(ruleOf([strings("x")], { forced: "timestamp" }).class).toBe("text");
  });

  it("ids may be more than a call can have arguments", () => {
    const ids = Array.from({ length: 200_000 }, (_, n) => `"r${(n * 7919).toString(16).padStart(8, "0")}x9K2pQ7"`);
    expect(ruleOf([ids], { path: "data.id" })).toMatchObject({ class: "generated", length: 16 });
  });
});
