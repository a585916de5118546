/**
 * Secrets of a JSON text that arrives in pieces: fields by their path, and what strings say. Offsets of the raw text decide, nothing is
 * parsed and written anew, so all other bytes stay (RFC 8259 for the grammar; several documents in a row, as in JSON lines, are read
 * as well). Where the text turns out not to be JSON, the rest of it is read as plain text. Linear in time; memory holds what is
 * undecided (a string's open end, a number, a key) and the path, never the text.
 */
import { scanJsonNumber } from "../base/json.ts";
import type { FieldPaths } from "./scrub-fields.ts";
import type { FieldRule } from "./scrub-rules.ts";
import { cutBeforeEscape, decodeSpelling } from "./scrub-spelling.ts";
import { mayHaveForms } from "./scrub-forms.ts";
import { createTextScanner, scanText, type Edit, type Scanner, type ScrubWork } from "./scrub-text.ts";
import { createValueScanner, replaceValue } from "./scrub-value.ts";

export interface JsonWork extends ScrubWork {
  readonly fields: FieldPaths;
}

interface Level {
  readonly isObject: boolean;
  /** Key or index of the value that is next. */
  name: string | number;
  expectsKey: boolean;
  /** A rule for the whole container. */
  readonly rule: FieldRule | undefined;
}

/** Deeper nesting, and longer keys and numbers, are text, not JSON. */
const MAX_DEPTH = 512;
const MAX_LEXEME = 4096;

/** White space as it may stand around JSON, and the marks of its structure. */
const SPACES = " \t\n\r\ufeff\u00a0\f\v";
const MARKS = "{}[]:,";
const LITERAL = /[^\s"{}[\]:,]+/y;
const WORDS: ReadonlySet<string> = new Set(["true", "false", "null", "NaN", "Infinity", "-Infinity", "undefined"]);

/** A scanner of JSON texts. */
export function createJsonScanner(work: JsonWork): Scanner {
  let buffer = "";
  /** Offset of the buffer. */
  let base = 0;
  let edits: Edit[] = [];
  /** Of what is in the buffer: a look at all of it at once is cheaper than one at each string. */
  let mayHaveSecrets = false;
  const levels: Level[] = [];
  /** The string whose end is not there yet, or the text that the rest turned out to be; it has its own offset. */
  let open: { readonly scanner: Scanner; readonly start: number; readonly isString: boolean } | undefined;

  const add = (list: readonly Edit[], shift: number): void => {
    for (const e of list) edits.push({ start: e.start + shift, end: e.end + shift, text: e.text });
  };
  const addText = (raw: string, at: number): void => {
    if (mayHaveSecrets) add(scanText(raw, "json", work), base + at);
  };
  const ruleHere = (): FieldRule | undefined => {
    const level = levels.at(-1);
    if (level === undefined) return undefined;
    if (level.rule !== undefined) return level.rule;
    if (typeof level.name === "string" && !work.fields.mayEndIn(level.name)) return undefined;
    return work.fields.find(levels.map((l) => l.name));
  };
  const valueEnded = (): void => {
    const level = levels.at(-1);
    if (level !== undefined && !level.isObject) level.name = (level.name as number) + 1;
  };
  /** Strings and literals give where to go on, -1 where the buffer ends before they do. */
  const readString = (at: number, isLast: boolean): number => {
    const end = stringEnd(buffer, at);
    const level = levels.at(-1);
    if (level?.isObject === true && level.expectsKey) {
      if (end < 0) return isLast || buffer.length - at > MAX_LEXEME ? becomeText(at) : -1;
      // The same verdict, however the key arrived.
      if (end - at > MAX_LEXEME + 1) return becomeText(at);
      const raw = buffer.slice(at + 1, end - 1);
      level.name = decodeSpelling(raw, "json");
      level.expectsKey = false;
      addText(raw, at + 1);
      return end;
    }
    const rule = ruleHere();
    if (end < 0) {
      const scanner = rule === undefined ? createTextScanner("json", work) : createValueScanner("json", rule, work);
      open = { scanner, start: base + at + 1, isString: true };
      return at + 1;
    }
    const raw = buffer.slice(at + 1, end - 1);
    if (rule === undefined) addText(raw, at + 1);
    else {
      const instead = replaceValue(raw, "json", rule, work);
      if (instead !== undefined) edits.push({ start: base + at + 1, end: base + end - 1, text: instead });
    }
    valueEnded();
    return end;
  };
  const readLiteral = (at: number, isLast: boolean): number => {
    LITERAL.lastIndex = at;
    const text = LITERAL.exec(buffer)?.[0] ?? buffer[at]!;
    const end = at + text.length;
    if (end === buffer.length && !isLast && text.length <= MAX_LEXEME) return -1;
    const isNumber = scanJsonNumber(text, 0) === text.length;
    if ((!isNumber && !WORDS.has(text)) || text.length > MAX_LEXEME) return becomeText(at);
    const rule = isNumber ? ruleHere() : undefined;
    if (rule !== undefined) {
      const instead = replaceNumber(text, rule, work);
      if (instead !== undefined) edits.push({ start: base + at, end: base + end, text: instead });
    }
    valueEnded();
    return end;
  };
  const becomeText = (at: number): number => {
    open = { scanner: createTextScanner("plain", work), start: base + at, isString: false };
    return at;
  };
  const readMark = (mark: string, at: number): number => {
    const level = levels.at(-1);
    switch (mark) {
      case "{":
      case "[": {
        if (levels.length >= MAX_DEPTH) return becomeText(at);
        const rule = ruleHere();
        levels.push({ isObject: mark === "{", name: mark === "{" ? "" : 0, expectsKey: mark === "{", rule });
        return at + 1;
      }
      case "}":
      case "]":
        if (level?.isObject !== (mark === "}")) return becomeText(at);
        levels.pop();
        valueEnded();
        return at + 1;
      case ",":
        if (level === undefined) return becomeText(at);
        level.expectsKey = level.isObject;
        return at + 1;
      default:
        return level?.isObject === true && !level.expectsKey ? at + 1 : becomeText(at);
    }
  };
  /** Gives what is in the buffer to the open string; false where it does not end in it. */
  const feedOpen = (isLast: boolean): boolean => {
    const { scanner, start, isString } = open!;
    const end = isString ? stringEnd(buffer, -1) : -1;
    const length =
      end < 0 ? (isString && !isLast ? cutBeforeEscape(buffer, buffer.length, "json") : buffer.length) : end - 1;
    scanner.push(buffer.slice(0, length));
    if (end >= 0 || isLast) scanner.end();
    add(scanner.takeEdits(), start);
    buffer = buffer.slice(length);
    base += length;
    if (end < 0) return false;
    buffer = buffer.slice(1);
    base++;
    open = undefined;
    valueEnded();
    return true;
  };
  const isOpen = (): boolean => open !== undefined;
  const read = (isLast: boolean): void => {
    do {
      if (open !== undefined && !feedOpen(isLast)) return;
      const at = readLexemes(isLast);
      buffer = buffer.slice(at);
      base += at;
    } while (isOpen());
  };
  /** Reads until the buffer is used up, ends within something, or something long has begun; gives where. */
  const readLexemes = (isLast: boolean): number => {
    let at = 0;
    for (;;) {
      while (at < buffer.length && SPACES.includes(buffer[at]!)) at++;
      const c = buffer[at];
      if (c === undefined) break;
      const next = c === '"' ? readString(at, isLast) : MARKS.includes(c) ? readMark(c, at) : readLiteral(at, isLast);
      if (next < 0) break;
      at = next;
      if (isOpen()) break;
    }
    return at;
  };
  return {
    push(text) {
      buffer += text;
      mayHaveSecrets = work.text.patterns.length > 0 || mayHaveForms(buffer, work.text);
      read(false);
    },
    end: () => read(true),
    settled: () => (open === undefined ? base : open.start + open.scanner.settled()),
    takeEdits() {
      const taken = edits;
      edits = [];
      return taken;
    },
  };
}

/** A number that is secret: a token is text, so its type changes; a mask or redaction is 0. Undefined for 0, which tells nothing. */
export function replaceNumber(raw: string, rule: FieldRule, work: ScrubWork): string | undefined {
  if (raw === "0") return undefined;
  work.fired.add(rule.name);
  return rule.action === "tokenize" ? `"${work.replacer.replace("tokenize", raw)}"` : "0";
}

/** End of the string that begins at `at` (its quote may lie before the buffer), or -1. */
function stringEnd(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (quote - 1 - slashes > at && text[quote - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return quote + 1;
  }
  return -1;
}
