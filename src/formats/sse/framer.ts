/**
 * Boundaries of an event stream (WHATWG HTML, 9.2.5 and 9.2.6).
 *
 * A frame is a block of lines up to and with the blank line that ends it. Lines end with LF, CR or CRLF. The trouble is a CR
 * that ends a block: whether an LF follows may be known only with the next chunk, which may be hours away. The rule here
 * depends on bytes alone, never on chunks:
 *
 *   - where the line before the blank one ended with a lone CR, the block ends at the blank line's CR, at once. If an LF
 *     follows all the same, it is a blank line of its own: filler, which means as little as it would have meant as half of a CRLF.
 *   - everywhere else (a stream of CRLF lines), the block ends after the LF, or before the first byte that is no LF.
 *
 * So an event of a CR stream or of an LF stream leaves with its last byte, and one of a CRLF stream too.
 * A byte order mark at the start is a frame of its own, so that the first event looks like all others.
 */
import { createByteCollector } from "../../base/byte-collector.ts";
import type { Frame, Framer } from "../format.ts";

const LF = 10;
const CR = 13;
const COLON = 58;
const BOM = [0xef, 0xbb, 0xbf] as const;

/** Creates the framer of one response. Blocks above `maxMessageBytes` come in malformed pieces of at most that length. */
export function createSseFramer(maxMessageBytes: number): Framer {
  const limit = Math.max(1, maxMessageBytes);
  const waiting = createByteCollector();
  let frames: Frame[] = [];
  /** Bytes of the byte order mark seen so far; -1 once the start of the stream is decided. */
  let bomSeen = 0;
  /** Length and first byte of the line that is open. */
  let lineLength = 0;
  let lineFirst = 0;
  /** The open block has a line that is not a comment. */
  let hasField = false;
  let previousEndedByCr = false;
  /** The last byte was a CR whose LF may still come. */
  let crIsOpen = false;
  let isOversize = false;

  const emit = (kind: Frame["kind"], bytes: Uint8Array, detail?: string): void => {
    frames.push(detail === undefined ? { kind, bytes } : { kind, bytes, detail });
  };
  const tooLong = `longer than ${limit} bytes`;
  const keep = (part: Uint8Array): void => {
    let rest = part;
    while (waiting.length + rest.length > limit) {
      const room = limit - waiting.length;
      waiting.append(rest.subarray(0, room));
      rest = rest.subarray(room);
      emit("malformed", waiting.take(), tooLong);
      isOversize = true;
    }
    if (rest.length > 0) waiting.append(rest);
  };
  const closeBlock = (part: Uint8Array): void => {
    const kind = hasField ? "message" : "filler";
    if (waiting.length === 0 && !isOversize && part.length <= limit) emit(kind, part);
    else {
      keep(part);
      if (isOversize) {
        if (waiting.length > 0) emit("malformed", waiting.take(), tooLong);
      } else emit(kind, waiting.take());
    }
    hasField = false;
    previousEndedByCr = false;
    isOversize = false;
  };

  const readLines = (chunk: Uint8Array): void => {
    let start = 0; // of the open block, in this chunk
    let at = 0;
    const endLine = (endedByCr: boolean): void => {
      if (lineLength === 0) {
        closeBlock(chunk.subarray(start, at));
        start = at;
        return;
      }
      if (lineFirst !== COLON) hasField = true;
      previousEndedByCr = endedByCr;
      lineLength = 0;
    };
    if (crIsOpen) {
      crIsOpen = false;
      const isPair = chunk[0] === LF;
      if (isPair) at = 1;
      endLine(!isPair);
    }
    // Each search goes on from where the last one ended, so every byte is looked at once for LF and once for CR.
    let nextLf = chunk.indexOf(LF, at);
    let nextCr = chunk.indexOf(CR, at);
    for (;;) {
      if (nextLf >= 0 && nextLf < at) nextLf = chunk.indexOf(LF, at);
      if (nextCr >= 0 && nextCr < at) nextCr = chunk.indexOf(CR, at);
      const isCr = nextCr >= 0 && (nextLf < 0 || nextCr < nextLf);
      const lineEnd = isCr ? nextCr : nextLf;
      const to = lineEnd < 0 ? chunk.length : lineEnd;
      if (to > at) {
        if (lineLength === 0) lineFirst = chunk[at]!;
        lineLength += to - at;
      }
      if (lineEnd < 0) break;
      at = lineEnd + 1;
      if (!isCr) endLine(false);
      else if (lineLength === 0 && previousEndedByCr) endLine(true);
      else if (at === chunk.length) {
        crIsOpen = true;
        break;
      } else if (chunk[at] === LF) {
        at++;
        endLine(false);
      } else endLine(true);
    }
    if (start < chunk.length) keep(chunk.subarray(start));
  };

  return {
    push(chunk) {
      frames = [];
      let rest = chunk;
      while (bomSeen >= 0 && rest.length > 0) {
        if (rest[0] === BOM[bomSeen]) {
          bomSeen++;
          rest = rest.subarray(1);
          if (bomSeen < BOM.length) continue;
          bomSeen = -1;
          emit("filler", Uint8Array.from(BOM));
        } else {
          const held = Uint8Array.from(BOM.slice(0, bomSeen));
          bomSeen = -1;
          if (held.length > 0) readLines(held);
        }
      }
      if (rest.length > 0) readLines(rest);
      return frames;
    },
    end() {
      frames = [];
      if (bomSeen > 0) readLines(Uint8Array.from(BOM.slice(0, bomSeen)));
      bomSeen = -1;
      const endsInBlankLine = crIsOpen && lineLength === 0;
      if (endsInBlankLine) closeBlock(new Uint8Array(0));
      else if (waiting.length > 0) {
        // Comments that are whole mean nothing, with or without a blank line after them.
        const isWhole = (lineLength === 0 || crIsOpen) && !hasField && (lineLength === 0 || lineFirst === COLON);
        if (isOversize) emit("malformed", waiting.take(), tooLong);
        else if (isWhole) emit("filler", waiting.take());
        else emit("malformed", waiting.take(), "cut off before the blank line that ends an event");
      }
      return frames;
    },
  };
}
