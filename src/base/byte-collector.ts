import { concatBytes } from "./bytes.ts";

/** Parts at least this long are kept as they are; shorter ones are gathered in blocks, so that a body that comes byte by byte costs its length. */
const KEPT_BYTES = 512;
const BLOCK_BYTES = 4096;
const NOTHING = new Uint8Array(0);

/** Gathers the parts of a piece whose end is still to come. Linear in time and memory, however small the parts. */
export interface ByteCollector {
  /** Bytes gathered since the last `take`. */
  readonly length: number;
  /** The part may be kept: it must not change afterwards. */
  append(part: Uint8Array): void;
  /** All that was gathered, in one array; the collector is empty afterwards. */
  take(): Uint8Array;
}

export function createByteCollector(): ByteCollector {
  let parts: Uint8Array[] = [];
  let block: Uint8Array = NOTHING;
  let used = 0;
  const closeBlock = (): void => {
    if (used > 0) parts.push(block.subarray(0, used));
    block = block.subarray(used);
    used = 0;
  };
  const collector = {
    length: 0,
    append(part: Uint8Array): void {
      collector.length += part.length;
      if (part.length >= KEPT_BYTES) {
        closeBlock();
        parts.push(part);
        return;
      }
      if (used + part.length > block.length) {
        closeBlock();
        block = new Uint8Array(BLOCK_BYTES);
      }
      block.set(part, used);
      used += part.length;
    },
    take(): Uint8Array {
      closeBlock();
      const out = parts.length === 0 ? NOTHING : concatBytes(parts);
      parts = [];
      collector.length = 0;
      return out;
    },
  };
  return collector;
}
