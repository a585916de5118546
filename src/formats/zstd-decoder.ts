/**
 * Zstandard (RFC 8878), chunk by chunk. The work is fzstd's; this file walks the boundaries of frames and blocks beside it, since a
 * frame's header may ask for a window of 2 GB, which the library would allocate, and since only they say where the data ends.
 */
import { Decompress } from "fzstd";
import { createByteCollector } from "../base/byte-collector.ts";
import { concatBytes } from "../base/bytes.ts";

/** What a content coding may ask for (RFC 9659). */
const MAX_WINDOW_BYTES = 8 * 1024 * 1024;
const MAGIC = 0xfd2fb528;
/** First 28 of the 32 bits of a skippable frame's magic number. */
const SKIPPABLE = 0x184d2a5;
/** A skippable frame of 18 bytes: the library waits for as many before it looks at a frame, and a small frame has fewer. */
const PADDING = Uint8Array.from([0x50, 0x2a, 0x4d, 0x18, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

export interface ZstdDecoder {
  /** All that these bytes let be known, at most `maxPushBytes`; undefined, from then on always, where they are not of this coding. */
  push(bytes: Uint8Array): Uint8Array | undefined;
  /** Whether the bytes so far end with a frame. */
  isWhole(): boolean;
}

export function createZstdDecoder(maxPushBytes: number): ZstdDecoder {
  const walker = createWalker();
  const waiting = createByteCollector();
  let parts: Uint8Array[] = [];
  let length = 0;
  let hasFailed = false;
  const decompressor = new Decompress((part) => {
    length += part.length;
    if (length > maxPushBytes) throw new RangeError("longer than one push may give");
    // The library copies this part into its window after the call and does not touch it again.
    parts.push(part);
  });
  const feed = (bytes: Uint8Array): void => {
    const whole = walker.push(bytes);
    if (whole === undefined) {
      hasFailed = true;
      return;
    }
    // Whole blocks only: the library would look at an open block anew with each chunk.
    if (whole > 0) {
      waiting.append(bytes.slice(0, whole));
      decompressor.push(waiting.take());
    }
    if (whole < bytes.length) waiting.append(bytes.slice(whole));
    if (walker.isWhole()) decompressor.push(PADDING.slice());
  };
  return {
    push(bytes) {
      if (hasFailed) return undefined;
      try {
        if (bytes.length > 0) feed(bytes);
      } catch {
        hasFailed = true; // The library says by throwing that the bytes are not of this coding.
      }
      const out = hasFailed ? undefined : concatBytes(parts);
      parts = [];
      length = 0;
      return out;
    },
    isWhole: () => !hasFailed && walker.isWhole(),
  };
}

interface Walker {
  /** How many of these bytes go up to the end of the last block or frame; undefined for what is no frame, or has too large a window. */
  push(bytes: Uint8Array): number | undefined;
  isWhole(): boolean;
}

/** Reads headers and skips what they announce. */
function createWalker(): Walker {
  const header = new Uint8Array(18);
  let have = 0;
  let toSkip = 0;
  let next: "frame" | "block" | "checksum" = "frame";
  let hasChecksum = false;

  const number = (at: number, count: number): number => {
    let out = 0;
    for (let i = count - 1; i >= 0; i--) out = out * 256 + header[at + i]!;
    return out;
  };
  const isSkippable = (): boolean => Math.floor(number(0, 4) / 16) === SKIPPABLE;
  const contentSizeBytes = (): number => [(header[4]! >> 5) & 1, 2, 4, 8][header[4]! >> 6]!;
  const isSingleSegment = (): boolean => (header[4]! & 32) !== 0;
  /** Length of the header at hand, as far as the bytes that are there can tell. */
  const needed = (): number => {
    if (next === "block") return 3;
    if (next === "checksum") return 4;
    if (have < 5) return 5;
    if (isSkippable()) return 8;
    return 5 + (isSingleSegment() ? 0 : 1) + [0, 1, 2, 4][header[4]! & 3]! + contentSizeBytes();
  };
  const windowBytes = (): number => {
    if (!isSingleSegment()) return 2 ** (10 + (header[5]! >> 3)) * (1 + (header[5]! & 7) / 8);
    const count = contentSizeBytes();
    return number(have - count, count) + (count === 2 ? 256 : 0);
  };
  /** Takes in a whole header; false where it is none. */
  const readHeader = (): boolean => {
    if (next === "checksum") next = "frame";
    else if (next === "block") {
      const word = number(0, 3);
      const type = (word >> 1) & 3;
      toSkip = type === 1 ? 1 : word >> 3;
      if ((word & 1) === 1) next = hasChecksum ? "checksum" : "frame";
      return type !== 3;
    } else if (isSkippable()) toSkip = number(4, 4);
    else {
      if (number(0, 4) !== MAGIC || windowBytes() > MAX_WINDOW_BYTES) return false;
      hasChecksum = (header[4]! & 4) !== 0;
      next = "block";
      isOpen = true;
      return true;
    }
    return true;
  };
  /** A frame header was read whose first block is still to come. */
  let isOpen = false;

  return {
    push(bytes) {
      let boundary = 0;
      for (let at = 0; at < bytes.length;) {
        if (toSkip > 0) {
          const step = Math.min(toSkip, bytes.length - at);
          toSkip -= step;
          at += step;
        } else {
          header[have++] = bytes[at++]!;
          if (have < needed()) continue;
          isOpen = false;
          if (!readHeader()) return undefined;
          have = 0;
        }
        if (toSkip === 0 && have === 0 && !isOpen) boundary = at;
      }
      return boundary;
    },
    isWhole: () => next === "frame" && have === 0 && toSkip === 0,
  };
}
