import { describe, expect, test } from "vitest";
import { clip } from "./terminal.ts";

const dim = (text: string): string => `\u001b[2m${text}\u001b[22m`;

describe("clip", () => {
  test("text that fits stays, colors or not", () => {
    expect(clip("abcde", 5)).toBe("abcde");
    expect(clip(dim("abcde"), 5)).toBe(dim("abcde"));
  });

  test("a cut text has the width, and its color ends where it did: the next line is not painted", () => {
    expect(clip("abcdef", 5)).toBe("abcd…");
    expect(clip(dim("abcdef"), 5)).toBe(dim("abcd…"));
    expect(clip(`${dim("ab")}cd${dim("ef")}`, 5)).toBe(`${dim("ab")}cd${dim("…")}`);
    expect(clip(`${dim("ab")}${dim("cd")}ef`, 5)).toBe(`${dim("ab")}${dim("cd")}…`);
  });
});
