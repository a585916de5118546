/**
 * Zstandard (RFC 8878), chunk by chunk. The work is fzstd's; this file walks the boundaries of frames and blocks beside it, since a
 * frame's header asks for a window of up to 2 GB that the library would allocate, and since only they say where the data ends.
 */
import { Decompress } from "fzstd";
import { concatBytes } from "../base/bytes.ts";

/** What a content coding may ask for (RFC 9659). */
const MAX_WINDOW_BYTES = 8 * 1024 * 1024;
const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a5;

export interface ZstdDecoder {
  /** All that these bytes let be known, at most `maxPushBytes`; undefined, from then on always, where they are not of this coding. */
  push(bytes: Uint8Array): Uint8Array | undefined;
  /** Whether the bytes so far end with a frame. */
  isWhole(): boolean;
}

export function createZstdDecoder(maxPushBytes: number): ZstdDecoder {
  const walker = createFrameWalker();
  let parts: Uint8Array[] = [];
  let length = 0;
  let hasFailed = false;
  const decompressor = new Decompress((part) => {
    length += part.length;
    if (length > maxPushBytes) throw new RangeError("longer than one push may give");
    // The library copies from this part into its window after this call and does not touch it again.
    parts.push(part);
  });
  return {
    push(bytes) {
      if (hasFailed) return undefined;
      parts = [];
      length = 0;
      try {
        hasFailed = !walker.push(bytes);
        // The library keeps what it cannot use yet.
        if (!hasFailed) decompressor.push(Uint8Array.from(bytes));
      } catch {
        hasFailed = true; // It says by throwing that the bytes are not of this coding.
      }
      return hasFailed ? undefined : concatBytes(parts);
    },
    isWhole: () => !hasFailed && walker.isWhole(),
  };
}

/** Reads headers and skips what they announce. `push` answers false for what is no frame, or one with too large a window. */
function createFrameWalker(): { push(bytes: Uint8Array): boolean; isWhole(): boolean } {
  let header = new Uint8Array(18);
  let have = 0;
  let toSkip = 0;
  let state: "frame" | "block" | "checksum" = "frame";
  let hasChecksum = false;
  let afterBlocks: "frame" | "block" = "frame";
  let isBad = false;

  /** Bytes that the header at hand needs, as far as can be told from those that are there. */
  const needed = (): number => {
    if (state === "block") return 3;
    if (state === "checksum") return 4;
    if (have < 5) return 5;
    if (isSkippable()) return 8;
    const descriptor = header[4]!;
    const isSingle = (descriptor >> 5) & 1;
    const sizeBytes = [isSingle, 2, 4, 8][descriptor >> 6]!;
    return 5 + (1 - isSingle) + [0, 1, 2, 4][descriptor & 3]! + sizeBytes;
  };
  const number = (at: number, count: number): number => {
    let out = 0;
    for (let i = count - 1; i >= 0; i--) out = out * 256 + header[at + i]!;
    return out;
  };
  const isSkippable = (): boolean => Math.floor(number(0, 4) / 16) === SKIPPABLE;
  const readFrame = (): boolean => {
    if (isSkippable()) {
      toSkip = number(4, 4);
      return true;
    }
    if (number(0, 4) !== MAGIC) return false;
    const descriptor = header[4]!;
    hasChecksum = (descriptor & 4) !== 0;
    state = "block";
    if (((descriptor >> 5) & 1) === 0) {
      const [exponent, mantissa] = [header[5]! >> 3, header[5]! & 7];
      return 2 ** (10 + exponent) * (1 + mantissa / 8) <= MAX_WINDOW_BYTES;
    }
    const sizeBytes = [1, 2, 4, 8][descriptor >> 6]!;
    return number(have - sizeBytes, sizeBytes) + (sizeBytes === 2 ? 256 : 0) <= MAX_WINDOW_BYTES;
  };
  const readHeader = (): boolean => {
    if (state === "frame") return readFrame();
    if (state === "checksum") {
      state = "frame";
      return true;
    }
    const word = number(0, 3);
    const isRle = ((word >> 1) & 3) === 1;
    toSkip = isRle ? 1 : word >> 3;
    afterBlocks = (word & 1) === 1 ? "frame" : "block";
    if (afterBlocks === "frame") state = hasChecksum ? "checksum" : "frame";
    return ((word >> 1) & 3) !== 3;
  };

  return {
    push(bytes) {
      for (let at = 0; at < bytes.length && !isBad; ) {
        if (toSkip > 0) {
          const step = Math.min(toSkip, bytes.length - at);
          toSkip -= step;
          at += step;
          continue;
        }
        header[have++] = bytes[at++]!;
        if (have < needed()) continue;
        isBad = !readHeader();
        have = 0;
      }
      return !isBad;
    },
    isWhole: () => !isBad && state === "frame" && have === 0 && toSkip === 0,
  };
}
