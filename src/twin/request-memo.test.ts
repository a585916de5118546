import { expect, test } from "vitest";
import { bytesOf, headOf } from "../../test/support/chat-model.ts";
import { createRequestCounts } from "./request-counts.ts";
import { createRequestMemo } from "./request-memo.ts";

const head = headOf("POST", "/x?q=1", [
  ["Content-Type", "text/plain"],
  ["x-id", "1"],
]);

test("finds an equal request, whatever its other headers", () => {
  const memo = createRequestMemo<number>();
  memo.keep(head, bytesOf("body"), 1);
  expect(memo.find({ ...head }, bytesOf("body"))).toBe(1);
  expect(memo.find(headOf("POST", "/x?q=1", [["content-type", "text/plain"]]), bytesOf("body"))).toBe(1);
});

test("finds no other request", () => {
  const memo = createRequestMemo<number>();
  const bytes = bytesOf("body of some length");
  memo.keep(head, bytes, 1);
  expect(memo.find(head, bytesOf("body of some lengtH"))).toBeUndefined();
  expect(memo.find(head, bytesOf("Body of some length"))).toBeUndefined();
  expect(memo.find(head, bytesOf(""))).toBeUndefined();
  expect(memo.find({ ...head, method: "PUT" }, bytes)).toBeUndefined();
  expect(memo.find({ ...head, query: "q=2" }, bytes)).toBeUndefined();
  expect(memo.find({ ...head, headers: [["content-type", "application/json"]] }, bytes)).toBeUndefined();
  expect(memo.find({ ...head, headers: [...head.headers, ["X-Message-Encoding", "gzip"]] }, bytes)).toBeUndefined();
});

test("keeps its own copy of a body, also of one that is a piece of a larger buffer", () => {
  const memo = createRequestMemo<number>();
  const buffer = bytesOf("xxbodyxx");
  memo.keep(head, buffer.subarray(2, 6), 1);
  buffer.fill(0);
  expect(memo.find(head, bytesOf("1body").subarray(1))).toBe(1);
});

test("forgets what was not asked for long, and what is too long to be kept", () => {
  const memo = createRequestMemo<number>();
  for (let i = 0; i < 20_000; i++) {
    memo.keep(head, bytesOf(`body ${i}`), i);
    expect(memo.find(head, bytesOf("body 0"))).toBe(0);
  }
  expect(memo.find(head, bytesOf("body 1"))).toBeUndefined();
  expect(memo.find(head, bytesOf("body 19999"))).toBe(19_999);
  const long = new Uint8Array(1024 * 1024);
  memo.keep(head, long, 1);
  expect(memo.find(head, long)).toBeUndefined();
});

test("counts are forgotten by the longest time since they were asked for", () => {
  const counts = createRequestCounts(2);
  expect([counts.next("a", "1"), counts.next("a", "2"), counts.next("a", "1")]).toEqual([0, 0, 1]);
  expect(counts.next("a", "3")).toBe(0);
  expect([counts.next("a", "1"), counts.next("a", "2")]).toEqual([2, 0]);
});

test("a session's counts are reset by its whole name, however long", () => {
  const counts = createRequestCounts(100);
  const long = "a".repeat(1000);
  for (const session of ["", "a", "b a", long]) counts.next(session, "1");
  counts.reset("a");
  expect([counts.next("a", "1"), counts.next("b a", "1"), counts.next("", "1"), counts.next(long, "1")]).toEqual([
    0, 1, 1, 1,
  ]);
  counts.reset(long);
  expect(counts.next(long, "1")).toBe(0);
});
