import { utf8FromBytes, utf8Length } from "../../base/bytes.ts";
import type { WholeBody } from "../format.ts";

const LF = 10;
const COLON = 58;
const BOM = 0xfeff;

/**
 * A stream that is there as a whole, read at once: what framer and codec say of it, at a fifth of their price. Undefined for streams
 * that only the framer can tell: with a CR, a byte order mark, bytes that are not UTF-8, an event above the limit, or a cut-off end.
 */
export function readWholeStream(body: Uint8Array, limit: number): WholeBody | undefined {
  const text = utf8FromBytes(body);
  if (text === undefined || text.includes("\r") || text.charCodeAt(0) === BOM) return undefined;
  const isAscii = text.length === body.length;
  const texts: string[] = [];
  const ends: number[] = [];
  const filler: number[] = [];
  let bytes = 0;
  for (let start = 0; start < text.length;) {
    const isBlank = text.charCodeAt(start) === LF;
    const blank = isBlank ? start : text.indexOf("\n\n", start) + 1;
    if (blank === 0 && !isBlank) return undefined;
    const block = text.slice(start, blank + 1);
    const length = isAscii ? block.length : utf8Length(block);
    if (length > limit) return undefined;
    if (isBlank || (text.charCodeAt(start) === COLON && /^(?::[^\n]*\n)+\n$/.test(block))) filler.push(texts.length);
    texts.push(block);
    ends.push((bytes += length));
    start = blank + 1;
  }
  return { texts, ends, filler };
}
