/**
 * The lines that recordings consist of, read without making strings of them: a piece of a body, spelled as the recorder spells
 * it. Whatever is spelled otherwise is left to JSON.parse, so this decides about speed only, never about meaning.
 *
 *     {"x":0,"atUs":9100,"dir":"server","text":"data: {\"a\":1}\n\n"}
 *     {"x":1,"atUs":9305,"dir":"server","b64":"AAAAAAMKAWs="}
 */
import { utf8FromBytes } from "../base/bytes.ts";
import { putBase64 } from "../base/base64.ts";
import type { ByteBlocks } from "./wrec-bytes.ts";
import type { WrecLine } from "./wrec.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const X = ascii('{"x":');
const AT_US = ascii(',"atUs":');
const SERVER = ascii(',"dir":"server","');
const CLIENT = ascii(',"dir":"client","');
const TEXT = ascii('text":"');
const B64 = ascii('b64":"');

const QUOTE = 34;
const BACKSLASH = 92;
const CLOSE = 125;
/** Bytes of the escapes of one letter, by the letter; 0 for what is none. */
const ESCAPES = new Uint8Array(128);
for (const [letter, value] of [
  ['"', 34],
  ["\\", 92],
  ["/", 47],
  ["b", 8],
  ["f", 12],
  ["n", 10],
  ["r", 13],
  ["t", 9],
] as const)
  ESCAPES[letter.charCodeAt(0)] = value;

/** The line, or undefined where it is not spelled so. `line` is without its line end. */
export function readBodyLine(line: Uint8Array, blocks: ByteBlocks): (WrecLine & { kind: "body" }) | undefined {
  if (!standsAt(line, 0, X)) return undefined;
  const xEnd = digitsEnd(line, X.length);
  if (xEnd < 0 || !standsAt(line, xEnd, AT_US)) return undefined;
  const atEnd = digitsEnd(line, xEnd + AT_US.length);
  if (atEnd < 0) return undefined;
  const isServer = standsAt(line, atEnd, SERVER);
  if (!isServer && !standsAt(line, atEnd, CLIENT)) return undefined;
  const kind = atEnd + SERVER.length;
  const bytes = standsAt(line, kind, TEXT)
    ? unescape(line, kind + TEXT.length, blocks)
    : standsAt(line, kind, B64)
      ? decode(line, kind + B64.length, blocks)
      : undefined;
  if (bytes === undefined) return undefined;
  const x = numberOf(line, X.length, xEnd);
  return {
    kind: "body",
    x,
    atUs: numberOf(line, xEnd + AT_US.length, atEnd),
    dir: isServer ? "server" : "client",
    bytes,
  };
}

/** End of the JSON string whose content begins at `from`, where it and the line end together; else -1. */
function contentEnd(line: Uint8Array, from: number): number {
  const end = line.length - 2;
  return end < from || line[end] !== QUOTE || line[end + 1] !== CLOSE ? -1 : end;
}

/** The bytes of the JSON string. */
function unescape(line: Uint8Array, from: number, blocks: ByteBlocks): Uint8Array | undefined {
  const end = contentEnd(line, from);
  if (end < 0) return undefined;
  blocks.reserve(end - from);
  const { block, at: start } = blocks;
  let at = start;
  let all = 0;
  for (let i = from; i < end; i++) {
    let byte = line[i]!;
    if (byte === BACKSLASH) {
      byte = ESCAPES[line[++i]!] ?? 0;
      if (byte === 0 || i === end) return undefined;
    } else if (byte === QUOTE || byte < 32) return undefined;
    all |= byte;
    block[at++] = byte;
  }
  const bytes = blocks.keep(at - start);
  return all < 128 || utf8FromBytes(bytes) !== undefined ? bytes : undefined;
}

/** The bytes that the JSON string has in base64. */
function decode(line: Uint8Array, from: number, blocks: ByteBlocks): Uint8Array | undefined {
  const end = contentEnd(line, from);
  if (end < 0 || ((end - from) & 3) !== 0) return undefined;
  blocks.reserve(end - from);
  const length = putBase64(line, from, end, blocks.block, blocks.at);
  return length < 0 ? undefined : blocks.keep(length);
}

function standsAt(line: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (line[at + i] !== text[i]) return false;
  return true;
}

/** End of the digits of a JSON number that is exact, or -1. */
function digitsEnd(line: Uint8Array, from: number): number {
  let at = from;
  while (line[at]! >= 48 && line[at]! <= 57) at++;
  const count = at - from;
  return count === 0 || count > 15 || (count > 1 && line[from] === 48) ? -1 : at;
}

function numberOf(line: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + line[at]! - 48;
  return value;
}
