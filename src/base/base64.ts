const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const EQUALS = 61;
/** Value of each byte or character code; 255 for what is no digit. */
const VALUES = Uint8Array.from({ length: 256 }, (_, code) => DIGITS.indexOf(String.fromCharCode(code)) & 255);

/** Bytes of a base64 text (RFC 4648, section 4, padded), or undefined where it is not that. */
export function bytesFromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  const digits = text.length - padding;
  let held = 0;
  let at = 0;
  for (let i = 0; i < digits; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? 255;
    if (value === 255) return undefined;
    held = ((held << 6) | value) & 0xffffff;
    if ((i & 3) === 0) continue;
    if (at < out.length) out[at++] = (held >> (4 - 2 * ((i & 3) - 1))) & 255;
  }
  return out;
}

/** Base64 of bytes (RFC 4648, section 4, padded). */
export function base64FromBytes(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const bits = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += DIGITS[bits >> 18]! + DIGITS[(bits >> 12) & 63]!;
    out += i + 1 < bytes.length ? DIGITS[(bits >> 6) & 63]! : "=";
    out += i + 2 < bytes.length ? DIGITS[bits & 63]! : "=";
  }
  return out;
}

/** Base64 of a text's UTF-8. */
export function base64FromText(text: string): string {
  return base64FromBytes(new TextEncoder().encode(text));
}

/**
 * Writes what the base64 (padded, a multiple of four digits) from `from` up to `end` stands for to `out`, from `at` on. Gives the
 * number of bytes, or -1 where it is no base64.
 */
export function putBase64(digits: Uint8Array, from: number, end: number, out: Uint8Array, at: number): number {
  if (end === from) return 0;
  const padding = digits[end - 1] !== EQUALS ? 0 : digits[end - 2] !== EQUALS ? 1 : 2;
  const whole = end - (padding > 0 ? 4 : 0);
  let to = at;
  for (let i = from; i < whole; i += 4) {
    const a = VALUES[digits[i]!]!;
    const b = VALUES[digits[i + 1]!]!;
    const c = VALUES[digits[i + 2]!]!;
    const d = VALUES[digits[i + 3]!]!;
    if ((a | b | c | d) > 63) return -1;
    out[to++] = (a << 2) | (b >> 4);
    out[to++] = (b << 4) | (c >> 2);
    out[to++] = (c << 6) | d;
  }
  if (padding > 0) {
    const a = VALUES[digits[whole]!]!;
    const b = VALUES[digits[whole + 1]!]!;
    const c = padding === 1 ? VALUES[digits[whole + 2]!]! : 0;
    if ((a | b | c) > 63) return -1;
    out[to++] = (a << 2) | (b >> 4);
    if (padding === 1) out[to++] = (b << 4) | (c >> 2);
  }
  return to - at;
}
