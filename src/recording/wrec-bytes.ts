const encoder = new TextEncoder();
const BLOCK_BYTES = 256 * 1024;
/** Longer texts get an array of their own: in a block they could waste three times their length. */
const SHARED_CHARS = 4 * 1024;

/**
 * Bytes of many short texts, side by side in blocks: an array buffer for each of a hundred thousand chunks would cost more
 * than the chunks.
 */
export interface ByteBlocks {
  /** UTF-8 of the text. The bytes share a block with others and must not be changed. */
  add(text: string): Uint8Array;
}

export function createByteBlocks(): ByteBlocks {
  let block = new Uint8Array(0);
  return {
    add(text) {
      if (text.length > SHARED_CHARS) return encoder.encode(text);
      // A UTF-16 unit takes at most three bytes.
      if (block.length < text.length * 3) block = new Uint8Array(BLOCK_BYTES);
      const { written } = encoder.encodeInto(text, block);
      const bytes = block.subarray(0, written);
      block = block.subarray(written);
      return bytes;
    },
  };
}
