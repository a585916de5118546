import { expect, test } from "vitest";
import { travellingHeaders, upstreamTarget, withoutOwnHeaders } from "./forwarding.ts";
import { firstOfEach, http2Headers } from "./http2-headers.ts";
import { splitTarget } from "./request-head.ts";
import type { RequestHead } from "../base/http.ts";

test.each([
  ["/a/b?c=d?e", "/a/b", "c=d?e"],
  ["//other/x", "//other/x", ""],
  ["http://other:1/x?y", "/x", "y"],
  ["http://other", "/", ""],
  ["http://other?y", "/", "y"],
  ["*", "*", ""],
  ["/x?u=http://a/", "/x", "u=http://a/"],
  ["?a", "/", "a"],
])("target %s", (target, path, query) => {
  expect(splitTarget(target)).toEqual({ path, query });
});

const head = (path: string, query = ""): RequestHead => ({
  protocol: "http",
  httpVersion: "1.1",
  method: "GET",
  path,
  query,
  headers: [],
});

test.each([
  ["/", "/x", "q", "/x?q"],
  ["/base", "//h/../x", "", "/base//h/../x"],
  ["/base/", "/x", "", "/base/x"],
  ["/", "*", "", "*"],
  ["/base", "*", "", "/base"],
  ["/base", "x", "", "/base/x"],
])("base %s and path %s", (base, path, query, target) => {
  expect(upstreamTarget(base, head(path, query))).toBe(target);
});

test("hop-by-hop headers stay here, those that Connection names too; the rest keeps order and spelling", () => {
  const list: RequestHead["headers"] = [
    ["B", "1"],
    ["Connection", "close, X-Hop"],
    ["x-hop", "1"],
    ["Keep-Alive", "1"],
    ["a", ""],
    ["b", "2"],
    ["Trailer", "T"],
  ];
  expect(travellingHeaders(list)).toEqual([
    ["B", "1"],
    ["a", ""],
    ["b", "2"],
    ["Trailer", "T"],
  ]);
  expect(
    withoutOwnHeaders({
      ...head("/"),
      headers: [
        ["X-WRAITH-Take", "1"],
        ["X-W", "2"],
      ],
    }).headers,
  ).toEqual([["X-W", "2"]]);
});

test("h2 headers keep the order of duplicates that stand apart", () => {
  const object = http2Headers(
    [
      ["a", "1"],
      ["A", "2"],
      ["b", "3"],
      ["a", "4"],
      ["c", "5"],
    ],
    ["b"],
  );
  expect(Object.entries(object).map(([k, v]) => [k.toLowerCase(), v])).toEqual([
    ["a", ["1", "2"]],
    ["b", "3"],
    ["a", "4"],
    ["c", "5"],
  ]);
  expect(Object.keys(object)).toHaveLength(4);
  // A name without enough letters loses its place, never a value.
  expect(
    http2Headers([
      ["1", "a"],
      ["b", "c"],
      ["1", "d"],
    ]),
  ).toEqual({ 1: ["a", "d"], b: "c" });
  expect(
    firstOfEach([
      ["a", "1"],
      ["A", "2"],
      ["b", "3"],
    ]),
  ).toEqual([
    ["a", "1"],
    ["b", "3"],
  ]);
});
