/** Tokens of a .proto file (protobuf language specification, lexical elements). */
import { lineAndColumn, WraithError } from "../../base/errors.ts";

export interface Token {
  readonly kind: "word" | "number" | "string" | "symbol" | "end";
  /** As it stands; of a string, its value (escaped bytes above 127 as characters U+0080 to U+00FF). */
  readonly text: string;
  readonly start: number;
}

/** Reads tokens one after another. `token` is the one at hand. */
export interface TokenReader {
  readonly token: Token;
  /** The token at hand; goes on to the next. */
  next(): Token;
  /** Goes on if the token at hand is this symbol or word. */
  skip(text: string): boolean;
  /** The token at hand, which has to be this symbol or word. Throws WraithError SCHEMA_INVALID. */
  expect(text: string): Token;
  /** The token after the one at hand. */
  peek(): Token;
  /** An error at the token at hand (or the one given): "expected ..., found ...". */
  expected(what: string, at?: Token): WraithError;
  /** An error at a token. */
  problem(message: string, at: Token): WraithError;
}

const SPACE = /(?:[\s\uFEFF]+|\/\/[^\n]*|\/\*[^]*?\*\/)+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /0[xX][0-9A-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?f?/y;
const STRING = /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y;

export function createTokenReader(file: string, text: string): TokenReader {
  const error = (message: string, start: number): WraithError =>
    new WraithError("SCHEMA_INVALID", message, { file, ...lineAndColumn(text, start) });

  const read = (from: number): { token: Token; end: number } => {
    SPACE.lastIndex = from;
    const start = SPACE.test(text) ? SPACE.lastIndex : from;
    if (start >= text.length) return { token: { kind: "end", text: "", start: text.length }, end: text.length };
    for (const [kind, pattern] of [
      ["word", WORD],
      ["number", NUMBER],
      ["string", STRING],
    ] as const) {
      pattern.lastIndex = start;
      if (!pattern.test(text)) continue;
      const raw = text.slice(start, pattern.lastIndex);
      return {
        token: { kind, text: kind === "string" ? unescapeString(raw.slice(1, -1)) : raw, start },
        end: pattern.lastIndex,
      };
    }
    if (text.startsWith("/*", start)) throw error("this comment has no end", start);
    if (text[start] === '"' || text[start] === "'") throw error("this string has no end on its line", start);
    return { token: { kind: "symbol", text: text[start]!, start }, end: start + 1 };
  };

  let current = read(0);
  let following: typeof current | undefined;
  const describe = (token: Token): string => {
    if (token.kind === "end") return "the end of the file";
    return token.kind === "string" ? JSON.stringify(token.text) : `"${token.text}"`;
  };
  const reader: TokenReader = {
    get token() {
      return current.token;
    },
    next() {
      const { token } = current;
      current = following ?? read(current.end);
      following = undefined;
      return token;
    },
    skip(wanted) {
      const { token } = current;
      if (token.text !== wanted || (token.kind !== "symbol" && token.kind !== "word")) return false;
      reader.next();
      return true;
    },
    expect(wanted) {
      const { token } = current;
      if (!reader.skip(wanted)) throw reader.expected(`"${wanted}"`);
      return token;
    },
    peek() {
      following ??= read(current.end);
      return following.token;
    },
    expected: (what, at = current.token) => error(`expected ${what}, found ${describe(at)}`, at.start),
    problem: (message, at) => error(message, at.start),
  };
  return reader;
}

const ESCAPE = /\\(?:([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([^]))/g;
const NAMED: Readonly<Record<string, string>> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

function unescapeString(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(ESCAPE, (_, octal?: string, hex?: string, short?: string, long?: string, named?: string) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 255);
    if (named !== undefined) return NAMED[named] ?? named;
    const code = Number.parseInt(hex ?? short ?? long ?? "0", 16);
    return code > 0x10ffff ? "\uFFFD" : String.fromCodePoint(code);
  });
}
