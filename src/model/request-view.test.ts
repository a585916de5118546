import { describe, expect, test } from "vitest";
import { chatView, headOf, viewOf } from "../../test/support/chat-model.ts";
import { requestFeatures, requestValue } from "./request-view.ts";

const digest = (target: string, body = "", method = "POST", type = "application/json"): string =>
  viewOf(headOf(method, target, [["content-type", type]]), body).digest;

describe("equal requests", () => {
  test("have one digest whatever the order of keys and the spelling of JSON", () => {
    expect(digest("/x?a=1&b=%32", '{"a": 1.0, "b": "\\u0061"}')).toBe(digest("/x?b=2&a=1", '{"b":"a","a":1}'));
  });
  test("differ in method, path, query, body", () => {
    const base = digest("/x?a=1", "{}");
    expect(digest("/x?a=1", "{}", "PUT")).not.toBe(base);
    expect(digest("/y?a=1", "{}")).not.toBe(base);
    expect(digest("/x?a=2", "{}")).not.toBe(base);
    expect(digest("/x?a=1&a=1", "{}")).not.toBe(base);
    expect(digest("/x?a=1", "[]")).not.toBe(base);
    expect(digest("/x?a=1", "")).not.toBe(base);
    expect(digest("/x?a=1&a=2")).not.toBe(digest("/x?a=2&a=1"));
    expect(digest("/x", "12345678901234567890")).not.toBe(digest("/x", "12345678901234567891"));
  });
  test("may have a form in any order, and text only as it is", () => {
    const form = "application/x-www-form-urlencoded";
    expect(digest("/x", "a=1&b=2", "POST", form)).toBe(digest("/x", "b=2&a=1", "POST", form));
    expect(digest("/x", "a b", "POST", "text/plain")).not.toBe(digest("/x", "a  b", "POST", "text/plain"));
  });
  test("may have a form of parts with any boundary; another name, file name, type or content is another request", () => {
    const form = (boundary: string, part: string): string =>
      digest(
        "/x",
        `--${boundary}\r\n${part}\r\n--${boundary}--\r\n`,
        "POST",
        `multipart/form-data; boundary=${boundary}`,
      );
    const part = 'Content-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello';
    const base = form("one", part);
    expect(form("another", part)).toBe(base);
    for (const [from, to] of [
      ['"f"', '"g"'],
      ["a.txt", "b.txt"],
      ["text/plain", "text/html"],
      ["hello", "hallo"],
    ] as const)
      expect(form("another", part.replace(from, to))).not.toBe(base);
  });
  test("are equal whatever their headers", () => {
    expect(viewOf(headOf("GET", "/x", [["accept", "a"]]), "").digest).toBe(viewOf(headOf("GET", "/x", []), "").digest);
  });
});

describe("values", () => {
  const view = viewOf(
    headOf("POST", "/x?q=a+b&q=c&%zz=1", [["X-Id", "7"]]),
    '{"a":{"b":[1, "\\u0061",{"c d":null}]},"n":1.00}',
  );
  const cases: readonly [path: string, raw: string | undefined][] = [
    ["body.n", "1.00"],
    ["body.a.b[1]", '"\\u0061"'],
    ["body.a.b[2]", '{"c d":null}'],
    ['body.a.b[2]["c d"]', "null"],
    ["body.a.c", undefined],
    ["body.a.b[9]", undefined],
    ["query.q", '"a b"'],
    ['query["%zz"]', '"1"'],
    ["headers.x-id", '"7"'],
    ["path.id", '"u"'],
    ["path.other", undefined],
    ["other.x", undefined],
    ["", undefined],
  ];
  for (const [path, raw] of cases)
    test(`at ${path}`, () => expect(requestValue(view, path, new Map([["id", "u"]]))).toBe(raw));
  test("of a text are the text", () => {
    expect(requestValue(viewOf(headOf("POST", "/x", [["content-type", "text/plain"]]), 'a"b'), "body")).toBe('"a\\"b"');
  });
});

describe("features", () => {
  test("are all scalars by path, long ones as digests", () => {
    const view = viewOf(
      headOf("POST", "/x?q=1"),
      `{"m":[{"role":"user"},{"role":1.0}],"long":"${"x".repeat(100)}","none":{}}`,
    );
    expect([...requestFeatures(view)]).toEqual([
      ["query.q", '"1"'],
      ["body.m[0].role", '"user"'],
      ["body.m[1].role", "1.0"],
      ["body.long", expect.stringMatching(/^#[0-9a-f]{16}$/) as string],
      ["body.none", "{}"],
    ]);
  });
  test("are bounded", () => {
    expect(requestFeatures(chatView(`[${"1,".repeat(100_000)}1]`)).size).toBe(256);
  });
});
