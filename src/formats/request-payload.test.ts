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

  const parts = (boundary: string, ...list: readonly string[]): string =>
    `${list.map((part) => `--${boundary}\r\n${part}\r\n`).join("")}--${boundary}--\r\n`;
  const field = (name: string, value: string, more = ""): string =>
    `Content-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}`;
  const multipart = (boundary: string, type = "form-data"): string => `multipart/${type}; boundary="${boundary}"`;

  it("a form of parts is an object by their names, whatever its boundary", () => {
    const list = [
      field("model", "whisper-1"),
      field("file", "a\r\n--b--\r\nc", '; filename="x; name=y.txt"\r\nContent-Type: text/plain'),
      field("tag", "1"),
      field("tag", ""),
    ];
    const meaning = [
      "parts",
      '{"model":"whisper-1","file":{"filename":"x; name=y.txt","type":"text/plain","text":"a\\r\\n--b--\\r\\nc"},"tag":["1",""]}',
    ];
    for (const boundary of ["--x1", "other'()+_,-./:=?"])
      expect(read(multipart(boundary), parts(boundary, ...list))).toEqual(meaning);
    expect(read("multipart/form-data; charset=utf-8; boundary=q", parts("q", ...list))).toEqual(meaning);
    // What stands around, white space after a mark, and bare line feeds mean nothing.
    const loose = parts("q", ...list.slice(0, 1)).replace("--q\r\n", "--q \t\r\n");
    expect(read(multipart("q"), `before\r\n${loose}after`)).toEqual(["parts", '{"model":"whisper-1"}']);
    expect(read(multipart("q"), loose.replaceAll("\r", ""))).toEqual(["parts", '{"model":"whisper-1"}']);
  });

  it("what of a part is no text stands as its digest; other bodies of parts are lists in their order", () => {
    const bytes = new Uint8Array([...bytesFromText('--q\r\nContent-Disposition: form-data; name="f"\r\n\r\n'), 0, 255]);
    const body = new Uint8Array([...bytes, ...bytesFromText("\r\n--q--")]);
    const sha256 = "06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8";
    expect(read(multipart("q"), body)).toEqual(["parts", `{"f":{"sha256":"${sha256}"}}`]);
    const related = parts("q", 'Content-Type: application/json\r\n\r\n{"a":1}', "\r\nplain", field("n", "v"));
    expect(read(multipart("q", "related"), related)).toEqual([
      "parts",
      '[{"type":"application/json","text":"{\\"a\\":1}"},"plain",{"name":"n","text":"v"}]',
    ]);
  });

  it("what does not end as parts do is text or bytes as it is", () => {
    const whole = parts("q", field("a", "b"));
    expect(read(multipart("q"), whole.replace("--q--", ""))).toEqual(["text", whole.replace("--q--", "")]);
    expect(read(multipart("other"), whole)).toEqual(["text", whole]);
    expect(read("multipart/form-data", whole)).toEqual(["text", whole]);
    expect(read(multipart("q"), Uint8Array.of(255))).toEqual(["bytes", undefined]);
    expect(read(multipart("q"), "--q--")).toEqual(["parts", "{}"]);
    expect(read(multipart("q"), "--q\r\n--q--")).toEqual(["parts", '[""]']);
  });
});
