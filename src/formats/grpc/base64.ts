const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Two characters for each 12 bits: half the work a byte. */
const PAIRS: readonly string[] = Array.from({ length: 4096 }, (_, i) => ALPHABET[i >> 6]! + ALPHABET[i & 63]!);

/** Base64 (RFC 4648, section 4, with padding) of `bytes[from..to)`. */
export function base64FromBytes(bytes: Uint8Array, from = 0, to = bytes.length): string {
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
  let bits = 0;
  let count = 0;
  let target = at;
  const end = at + length;
  for (let i = from; target < end; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? VALUES[code]! : -1;
    if (value < 0) return false;
    bits = ((bits << 6) | value) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out[target++] = (bits >> count) & 0xff;
    }
  }
  return true;
}
