const encoder = new TextEncoder();
const BLOCK_BYTES = 256 * 1024;
/** Whoever may need more gets an array of its own: the end of a block that it does not fit into would be lost. */
const SHARED_BYTES = 12 * 1024;

/**
 * Bytes of many short texts, side by side in blocks: an array buffer for each of a hundred thousand chunks would cost more
 * than the chunks.
 */
export interface ByteBlocks {
  /** Room for at least so many bytes, to be written to from its start. */
  room(most: number): Uint8Array;
  /** The first bytes of the room that was given last, kept. They share a block with others. */
  keep(length: number): Uint8Array;
  /** UTF-8 of the text, kept. */
  add(text: string): Uint8Array;
}

export function createByteBlocks(): ByteBlocks {
  let block = new Uint8Array(0);
  let given = block;
  const blocks: ByteBlocks = {
    room(most) {
      if (most > SHARED_BYTES) return (given = new Uint8Array(most));
      if (block.length < most) block = new Uint8Array(BLOCK_BYTES);
      return (given = block);
    },
    keep(length) {
      const bytes = given.subarray(0, length);
      if (given === block) block = block.subarray(length);
      return bytes;
    },
    add(text) {
      // A UTF-16 unit takes at most three bytes.
      const most = text.length * 3;
      return most > SHARED_BYTES
        ? encoder.encode(text)
        : blocks.keep(encoder.encodeInto(text, blocks.room(most)).written);
    },
  };
  return blocks;
}
