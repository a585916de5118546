/**
 * Tells texts that were drawn at random (ids, tokens, digests) from names and words. Judged by runs of letters and digits: in a
 * random run the kinds of characters (digit, lower, upper) change all the time, in `gpt-4o-2024-08-06` or `getUserById` they do not.
 * One id in 300 has no digit at all, so that ids are to be judged in groups where there are several.
 */
import { bytesFromBase64 } from "../base/base64.ts";
import { utf8FromBytes } from "../base/bytes.ts";
import { lastKey } from "../base/path.ts";

/** Keys of ids of all kinds, and those that say `id`. */
export const ID_NAME =
  /(?:^|[a-z0-9_-])(?:id|uuid|guid|key|token|hash|digest|etag|nonce|cursor|trace|ray|fingerprint)$/i;
const NAMED_ID = /(?:^|[a-z0-9_-])id$/i;

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Shorter runs say nothing. */
const SHORTEST_RUN = 5;
/** Characters in random runs that make a text random. */
const ENOUGH = 10;
/** Digits alone are an id from this many on: shorter ones are numbers, dates or times. */
const LONG_DIGITS = 15;

export function isUuid(text: string): boolean {
  return text.length === 36 && UUID.test(text);
}

/** Whether a text looks drawn at random. Linear; texts with other characters than those of ids never do. */
export function looksRandom(text: string): boolean {
  if (text.length < ENOUGH || text.length > 512) return false;
  if (isUuid(text)) return true;
  let random = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const kind = i < text.length ? kindOf(text.charCodeAt(i)) : SEPARATOR;
    if (kind === FOREIGN) return false;
    if (kind !== SEPARATOR) continue;
    if (isRandomRun(text, start, i)) random += i - start;
    start = i + 1;
  }
  return (random >= ENOUGH || isRandomTail(text)) && !isBase64OfText(text);
}

/**
 * Whether a text at a path is an id: it looks random, or it is called `id` and is a word with a tail that is nearly so. One tail of 16
 * letters and digits in 17 has no digit, and is no more mixed than a name then.
 */
export function looksLikeId(text: string, path: string): boolean {
  if (looksRandom(text)) return true;
  const tail = idTail(text);
  if (tail === undefined || !NAMED_ID.test(lastKey(path))) return false;
  const { changes, digits } = countChanges(tail, 0, tail.length);
  return digits > 0 ? changes >= 4 : changes >= 2 && /[A-Z]{2}/.test(tail);
}

const DIGIT = 1;
const LOWER = 2;
const UPPER = 3;
const SEPARATOR = 0;
const FOREIGN = -1;

function kindOf(c: number): number {
  if (c >= 48 && c <= 57) return DIGIT;
  if (c >= 97 && c <= 122) return LOWER;
  if (c >= 65 && c <= 90) return UPPER;
  // - . _ ~ : / + =
  return c === 45 || c === 46 || c === 95 || c === 126 || c === 58 || c === 47 || c === 43 || c === 61
    ? SEPARATOR
    : FOREIGN;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Shorter ones need padding to tell: one word of four letters in twenty decodes to characters by chance. */
const TELLING = 8;

/**
 * Whether a text is base64 of printable text, lines included: bytes in protobuf's JSON are as random as what they say. (Of random ids of
 * eight characters one in 100 decodes so, of sixteen one in 10,000.)
 */
export function isBase64OfText(text: string): boolean {
  if (text === "" || (text.length < TELLING && !text.endsWith("=")) || !BASE64.test(text)) return false;
  const bytes = bytesFromBase64(text);
  return bytes !== undefined && bytes.every(isPrintable) && utf8FromBytes(bytes) !== undefined;
}

/** Bytes of UTF-8 above ASCII included; tabs and line ends too. */
function isPrintable(byte: number): boolean {
  return byte >= 0x20 ? byte !== 0x7f : byte === 9 || byte === 10 || byte === 13;
}

/** What follows the word of an id (`call_`, `resp-`), in an alphabet that has `-` and `_`: these are no borders there. */
function idTail(text: string): string | undefined {
  return /^[A-Za-z]{1,12}[-_]([\w-]{10,})$/.exec(text)?.[1]?.replace(/[-_]/g, "");
}

function isRandomTail(text: string): boolean {
  const tail = idTail(text);
  if (tail === undefined) return false;
  const { changes, digits } = countChanges(tail, 0, tail.length);
  if (digits > 0) return changes >= Math.max(5, tail.length / 4);
  return changes >= Math.max(4, tail.length / 6) && /[A-Z]{2}/.test(tail);
}

function isRandomRun(text: string, start: number, end: number): boolean {
  const length = end - start;
  if (length < SHORTEST_RUN) return false;
  const { changes, digits } = countChanges(text, start, end);
  if (digits === length) return length >= LONG_DIGITS;
  return digits > 0 && changes >= Math.max(3, length / 7);
}

/** How often the kind of character changes. A capital before small letters is how words begin: that change does not count. */
function countChanges(text: string, start: number, end: number): { changes: number; digits: number } {
  let [changes, digits] = [0, 0];
  let before = SEPARATOR;
  for (let i = start; i < end; i++) {
    const kind = kindOf(text.charCodeAt(i));
    if (kind === DIGIT) digits++;
    if (i > start && kind !== before && !(before === UPPER && kind === LOWER)) changes++;
    before = kind;
  }
  return { changes, digits };
}
