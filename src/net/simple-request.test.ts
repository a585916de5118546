import { expect, test } from "vitest";
import { readSimpleHead } from "./simple-request.ts";

const read = (text: string, maxBodyBytes = 1000) => readSimpleHead(Buffer.from(text, "latin1"), maxBodyBytes);

test("a plain request", () => {
  const text = "POST /a/b?c=d HTTP/1.1\r\nHost: h\r\nX-A:  1 \t\r\nx-a:\r\nX-B: \xc3\xa0\r\ncontent-length: 3\r\n\r\n";
  expect(read(`${text}abcGET`)).toEqual({
    head: {
      protocol: "http",
      httpVersion: "1.1",
      method: "POST",
      path: "/a/b",
      query: "c=d",
      headers: [
        ["Host", "h"],
        ["X-A", "1"],
        ["x-a", ""],
        ["X-B", "\xc3\xa0"],
        ["content-length", "3"],
      ],
    },
    headBytes: text.length,
    bodyBytes: 3,
    closing: false,
  });
});
test.each([
  ["Connection: close", true],
  ["connection: Keep-Alive", false],
])("%s", (header, closing) => {
  expect(read(`GET / HTTP/1.1\r\nHost: h\r\n${header}\r\n\r\n`)?.closing).toBe(closing);
});
test.each([
  "GET / HTTP/1.1\r\nHost: h\r\n",
  "GET / HTTP/1.0\r\nHost: h\r\n\r\n",
  "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET * HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET http://o/ HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET /\xe9 HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET / HTTP/1.1\nHost: h\n\n",
  "GET / HTTP/1.1\r\n\r\n",
  ...[
    "Host: i",
    "Content-Length: 3\r\nContent-Length: 3",
    "Content-Length: 3, 3",
    "Content-Length: +3",
    "Content-Length:",
    "Content-Length: 1001",
    "Transfer-Encoding: chunked",
    "Expect: 100-continue",
    "Upgrade: h2c",
    "Connection: close, x",
    "Connection: upgrade",
    "Proxy-Connection: close",
    "X : 1",
    " folded",
    "no colon",
    ": 1",
    "X: \0",
    "X: a\rb",
  ].map((header) => `GET / HTTP/1.1\r\nHost: h\r\n${header}\r\n\r\n`),
])("left to Node: %j", (text) => {
  expect(read(text)).toBeUndefined();
});
test("long heads and bodies are left to Node", () => {
  expect(read(`GET / HTTP/1.1\r\nHost: h\r\nX: ${"x".repeat(17_000)}\r\n\r\n`)).toBeUndefined();
  expect(read("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n", 1e9)).toBeUndefined();
  expect(read("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n", 1e9)?.bodyBytes).toBe(65_536);
});
