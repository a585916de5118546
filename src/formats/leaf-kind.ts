import { parseJson, scanJsonNumber, scanJsonString, scanJsonValue } from "../base/json.ts";
import type { LeafKind } from "./format.ts";

/**
 * End of the leaf of this kind that begins at `at` in an event's text, or -1 where no such leaf stands there. What the codecs cut out
 * as a leaf and what this function accepts are the same: a leaf's end depends on the text before it only by its start.
 */
export function scanLeaf(kind: LeafKind, text: string, at: number): number {
  switch (kind) {
    case "string":
      return ifWellFormed(text, at, scanJsonString(text, at));
    case "number":
      return scanJsonNumber(text, at);
    case "boolean":
      return text.startsWith("true", at) ? at + 4 : text.startsWith("false", at) ? at + 5 : -1;
    case "null":
      return text.startsWith("null", at) ? at + 4 : -1;
    case "json": {
      const c = text.charCodeAt(at);
      return c === 123 || c === 91 ? ifWellFormed(text, at, scanJsonValue(text, at)) : -1;
    }
    case "scalar": {
      const c = text.charCodeAt(at);
      return c === 123 || c === 91 ? -1 : ifWellFormed(text, at, scanJsonValue(text, at));
    }
    case "line":
      return valueEnd(text, at);
    case "text": {
      const end = valueEnd(text, at);
      return end < 0 || isJsonText(text.slice(at, end)) ? -1 : end;
    }
    case "prose": {
      const end = valueEnd(text, at);
      return end >= 0 && isProse(text.slice(at, end)) ? end : -1;
    }
    case "rest":
      break;
  }
  return isJsonContainer(text.slice(at)) ? -1 : text.length;
}

/** Bytes that are not UTF-8 are not in JSON, so a payload that has them is text. */
function ifWellFormed(text: string, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const c = text.charCodeAt(i);
    // Few texts have surrogates at all, and cutting one out costs more than a look.
    if (c >= 0xd800 && c <= 0xdfff) return text.slice(i, end).isWellFormed() ? end : -1;
  }
  return end;
}

/** Whether a text is JSON to wraith: RFC 8259, and made of well-formed UTF-8 (`textFromBytes` shows other bytes as lone surrogates). */
export function isJsonText(text: string): boolean {
  return mayBeginJson(text) && parseJson(text) !== undefined && text.isWellFormed();
}

/** Whether a text is a JSON object or array. */
export function isJsonContainer(text: string): boolean {
  return /^[ \t\r\n]*[[{]/.test(text) && isJsonText(text);
}

const TOKENS = /[ \t\r\n]|[{}[\],:]|true|false|null|"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING_PART = /[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Whether a line is more than JSON tokens and white space, so that no JSON text that is spread over lines can have it. */
export function isProse(line: string): boolean {
  let at = 0;
  while (at < line.length) {
    TOKENS.lastIndex = at;
    if (!TOKENS.test(line)) return true;
    const isString = line.charCodeAt(at) === 34;
    at = TOKENS.lastIndex;
    if (!isString) continue;
    while (line.charCodeAt(at) !== 34) {
      STRING_PART.lastIndex = at;
      if (!STRING_PART.test(line)) return true;
      at = STRING_PART.lastIndex;
    }
    at++;
  }
  return !line.isWellFormed();
}

/** False for most texts that are not JSON, at the cost of one character. */
function mayBeginJson(text: string): boolean {
  const c = text.charCodeAt(0);
  // White space, quote, minus, digits, `[`, `f`, `n`, `t`, `{`.
  return c <= 34 || (c >= 45 && c <= 57) || c === 91 || c === 102 || c === 110 || c === 116 || c === 123;
}

/** End of a line's value. One space after the colon is not of the value, so that none begins with it right there. */
function valueEnd(text: string, at: number): number {
  return text.charCodeAt(at) === 32 && text.charCodeAt(at - 1) === 58 ? -1 : lineEnd(text, at);
}

function lineEnd(text: string, at: number): number {
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10 || c === 13) return i;
  }
  return text.length;
}
