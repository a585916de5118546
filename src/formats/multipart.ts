/** Bodies of parts, as forms with files are sent (`multipart/*`, RFC 2046, 5.1, and RFC 7578). */
import { textFromBytes } from "../base/bytes.ts";

export interface BodyPart {
  /** Parameters of its `Content-Disposition` by lower-case name: `name`, `filename`. */
  readonly disposition: ReadonlyMap<string, string>;
  /** Its `Content-Type`, as sent. */
  readonly type: string | undefined;
  readonly content: Uint8Array;
}

/** The boundary that a content type names; undefined where it is none of parts. */
export function boundaryOf(contentType: string): string | undefined {
  const match = /^\s*multipart\/[\w.+-]+\s*;.*?\bboundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/** The parts of a body, in order; undefined where it does not end as such bodies do. What stands before and after them means nothing. */
export function readParts(body: Uint8Array, boundary: string): readonly BodyPart[] | undefined {
  if (boundary.length > MAX_BOUNDARY) return undefined;
  const mark = new TextEncoder().encode(`--${boundary}`);
  const parts: BodyPart[] = [];
  let start: number | undefined;
  for (let at = indexOf(body, mark, 0); at >= 0; at = indexOf(body, mark, at + mark.length)) {
    if (at > 0 && body[at - 1] !== LF) continue;
    let end = at + mark.length;
    const isLast = body[end] === DASH && body[end + 1] === DASH;
    if (isLast) end += 2;
    while (body[end] === SPACE || body[end] === TAB) end++;
    if (body[end] === CR) end++;
    // A longer line that begins so is no mark.
    if (body[end] !== LF && !(isLast && end >= body.length)) continue;
    if (start !== undefined) parts.push(readPart(body.subarray(start, at - (body[at - 2] === CR ? 2 : 1))));
    if (isLast) return parts;
    start = end + 1;
  }
  return undefined;
}

/** The parameters of a header's value by lower-case name, without quotes: `form-data; name="a"`. */
export function parametersOf(value: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name, quoted, plain] of value.matchAll(PARAMETER))
    if (!found.has(name!.toLowerCase()))
      found.set(name!.toLowerCase(), quoted?.replace(/\\(["\\])/g, "$1") ?? plain ?? "");
  return found;
}

const PARAMETER = /[;\s]([\w*-]+)\s*=\s*(?:"((?:[^"\\\r\n]|\\.)*)"|([^\s;"]*))/g;
const [TAB, LF, CR, SPACE, DASH] = [9, 10, 13, 32, 45];
/** Characters of a boundary; 70 are allowed. A longer one would make the search slow in a body that is much like it. */
const MAX_BOUNDARY = 256;
/** The head of a part above so many bytes is none. */
const MAX_HEAD = 8192;

/** A part from its head and content. `part` begins after the mark's line; a line end follows the content no more. */
function readPart(part: Uint8Array): BodyPart {
  const length = headLength(part);
  const head = textFromBytes(part.subarray(0, length)).replace(/\r?\n[ \t]+/g, " ");
  const header = (name: string): string | undefined =>
    new RegExp(`^${name}:[ \\t]*([^\\r\\n]*)`, "im").exec(head)?.[1]?.trimEnd();
  return {
    disposition: parametersOf(header("content-disposition") ?? ""),
    type: header("content-type"),
    content: part.subarray(length),
  };
}

/** Bytes of a part's head, its empty line included. */
function headLength(part: Uint8Array): number {
  for (let i = 0, lineStart = 0; i < Math.min(part.length, MAX_HEAD); i++) {
    if (part[i] !== LF) continue;
    const line = i - lineStart;
    if (line === 0 || (line === 1 && part[lineStart] === CR)) return i + 1;
    lineStart = i + 1;
  }
  return 0;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const first = wanted[0]!;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
  return -1;
}
