import { expect, test } from "vitest";
import { findSuppression, matchesGlob } from "./suppress.ts";

test.each([
  ["events[3].data.created", "events[*].data.created", true],
  ["events[3].data.created", "events[].data.created", false],
  ["events[3].data.choices[0].delta", "events[*].data.*", true],
  ["POST /v1/chat/completions", "POST /v1/*", true],
  ["GET /v1/chat", "POST *", false],
  ["headers.date", "headers.d?te", true],
  ["", "*", true],
  ["", "?", false],
  ["a", "", false],
  ["abcabd", "*abd", true],
  ["a.b", "a*b*c", false],
])("%s against %s", (text, glob, matches) => {
  expect(matchesGlob(text, glob)).toBe(matches);
});

test("a glob with many stars stays fast on a text that almost matches", () => {
  expect(matchesGlob("a".repeat(50_000), `${"a*".repeat(50)}b`)).toBe(false);
});

test("all globs of a rule must match, and the first rule that does is named", () => {
  const rules = [
    { route: "GET *", path: "headers.*", reason: "one" },
    { path: "headers.*", category: "header_mismatch", reason: "two" },
  ];
  const divergence = { route: "POST /x", path: "headers.server", category: "header_mismatch" } as const;
  expect(findSuppression(divergence, rules)?.reason).toBe("two");
  expect(findSuppression({ ...divergence, route: "GET /x" }, rules)?.reason).toBe("one");
  expect(findSuppression({ ...divergence, path: "status" }, rules)).toBeUndefined();
});
