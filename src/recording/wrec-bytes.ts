const encoder = new TextEncoder();
const BLOCK_BYTES = 256 * 1024;
/** Whoever may need more gets an array of its own: the end of a block that it does not fit into would be lost. */
const SHARED_BYTES = 12 * 1024;

/**
 * Bytes of many short texts, side by side in blocks: an array buffer for each of a hundred thousand chunks would cost more
 * than the chunks.
 */
export interface ByteBlocks {
  /** Where the next bytes are to be written, from `at` on. */
  readonly block: Uint8Array;
  readonly at: number;
  /** Sees to it that there is room for at least so many bytes. */
  reserve(most: number): void;
  /** The first bytes from `at` on, kept. They share a block with others. */
  keep(length: number): Uint8Array;
  /** UTF-8 of the text, kept. */
  add(text: string): Uint8Array;
}

export function createByteBlocks(): ByteBlocks {
  let shared = new Uint8Array(0);
  let used = 0;
  const blocks = {
    block: shared,
    at: 0,
    reserve(most: number): void {
      if (most <= SHARED_BYTES && shared.length - used < most) {
        shared = new Uint8Array(BLOCK_BYTES);
        used = 0;
      }
      blocks.block = most > SHARED_BYTES ? new Uint8Array(most) : shared;
      blocks.at = most > SHARED_BYTES ? 0 : used;
    },
    keep(length: number): Uint8Array {
      if (blocks.block === shared) used += length;
      return new Uint8Array(blocks.block.buffer, blocks.at, length);
    },
    add(text: string): Uint8Array {
      // A UTF-16 unit takes at most three bytes.
      const most = text.length * 3;
      if (most > SHARED_BYTES) return encoder.encode(text);
      blocks.reserve(most);
      return blocks.keep(encoder.encodeInto(text, blocks.block.subarray(blocks.at)).written);
    },
  };
  return blocks;
}
