const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Two characters for each 12 bits: half the work a byte. */
const PAIRS: readonly string[] = Array.from({ length: 4096 }, (_, i) => ALPHABET[i >> 6]! + ALPHABET[i & 63]!);

const CODES = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));
const EQUALS = 61;

/** Up to this many bytes become text faster by a loop than by a decoder. */
const SHORT_BYTES = 15;

const decoder = new TextDecoder();
let scratch = new Uint8Array(1024);

/** The text of bytes that are all ASCII. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > SHORT_BYTES) return decoder.decode(bytes.subarray(from, to));
  let out = "";
  for (let at = from; at < to; at++) out += String.fromCharCode(bytes[at]!);
  return out;
}

/** Base64 (RFC 4648, section 4, with padding) of `bytes[from..to)`. */
export function base64FromBytes(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return to - from > SHORT_BYTES ? longBase64(bytes, from, to) : shortBase64(bytes, from, to);
}

function longBase64(bytes: Uint8Array, from: number, to: number): string {
  const length = Math.ceil((to - from) / 3) * 4;
  if (scratch.length < length) scratch = new Uint8Array(length * 2);
  let out = 0;
  for (let at = from; at < to; at += 3) {
    // Behind the end there are zeros, and no letters for them.
    const group = (bytes[at]! << 16) | (at + 1 < to ? bytes[at + 1]! << 8 : 0) | (at + 2 < to ? bytes[at + 2]! : 0);
    scratch[out++] = CODES[group >> 18]!;
    scratch[out++] = CODES[(group >> 12) & 63]!;
    scratch[out++] = at + 1 < to ? CODES[(group >> 6) & 63]! : EQUALS;
    scratch[out++] = at + 2 < to ? CODES[group & 63]! : EQUALS;
  }
  return decoder.decode(scratch.subarray(0, length));
}

function shortBase64(bytes: Uint8Array, from: number, to: number): string {
  let out = "";
  let at = from;
  for (; at + 2 < to; at += 3) {
    const group = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    out += PAIRS[group >> 12]! + PAIRS[group & 4095]!;
  }
  if (to - at === 1) out += `${PAIRS[bytes[at]! << 4]!}==`;
  else if (to - at === 2) {
    const group = (bytes[at]! << 8) | bytes[at + 1]!;
    out += `${PAIRS[group >> 4]!}${ALPHABET[(group & 15) << 2]!}=`;
  }
  return out;
}

const VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) VALUES[ALPHABET.charCodeAt(i)] = i;
VALUES["-".charCodeAt(0)] = 62;
VALUES["_".charCodeAt(0)] = 63;

/** Bytes of base64 in either alphabet, padded or not; undefined where it is not base64. */
export function bytesFromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const length = base64Length(text, 0, text.length);
  if (length < 0) return undefined;
  const out = new Uint8Array(length);
  return putBase64(text, 0, out, 0, length) ? out : undefined;
}

/** How many bytes `text[from..to)` stands for, or -1 where that is no length of base64. */
export function base64Length(text: string, from: number, to: number): number {
  let end = to;
  while (end > from && text.charCodeAt(end - 1) === 61 && to - end < 2) end--;
  return (end - from) % 4 === 1 ? -1 : Math.floor(((end - from) * 3) / 4);
}

/** Decodes so many bytes from `from` on; false where a character is not of base64. */
export function putBase64(text: string, from: number, out: Uint8Array, at: number, length: number): boolean {
  const end = at + length;
  let target = at;
  let i = from;
  for (; target + 3 <= end; i += 4) {
    const a = valueAt(text, i);
    const b = valueAt(text, i + 1);
    const c = valueAt(text, i + 2);
    const d = valueAt(text, i + 3);
    if ((a | b | c | d) < 0) return false;
    out[target++] = (a << 2) | (b >> 4);
    out[target++] = (b << 4) | (c >> 2);
    out[target++] = (c << 6) | d;
  }
  if (target === end) return true;
  const a = valueAt(text, i);
  const b = valueAt(text, i + 1);
  const c = target + 1 < end ? valueAt(text, i + 2) : 0;
  if ((a | b | c) < 0) return false;
  out[target++] = (a << 2) | (b >> 4);
  if (target < end) out[target] = (b << 4) | (c >> 2);
  return true;
}

function valueAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? VALUES[code]! : -1;
}
