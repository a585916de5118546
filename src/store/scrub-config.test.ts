import { expect, test } from "vitest";
import { WraithError } from "../base/errors.ts";
import { parseScrubRules, readScrubRules } from "./scrub-config.ts";
import { workspaceAt } from "./workspace.ts";

test("nothing in the file, or no file: the built-in rules", async () => {
  const builtIn = { cardNumbers: true, knownKeys: true, rules: [] };
  expect(parseScrubRules("# nothing\n", "scrub.toml")).toEqual(builtIn);
  expect(await readScrubRules(workspaceAt("/nowhere", "t"))).toEqual(builtIn);
});

test("switches and rules; a rule is called after what it matches, and makes tokens", () => {
  const text = `card_numbers = false
[[rule]]
scope = "header"
match = "x-session"
[[rule]]
name = "mail"
scope = "json"
match = "users[].mail"
action = "mask"
`;
  expect(parseScrubRules(text, "scrub.toml")).toEqual({
    cardNumbers: false,
    knownKeys: true,
    rules: [
      { name: "header:x-session", scope: "header", match: "x-session", action: "tokenize" },
      { name: "mail", scope: "json", match: "users[].mail", action: "mask" },
    ],
  });
});

test.each([
  ['[[rule]]\nscope = "cookie"\nmatch = "a"', 2, "rule[0].scope must be one of header, query, json, proto, regex"],
  ['[[rule]]\nscope = "json"\n', 1, "rule[0].match is missing"],
  ['[[rule]]\nscope = "json"\nmatch = "a..b"', 3, "rule[0].match must be a path such as"],
  ['[[rule]]\nscope = "regex"\nmatch = "("', 3, "rule[0].match is not a regular expression"],
  ['[[rule]]\nscope = "regex"\nmatch = "a*"', 3, "matches the empty text"],
  ['[[rule]]\nscope = "query"\nmatch = "k"\naction = "hide"', 4, "must be one of tokenize, mask, redact"],
  ["known_keyz = true", 1, "did you mean known_keys?"],
  ["card_numbers = 1", 1, "card_numbers must be true or false"],
])("%j is refused, with its place", (text, line, message) => {
  let error: unknown;
  try {
    parseScrubRules(text, "scrub.toml");
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(WraithError);
  expect(error).toMatchObject({ code: "CONFIG_INVALID", place: { file: "scrub.toml", line } });
  expect((error as WraithError).message).toContain(message);
});
