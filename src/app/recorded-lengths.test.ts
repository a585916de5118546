import { expect, test } from "vitest";
import type { HeaderList } from "../base/http.ts";
import type { LineSink } from "../net/tap.ts";
import { keepLengths } from "./recorded-lengths.ts";

function setUp(headers: HeaderList, method = "POST", outcome: ReturnType<LineSink["append"]> = "taken") {
  const lines: object[] = [];
  let closed = 0;
  const sink: LineSink = {
    conn: () => 3,
    append: (_atMs, line) => (lines.push(typeof line === "function" ? line() : line), outcome),
    close: () => void closed++,
  };
  const kept = keepLengths(sink, { protocol: "http", httpVersion: "1.1", method, path: "/", query: "", headers });
  const add = (...list: object[]) => list.map((line) => kept.append(1, line));
  kept.append(0, () => ({ open: { conn: kept.conn(), headers } }));
  return { lines, add, kept, closed: () => closed };
}
const length = (n: number): HeaderList => [
  ["Content-Length", String(n)],
  ["x", "y"],
];
const head = (headers: HeaderList, status = 200) => ({ head: { status, headers } });
const CLEAN = { close: { shape: "clean", by: "server" } };
const END = { dir: "client", end: true };

test("the lines of a short request wait for its end, and its head has the length of what is stored", () => {
  const { lines, add } = setUp(length(9));
  add({ dir: "client", text: "grün" }, { dir: "client", b64: "/wA=" });
  expect(lines).toEqual([]);
  add(END);
  expect(lines).toEqual([
    { open: { conn: 3, headers: length(7) } },
    { dir: "client", text: "grün" },
    { dir: "client", b64: "/wA=" },
    END,
  ]);
});

test("a short answer is waited for, and one that is cut keeps its length", () => {
  const clean = setUp([]);
  clean.add(END, head(length(5)), { dir: "server", text: "1234567" });
  expect(clean.lines).toHaveLength(2);
  clean.add(CLEAN);
  expect(clean.lines.slice(2)).toEqual([head(length(7)), { dir: "server", text: "1234567" }, CLEAN]);
  const cut = { close: { shape: "truncated", by: "server" } };
  const { lines, add } = setUp([]);
  add(head(length(5)), { dir: "server", text: "1" }, cut);
  expect(lines.slice(1)).toEqual([head(length(5)), { dir: "server", text: "1" }, cut]);
});

test.each<[string, string, HeaderList, number]>([
  ["a stream", "GET", [["content-type", "text/event-stream"]], 200],
  ["a long body", "GET", length(4097), 200],
  ["an answer to HEAD", "HEAD", length(5), 200],
  ["not modified", "GET", length(5), 304],
  [
    "a coded body",
    "GET",
    [
      ["content-length", "5"],
      ["content-encoding", "br"],
    ],
    200,
  ],
])("%s never waits", (_, method, headers, status) => {
  const { lines, add } = setUp([], method);
  add(head(headers, status), { dir: "server", text: "data" });
  expect(lines).toEqual([{ open: { conn: 3, headers: [] } }, head(headers, status), { dir: "server", text: "data" }]);
});

test("a stream that answers a request that does not end waits for 64 lines at most", () => {
  const { lines, add } = setUp(length(5));
  add(head([]), ...Array.from({ length: 62 }, () => ({ dir: "server", text: "x" })));
  expect(lines).toHaveLength(0);
  add({ dir: "server", text: "x" });
  expect(lines).toHaveLength(65);
});

test("nothing is lost where the exchange is given up, and the sink's verdict is passed on", () => {
  const { lines, add, kept, closed } = setUp(length(5));
  add({ dir: "client", text: "1" });
  kept.close();
  expect([lines.length, closed()]).toEqual([2, 1]);
  expect(setUp(length(1), "POST", "overrun").add({ dir: "client", text: "12" }, END)).toEqual(["taken", "overrun"]);
});
