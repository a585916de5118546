import { describe, expect, it } from "vitest";
import { bytesFromText } from "../base/bytes.ts";
import type { RequestHead } from "../base/http.ts";
import { compactJson } from "../base/json.ts";
import { readRequestPayload } from "./request-payload.ts";

function read(contentType: string | undefined, body: string | Uint8Array): [kind: string, meaning: string | undefined] {
  const headers = contentType === undefined ? [] : ([["Content-Type", contentType]] as const);
  const head: RequestHead = { protocol: "http", httpVersion: "1.1", method: "POST", path: "/", query: "", headers };
  const payload = readRequestPayload(head, typeof body === "string" ? bytesFromText(body) : body);
  return [payload.kind, payload.json === undefined ? payload.text : compactJson(payload.json)];
}

const FORM = "application/x-www-form-urlencoded";

describe("what a request says", () => {
  it.each([
    ["application/json", "", ["none", undefined]],
    ["application/json", '{"n": 1.0}', ["json", '{"n":1.0}']],
    ["application/problem+json; charset=utf-8", "5", ["json", "5"]],
    ["application/json", "{oops", ["text", "{oops"]],
    ["application/json", Uint8Array.of(123, 255, 125), ["bytes", undefined]],
    [undefined, "[1]", ["json", "[1]"]],
    [undefined, "5", ["text", "5"]],
    ["text/plain", "hello", ["text", "hello"]],
    ["application/octet-stream", Uint8Array.of(0, 255), ["bytes", undefined]],
    [FORM, '{"model":"x"}', ["json", '{"model":"x"}']],
    [FORM, "a=1&b=x+y%21&a=2&c&=e&&d==", ["form", '{"a":["1","2"],"b":"x y!","c":"","":"e","d":"="}']],
    [FORM, "a=%zz&b=%ff", ["form", '{"a":"%zz","b":"%ff"}']],
    [FORM, "__proto__=1", ["form", '{"__proto__":"1"}']],
  ] as const)("%s %j", (type, body, meaning) => {
    expect(read(type, body)).toEqual(meaning);
  });
});
