import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createFormats } from "../../src/formats/index.ts";
import { createScrubber } from "../../src/recording/scrub-create.ts";
import type { ScrubScope } from "../../src/recording/scrub-rules.ts";
import { createReplacer, type ScrubAction } from "../../src/recording/scrub-tokens.ts";

/** `S` is a secret, `KEY` a key of known form; `<x>` in `to` is the token of x, `<<x>>` that token in base64. */
interface Case {
  readonly comment: string;
  readonly rules?: readonly { readonly scope: ScrubScope; readonly match: string; readonly action?: ScrubAction }[];
  readonly off?: readonly ("keys" | "cards")[];
  readonly header?: readonly [name: string, value: string];
  readonly query?: string;
  readonly type?: string;
  readonly body?: string;
  readonly to: string;
  readonly fired: readonly string[];
}

const SECRET = "S3cr3t";
const KNOWN_KEY = "sk-proj-AbCdEf0123456789";
const KEY = { kind: "secret", secret: "test" } as const;
const replacer = createReplacer(KEY);
const formats = createFormats({ protoFiles: [], descriptorSets: [], maxMessageBytes: 1 << 20 });
const cases = JSON.parse(readFileSync(new URL("scrub.json", import.meta.url), "utf8")) as readonly Case[];

function filled(text: string): string {
  return text
    .replace(/(?<![A-Za-z])S(?![A-Za-z])/g, SECRET)
    .replace(/\\u0053/g, String.raw`\u0053` + SECRET.slice(1))
    .replaceAll("KEY", KNOWN_KEY);
}
function expected(text: string): string {
  return filled(text)
    .replace(/<<([^>]+)>>/g, (_, value: string) => Buffer.from(replacer.replace("tokenize", value)).toString("base64"))
    .replace(/<([^>]+)>/g, (_, value: string) => replacer.replace("tokenize", value));
}

for (const { comment, rules = [], off = [], header, query, type = "", body = "", to, fired: names } of cases)
  test(comment, () => {
    const scrubber = createScrubber(
      {
        knownKeys: !off.includes("keys"),
        cardNumbers: !off.includes("cards"),
        rules: rules.map(({ scope, match, action = "tokenize" }) => ({
          name: `${scope}:${match}`,
          scope,
          match,
          action,
        })),
      },
      KEY,
      formats,
    );
    const fired = new Set<string>();
    const result =
      header !== undefined
        ? scrubber.headers([[header[0], filled(header[1])]], fired)[0]![1]
        : query !== undefined
          ? scrubber.query(filled(query), fired)
          : Buffer.from(scrubber.body(type, Buffer.from(filled(body)), fired)).toString();
    expect(result).toBe(expected(to));
    expect([...fired].sort()).toEqual([...names].sort());
  });
