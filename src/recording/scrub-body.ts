/** Bodies that arrive in chunks: JSON, forms and text, whose secrets are replaced without waiting for their end. */
import { utf8FromBytes, textFromBytes, concatBytes } from "../base/bytes.ts";
import { mediaType } from "../base/http.ts";
import { boundaryOf } from "../formats/multipart.ts";
import type { Chunk } from "./exchange.ts";
import type { RuleWork } from "./scrub-headers.ts";
import { createJsonScanner } from "./scrub-json.ts";
import { createPairScanner } from "./scrub-pairs.ts";
import { createPartScanner } from "./scrub-parts.ts";
import { createPendingChunks } from "./scrub-pending.ts";
import { createTextScanner, type Scanner } from "./scrub-text.ts";

/** One direction of an exchange on its way to the disk. Never throws on what a peer sent. */
export interface ScrubPipe {
  push(chunk: Chunk): readonly Chunk[];
  /** What was held back. */
  end(): readonly Chunk[];
  /** Something could not be looked into. */
  unscrubbed(): boolean;
}

const encoder = new TextEncoder();

/** Passes everything as it is: bytes that no rule can read. */
export function createPlainPipe(unscrubbed: boolean): ScrubPipe {
  return { push: (chunk) => [chunk], end: () => [], unscrubbed: () => unscrubbed };
}

/** The pipe of a body; what it is, its content type and its first character say. */
export function createBodyPipe(contentType: string | undefined, work: RuleWork): ScrubPipe {
  const media = mediaType(contentType);
  const boundary = media === "multipart/form-data" ? boundaryOf(contentType ?? "") : undefined;
  // No text: nothing that a rule speaks of.
  if (/^(?:image|audio|video|font)\//.test(media)) return createPlainPipe(false);
  const pending = createPendingChunks();
  const reader = createTextReader();
  let scanner: Scanner | undefined;
  let beginning = "";
  let isOpaque = false;

  const takeEdits = (): void => {
    for (const { start, end, text } of scanner?.takeEdits() ?? [])
      pending.edit(reader.byteOffset(start), reader.byteOffset(end), text === "" ? NONE : encoder.encode(text));
  };
  const scan = (text: string): void => {
    if (text === "") return;
    if (scanner === undefined) {
      beginning += text;
      const first = /[^\s\ufeff]/.exec(beginning.slice(0, MAX_BLANK))?.[0];
      if (first === undefined && beginning.length < MAX_BLANK) return;
      scanner =
        boundary === undefined
          ? createBodyScanner(media, first ?? "", work)
          : createPartScanner(boundary, work.rules.form, work);
      scanner.push(beginning);
      beginning = "";
    } else scanner.push(text);
    takeEdits();
  };
  const close = (): void => {
    scanner?.end();
    takeEdits();
  };
  return {
    push(chunk) {
      if (isOpaque) return [chunk];
      pending.add(chunk);
      scan(reader.push(chunk.bytes));
      if (reader.isBroken()) {
        isOpaque = true;
        close();
        return pending.release(pending.end());
      }
      const settled = scanner === undefined ? beginning.length : scanner.settled();
      const out = pending.release(reader.byteOffset(settled));
      reader.forget(settled);
      return out;
    },
    end() {
      if (isOpaque) return [];
      if (reader.end()) isOpaque = true;
      close();
      return pending.release(pending.end());
    },
    unscrubbed: () => isOpaque,
  };
}

const NONE = new Uint8Array(0);
/** A body that begins with more white space than this is taken for text. */
const MAX_BLANK = 4096;

function createBodyScanner(media: string, first: string, work: RuleWork): Scanner {
  const isJson = /^(?:application|text)\/(?:[\w.+-]*\+)?(?:x-)?(?:nd)?json(?:-?lines|l|-seq)?$/.test(media);
  if (first === "{" || first === "[" || isJson) return createJsonScanner({ ...work, fields: work.rules.json });
  if (media === "application/x-www-form-urlencoded") return createPairScanner(work.rules.form, work);
  return createTextScanner("plain", work);
}

/** Text of bytes that arrive in chunks, and where its characters stand among the bytes. */
interface TextReader {
  /** Text of the characters that are whole by now; a broken one ends the text. */
  push(bytes: Uint8Array): string;
  /** True once something was no UTF-8. */
  isBroken(): boolean;
  /** Whether a character is cut off at the end. */
  end(): boolean;
  /** Offset of a byte from that of a character (UTF-16 units from the beginning); it must not be forgotten. */
  byteOffset(offset: number): number;
  /** Offsets before this one are not asked for any more. */
  forget(offset: number): void;
}

interface Stretch {
  readonly textStart: number;
  readonly byteStart: number;
  readonly text: string;
  readonly byteLength: number;
}

function createTextReader(): TextReader {
  let carry: Uint8Array = NONE;
  let stretches: Stretch[] = [];
  let textEnd = 0;
  let byteEnd = 0;
  let isBroken = false;
  const add = (text: string, byteLength: number): string => {
    if (text === "") return text;
    stretches.push({ textStart: textEnd, byteStart: byteEnd, text, byteLength });
    textEnd += text.length;
    byteEnd += byteLength;
    return text;
  };
  return {
    push(chunk) {
      const bytes = carry.length === 0 ? chunk : concatBytes([carry, chunk]);
      const whole = bytes.length - openLength(bytes);
      carry = bytes.slice(whole);
      const text = utf8FromBytes(bytes.subarray(0, whole));
      if (text !== undefined) return add(text, whole);
      isBroken = true;
      const good = /^[^\udc80-\udcff]*/u.exec(textFromBytes(bytes))![0];
      return add(good, encoder.encode(good).length);
    },
    isBroken: () => isBroken,
    end: () => carry.length > 0,
    byteOffset(offset) {
      const stretch = stretches.findLast((s) => s.textStart <= offset);
      // What was forgotten is released already.
      if (stretch === undefined) return stretches[0]?.byteStart ?? byteEnd;
      const { text, textStart, byteStart, byteLength } = stretch;
      const length = offset - textStart;
      if (length >= text.length) return byteStart + byteLength;
      return byteStart + (byteLength === text.length ? length : encoder.encode(text.slice(0, length)).length);
    },
    forget(offset) {
      const kept = stretches.findIndex((s) => s.textStart + s.text.length > offset);
      // The last one stays: the end of the text is asked for.
      if (kept > 0) stretches = stretches.slice(kept);
      else if (kept < 0 && stretches.length > 1) stretches = stretches.slice(-1);
    },
  };
}

/** Bytes of the character that may still be completed; 0 where the last one is whole, or no character at all. */
function openLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const c = bytes[bytes.length - back]!;
    if ((c & 0xc0) === 0x80) continue;
    const needed = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}
