/** Chunks that are not stored yet, and what is to be replaced in them. Split points and times stay: an edit changes bytes, never chunks. */
import { concatBytes } from "../base/bytes.ts";
import type { Chunk } from "./exchange.ts";

export interface PendingChunks {
  /** Bytes that came, all in all. */
  end(): number;
  add(chunk: Chunk): void;
  /**
   * Other bytes for those from `start` to `end` (offsets in all that came; edits come in order). They stand in the chunk in which the old
   * ones began; with `keepsEnd` the last of them stand in the one in which those ended.
   */
  edit(start: number, end: number, bytes: Uint8Array, keepsEnd?: boolean): void;
  /** The chunks that end at or before an offset, with their edits made. Edits that begin before it are known. */
  release(upTo: number): readonly Chunk[];
}

interface PendingEdit {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  readonly keepsEnd: boolean;
}

const NONE = new Uint8Array(0);
const NOTHING: readonly Chunk[] = [];

/** Creates the queue of one direction of an exchange. */
export function createPendingChunks(): PendingChunks {
  let chunks: Chunk[] = [];
  /** Offset of the first chunk that is pending, and of the end. */
  let from = 0;
  let end = 0;
  let edits: PendingEdit[] = [];

  const edited = (chunk: Chunk, start: number): Chunk => {
    const to = start + chunk.bytes.length;
    const parts: Uint8Array[] = [];
    let at = start;
    let used = 0;
    for (const edit of edits) {
      if (edit.start >= to) break;
      if (edit.start > at) parts.push(chunk.bytes.subarray(at - start, edit.start - start));
      const isFirst = edit.start >= start;
      const isLast = edit.end <= to;
      const split = edit.keepsEnd ? Math.max(0, edit.bytes.length - 1) : edit.bytes.length;
      if (isFirst) parts.push(isLast ? edit.bytes : edit.bytes.subarray(0, split));
      else if (isLast) parts.push(edit.bytes.subarray(split));
      at = Math.min(to, Math.max(at, edit.end));
      if (isLast) used++;
    }
    if (at < to) parts.push(chunk.bytes.subarray(at - start));
    edits = edits.slice(used);
    return { atUs: chunk.atUs, bytes: parts.length === 0 ? NONE : concatBytes(parts) };
  };
  return {
    end: () => end,
    add(chunk) {
      chunks.push(chunk);
      end += chunk.bytes.length;
    },
    edit(start, end, bytes, keepsEnd = false) {
      edits.push({ start, end, bytes, keepsEnd });
    },
    release(upTo) {
      if (upTo >= end && edits.length === 0) {
        const all = chunks;
        chunks = [];
        from = end;
        return all;
      }
      let count = 0;
      let at = from;
      const out: Chunk[] = [];
      for (const chunk of chunks) {
        const to = at + chunk.bytes.length;
        if (to > upTo) break;
        out.push(edits.length > 0 && edits[0]!.start < to ? edited(chunk, at) : chunk);
        at = to;
        count++;
      }
      if (count === 0) return NOTHING;
      chunks = chunks.slice(count);
      from = at;
      return out;
    },
  };
}
