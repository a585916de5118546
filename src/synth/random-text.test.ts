import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { looksLikeId, looksRandom } from "./random-text.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("looksRandom", () => {
  it.each([
    "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcW",
    "msg_01XFDUDYJgAACzvnptvVoYEL",
    "call_zkF9WqOmJ2LpV4sT8cRbYn1X",
    "0b7e4f8a-1c2d-4e5f-8a9b-0c1d2e3f4a5b",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "9f8c2b7a1d3e4f5a",
    "fc_068a5b3c9d2e1f40",
    "V1StGXR8_Z5jdHi6B-myT",
    "wraith_tok_3kJ9xQ2mZ7pL4vN8",
    "1839201748392017483",
    "call_BvykZtoOYZRnHVrF",
    "resp-OSypN8U-g2INP_dh",
    Buffer.from("9f8c2b7a1d3e4f5a0b7e4f8a1c2d4e5f", "hex").toString("base64"),
  ])("%s is random", (text) => expect(looksRandom(text)).toBe(true));

  it.each([
    "",
    "gpt-4o-2024-08-06",
    "claude-3-5-sonnet-20241022",
    "gemini-2.0-flash:streamGenerateContent",
    "chat.completion.chunk",
    "response.output_item.added",
    "getUserAccountBalance",
    "/v1/chat/completions",
    "text-embedding-3-small",
    "2026-11-25",
    "hello world 1a2b3c4d5e6f",
    "1764041940",
    "tinyllama",
    "llama-3-8b-instruct-q4_K_M",
    "text2vec-large-chinese",
    "fn_getUserAccountBalance",
    "http_parseHTTPHeaders",
    "L3Rlc3QvdHhu",
    "L2dvL3R4bg==",
    ...["/test/k0", "müller/a1b2c3d4e5", "line1\nline2\tx9y8", '{"a":1,"b":"x"}', "日本語テキスト12", "v0"].map(base64),
    "application/json",
  ])("%j is not", (text) => expect(looksRandom(text)).toBe(false));

  it("finds nearly all base62 ids of 24 characters, and no words", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const id = fc
      .array(fc.constantFrom(...alphabet.split("")), { minLength: 24, maxLength: 24 })
      .map((c) => c.join(""));
    const ids = fc.sample(id, { numRuns: 2000, seed: 1 });
    expect(ids.filter(looksRandom).length).toBeGreaterThan(1900);
    const word = fc.stringMatching(/^[A-Za-z][a-z]{0,12}(?:[-_. ][a-z]{1,12}){0,4}[0-9]{0,4}$/);
    fc.assert(fc.property(word, (text) => !looksRandom(text)));
  });
});

describe("looksLikeId", () => {
  it("nearly all ids of 16 letters and digits, where they are called so", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const id = fc
      .array(fc.constantFrom(...alphabet.split("")), { minLength: 16, maxLength: 16 })
      .map((c) => `call_${c.join("")}`);
    const ids = fc.sample(id, { numRuns: 3000, seed: 1 });
    const missed = (path: string): number => ids.filter((text) => !looksLikeId(text, path)).length;
    expect(missed("data.choices[].delta.tool_calls[].id")).toBeLessThan(30);
    expect(missed("data.name")).toBeGreaterThan(30);
    expect(looksLikeId("call_QwErBnmUiOPasdfg", "output[0].call_id")).toBe(true);
  });

  it.each([
    "text-embedding-3-small",
    "gpt-4o-mini-2024-07-18",
    "http_parseHTTPHeaders",
    "fn_getUserAccountBalance",
    "us_east_1a_cluster",
    "model_Qwen3-8B-Instruct",
    "llama-3_8b_instruct_q4_K_M",
  ])("%s is none, whatever it is called", (text) => expect(looksLikeId(text, "data.id")).toBe(false));
});
