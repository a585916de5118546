const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** All parts in one array. A single part is returned as it is. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  let length = 0;
  for (const p of parts) length += p.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** UTF-8 of the bytes, or undefined where they are not well-formed UTF-8. A BOM stays. */
export function utf8FromBytes(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Text of any bytes, without loss: UTF-8 where it is well-formed, and each byte that is not becomes one of the lone
 * surrogates U+DC80..U+DCFF (Python calls this surrogateescape). `bytesFromText` gives the same bytes back.
 */
export function textFromBytes(bytes: Uint8Array): string {
  const fast = utf8FromBytes(bytes);
  if (fast !== undefined) return fast;
  const units = new Uint16Array(bytes.length);
  let count = 0;
  for (let i = 0; i < bytes.length;) {
    const c = bytes[i]!;
    const n = sequenceLength(bytes, i);
    if (n <= 1) units[count++] = n === 1 ? c : 0xdc00 + c;
    else {
      let code = c & (0xff >> (n + 1));
      for (let k = 1; k < n; k++) code = (code << 6) | (bytes[i + k]! & 0x3f);
      if (n === 4) {
        units[count++] = 0xd7c0 + (code >> 10);
        units[count++] = 0xdc00 + (code & 0x3ff);
      } else units[count++] = code;
    }
    i += Math.max(1, n);
  }
  const parts: string[] = [];
  for (let at = 0; at < count; at += UNITS_AT_ONCE)
    parts.push(String.fromCharCode(...units.subarray(at, Math.min(count, at + UNITS_AT_ONCE))));
  return parts.join("");
}

/** So many arguments are no trouble to any engine. */
const UNITS_AT_ONCE = 4096;

/** Bytes of a text made by `textFromBytes`; the inverse for every input. */
export function bytesFromText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const out = new Uint8Array(text.length * 3);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.codePointAt(i)!;
    if (c < 0x80) out[length++] = c;
    else if (c >= 0xdc80 && c <= 0xdcff) out[length++] = c - 0xdc00;
    else {
      // No other lone surrogate has bytes: it becomes U+FFFD, as encoders have it.
      const code = c >= 0xd800 && c <= 0xdfff ? 0xfffd : c;
      if (code > 0xffff) i++;
      if (code < 0x800) out[length++] = 0xc0 | (code >> 6);
      else if (code <= 0xffff) {
        out[length++] = 0xe0 | (code >> 12);
        out[length++] = 0x80 | ((code >> 6) & 0x3f);
      } else {
        out[length++] = 0xf0 | (code >> 18);
        out[length++] = 0x80 | ((code >> 12) & 0x3f);
        out[length++] = 0x80 | ((code >> 6) & 0x3f);
      }
      out[length++] = 0x80 | (code & 0x3f);
    }
  }
  return out.slice(0, length);
}

/** `bytesFromText` of each text, made at once: the arrays lie side by side in one buffer. */
export function bytesFromTexts(texts: readonly string[]): readonly Uint8Array[] {
  const all = texts.join("");
  if (!all.isWellFormed()) return texts.map(bytesFromText);
  const { buffer, length } = encoder.encode(all);
  let end = 0;
  return texts.map((text) => {
    const start = end;
    end += length === all.length ? text.length : utf8Length(text);
    return new Uint8Array(buffer, start, end - start);
  });
}

/** Bytes that a well-formed text takes in UTF-8. */
export function utf8Length(text: string): number {
  if (!/[^\x00-\x7f]/.test(text)) return text.length;
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    // Either half of a pair of surrogates stands for two bytes of four.
    if (c > 0x7f) length += c > 0x7ff && (c & 0xf800) !== 0xd800 ? 2 : 1;
  }
  return length;
}

/** Length of the well-formed UTF-8 sequence at `i`, or 0 (RFC 3629, table 3-7 of Unicode). */
function sequenceLength(b: Uint8Array, i: number): number {
  const c = b[i]!;
  if (c < 0x80) return 1;
  const c1 = b[i + 1] ?? 0;
  if (c >= 0xc2 && c <= 0xdf) return (c1 & 0xc0) === 0x80 ? 2 : 0;
  const c2 = b[i + 2] ?? 0;
  if (c >= 0xe0 && c <= 0xef) {
    const low = c === 0xe0 ? 0xa0 : 0x80;
    const high = c === 0xed ? 0x9f : 0xbf;
    return c1 >= low && c1 <= high && (c2 & 0xc0) === 0x80 ? 3 : 0;
  }
  if (c >= 0xf0 && c <= 0xf4) {
    const low = c === 0xf0 ? 0x90 : 0x80;
    const high = c === 0xf4 ? 0x8f : 0xbf;
    return c1 >= low && c1 <= high && (c2 & 0xc0) === 0x80 && ((b[i + 3] ?? 0) & 0xc0) === 0x80 ? 4 : 0;
  }
  return 0;
}
