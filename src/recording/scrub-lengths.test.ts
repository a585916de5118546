import { expect, test } from "vitest";
import type { HeaderList } from "../base/http.ts";
import type { Exchange } from "./exchange.ts";
import { promisedLength, withScrubbedLengths } from "./scrub-lengths.ts";

const chunk = (text: string) => ({ atUs: 1, bytes: Buffer.from(text) });
function exchangeOf(changes: Partial<Exchange> = {}, headers: HeaderList = [["Content-Length", "9"]]): Exchange {
  return {
    session: "s",
    index: 0,
    conn: 1,
    stream: null,
    openUs: 0,
    request: { protocol: "http", httpVersion: "1.1", method: "POST", path: "/", query: "", headers },
    requestChunks: [chunk("four"), chunk("five5")],
    requestEndUs: 2,
    informational: [],
    response: { status: 200, headers },
    chunks: [chunk("twelve chars")],
    close: { shape: "clean", by: "server" },
    scrubbed: ["rule"],
    unscrubbed: false,
    ...changes,
  };
}
const lengths = ({ request, response }: Exchange) => [request.headers, response?.headers];

test("a length that the scrubbed body does not keep is made that of the body", () => {
  expect(lengths(withScrubbedLengths(exchangeOf()))).toEqual([[["Content-Length", "9"]], [["Content-Length", "12"]]]);
  expect(lengths(withScrubbedLengths(exchangeOf({ requestChunks: [chunk("ab")] })))[0]).toEqual([
    ["Content-Length", "2"],
  ]);
});

test.each<[string, Partial<Exchange>]>([
  ["nothing was scrubbed", { scrubbed: [] }],
  ["the answer was cut", { close: { shape: "truncated", by: "client" } }],
  ["there was no body, as for HEAD", { chunks: [] }],
  [
    "the length is that of coded bytes",
    {
      response: {
        status: 200,
        headers: [
          ["content-length", "9"],
          ["Content-Encoding", "gzip"],
        ],
      },
    },
  ],
  ["there is no length", { response: { status: 200, headers: [["x", "9"]] } }],
])("%s: the head stays", (_, changes) => {
  const exchange = exchangeOf(changes);
  expect(withScrubbedLengths(exchange)).toBe(exchange);
});

test("what is no number promises nothing", () => {
  expect(promisedLength([["content-length", "1, 2"]])).toBeUndefined();
  expect(promisedLength([["CONTENT-LENGTH", " 12 "]])).toBe(12);
});
