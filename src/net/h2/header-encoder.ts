import type { HeaderList } from "../../base/http.ts";
import { STATIC_TABLE } from "./header-table.ts";

/** Index of each name in the static table, and of each whole entry that has a value. */
const NAMES = new Map<string, number>();
const ENTRIES = new Map<string, number>();
STATIC_TABLE.forEach(([name, value], i) => {
  if (!NAMES.has(name)) NAMES.set(name, i + 1);
  if (value !== "") ENTRIES.set(`${name}\0${value}`, i + 1);
});

/**
 * A header list as a block that adds nothing to a peer's table: its bytes are the same on every connection, and can be kept. Names are
 * written in lower case, behind the status where there is one; what HTTP/2 cannot say (RFC 9113, 8.2.1) is left out, white space around a value too. One character is one byte.
 */
export function encodeHeaders(list: HeaderList, status?: number): Buffer {
  const parts: Buffer[] = status === undefined ? [] : [field(":status", String(status))];
  for (const [given, spaced] of list) {
    const name = given.toLowerCase();
    const value = spaced.replaceAll(/^[ \t]+|[ \t]+$/g, "");
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || !/^[^\0\r\n\u0100-\uffff]*$/.test(value)) continue;
    parts.push(field(name, value));
  }
  return Buffer.concat(parts);
}

/** A field as a literal that is not added to the table, or as the index of a static entry (RFC 7541, 6.1 and 6.2.2). */
function field(name: string, value: string): Buffer {
  const whole = ENTRIES.get(`${name}\0${value}`);
  if (whole !== undefined) return integer(0x80, 7, whole);
  const index = NAMES.get(name) ?? 0;
  return Buffer.concat([integer(0, 4, index), ...(index === 0 ? [text(name)] : []), text(value)]);
}

function text(value: string): Buffer {
  return Buffer.concat([integer(0, 7, value.length), Buffer.from(value, "latin1")]);
}

/** An integer behind the bits that say what it is (RFC 7541, 5.1). */
function integer(pattern: number, prefixBits: number, value: number): Buffer {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return Buffer.from([pattern | value]);
  const bytes = [pattern | mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
