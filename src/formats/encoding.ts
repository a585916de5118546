// With base/digest the only file of the pure core that may import from node: zlib, whose codings are functions of their input.

/** Undoes the content coding of one body, chunk by chunk. Never throws: `undefined` where the bytes are not of that coding. */
export interface BodyDecoder {
  push(bytes: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** A decoder for a content coding (`gzip`, `x-gzip`, `br`, `deflate`, `zstd`), or undefined for one that nobody knows. */
export function createBodyDecoder(_coding: string): BodyDecoder | undefined {
  throw new Error("not written yet");
}
