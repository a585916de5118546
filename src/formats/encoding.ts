/**
 * Content codings, done and undone. With base/digest the only file of the pure core that may import from node: zlib, whose
 * codings are functions of their input.
 */
import * as zlib from "node:zlib";
import { concatBytes } from "../base/bytes.ts";
import { createZstdDecoder } from "./zstd-decoder.ts";

/** What one push to a decoder may expand to; beyond it the bytes count as undecodable, so that a bomb does not fill the memory. */
const MAX_PUSH_BYTES = 16 * 1024 * 1024;
/** Brotli's own default (11) takes a hundred times as long, for a live stream that is flushed at each event anyway. */
const BROTLI_QUALITY = 4;
const EMPTY = new Uint8Array(0);

/** Undoes the content coding of one body, chunk by chunk. Never throws: `undefined` where the bytes are not of that coding. */
export interface BodyDecoder {
  /**
   * All that these bytes let be known, in the order of the calls (a call may come before the last one's promise is settled).
   * After the first `undefined` every further push gives it. What follows the end of the compressed data is left out.
   */
  push(bytes: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** Applies a content coding to one body. What `push` gives can be decoded at once: it is flushed. */
export interface BodyEncoder {
  push(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** The last bytes; the encoder is not to be used afterwards. */
  end(): Uint8Array | Promise<Uint8Array>;
}

/** Node 22 and later. */
interface ZstdOfNode {
  readonly createZstdCompress?: () => zlib.Gzip;
  readonly zstdCompressSync?: (bytes: Uint8Array) => Buffer;
}
const zstdOfNode = zlib as unknown as ZstdOfNode;

/** A decoder for a content coding (`gzip`, `x-gzip`, `br`, `deflate`, `zstd`), or undefined for one that nobody knows. */
export function createBodyDecoder(coding: string, maxPushBytes: number = MAX_PUSH_BYTES): BodyDecoder | undefined {
  switch (coding.trim().toLowerCase()) {
    case "gzip":
    case "x-gzip":
      return streamDecoder(zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }), maxPushBytes);
    case "deflate":
      return createDeflateDecoder(maxPushBytes);
    case "br":
      return streamDecoder(zlib.createBrotliDecompress(), maxPushBytes);
    case "zstd":
      // The same everywhere: Node's own decoder exists from 22 on only, and this one looks at the window size first.
      return createZstdDecoder(maxPushBytes);
    default:
      return undefined;
  }
}

/**
 * An encoder for a content coding, for a body that is sent while it is made; undefined for a coding that is not known or that this
 * Node cannot do (`zstd` before 22).
 */
export function createBodyEncoder(coding: string): BodyEncoder | undefined {
  switch (coding.trim().toLowerCase()) {
    case "gzip":
    case "x-gzip":
      return streamEncoder(zlib.createGzip(), zlib.constants.Z_SYNC_FLUSH);
    case "deflate":
      return streamEncoder(zlib.createDeflate(), zlib.constants.Z_SYNC_FLUSH);
    case "br":
      return streamEncoder(
        zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
        zlib.constants.BROTLI_OPERATION_FLUSH,
      );
    case "zstd": {
      const stream = zstdOfNode.createZstdCompress?.();
      return stream && streamEncoder(stream, ZSTD_FLUSH);
    }
    default:
      return undefined;
  }
}

/** `ZSTD_e_flush`. */
const ZSTD_FLUSH = 1;

/**
 * One whole piece (a message, a body) decoded; undefined where it is not of that coding, is cut off, would be longer than
 * `maxBytes`, or where the coding is not known. `identity` gives the bytes themselves.
 */
export function decompress(coding: string, bytes: Uint8Array, maxBytes: number): Uint8Array | undefined {
  const options = { maxOutputLength: Math.max(1, maxBytes) };
  try {
    switch (coding.trim().toLowerCase()) {
      case "identity":
        return bytes.length <= maxBytes ? bytes : undefined;
      case "gzip":
      case "x-gzip":
        return within(zlib.gunzipSync(bytes, options), maxBytes);
      case "deflate":
        return within(
          hasZlibHeader(bytes) ? zlib.inflateSync(bytes, options) : zlib.inflateRawSync(bytes, options),
          maxBytes,
        );
      case "br":
        return within(zlib.brotliDecompressSync(bytes, options), maxBytes);
      case "zstd": {
        const decoder = createZstdDecoder(maxBytes);
        const out = decoder.push(bytes);
        return decoder.isWhole() ? out : undefined;
      }
      default:
        return undefined;
    }
  } catch {
    return undefined; // zlib says by throwing that the bytes are not of this coding, or too long.
  }
}

/** One whole piece encoded; undefined for a coding that is not known or that this Node cannot do. */
export function compress(coding: string, bytes: Uint8Array): Uint8Array | undefined {
  switch (coding.trim().toLowerCase()) {
    case "identity":
      return bytes;
    case "gzip":
    case "x-gzip":
      return plain(zlib.gzipSync(bytes));
    case "deflate":
      return plain(zlib.deflateSync(bytes));
    case "br":
      return plain(
        zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
      );
    case "zstd": {
      const coded = zstdOfNode.zstdCompressSync?.(bytes);
      return coded && plain(coded);
    }
    default:
      return undefined;
  }
}

function within(bytes: Buffer, maxBytes: number): Uint8Array | undefined {
  return bytes.length <= maxBytes ? plain(bytes) : undefined;
}

/** A Buffer's bytes as what the rest of the core knows: `slice` of a Buffer does not copy. */
function plain(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** RFC 1950, 2.2. HTTP's `deflate` is this format, but some servers send raw deflate under its name. */
function hasZlibHeader(bytes: Uint8Array): boolean {
  const [method, flags] = [bytes[0] ?? 0, bytes[1] ?? 0];
  return (method & 15) === 8 && (method * 256 + flags) % 31 === 0;
}

/** Two bytes tell zlib from raw deflate; until they are there they are held. */
function createDeflateDecoder(maxPushBytes: number): BodyDecoder {
  let held: Uint8Array = EMPTY;
  let decoder: BodyDecoder | undefined;
  return {
    push(bytes) {
      if (decoder !== undefined) return decoder.push(bytes);
      held = concatBytes([held, bytes]);
      if (held.length < 2) return EMPTY;
      const options = { flush: zlib.constants.Z_SYNC_FLUSH };
      const stream = hasZlibHeader(held) ? zlib.createInflate(options) : zlib.createInflateRaw(options);
      decoder = streamDecoder(stream, maxPushBytes);
      return decoder.push(held);
    },
  };
}

type Coder = zlib.Gunzip | zlib.Gzip | zlib.BrotliCompress | zlib.BrotliDecompress;

function streamDecoder(stream: Coder, maxPushBytes: number): BodyDecoder {
  let state: "open" | "ended" | "failed" = "open";
  let parts: Uint8Array[] = [];
  let length = 0;
  let settle: () => void = () => undefined;
  let last: Promise<unknown> = Promise.resolve();
  const finish = (as: "ended" | "failed"): void => {
    if (state === "open") state = as;
    settle();
  };
  stream.on("data", (part: Buffer) => {
    length += part.length;
    if (length > maxPushBytes) {
      finish("failed");
      stream.destroy();
    } else parts.push(plain(part));
  });
  stream.on("error", () => finish("failed"));
  stream.on("end", () => finish("ended"));
  const work = async (bytes: Uint8Array): Promise<Uint8Array | undefined> => {
    if (state === "open" && bytes.length > 0)
      await new Promise<void>((resolve) => {
        settle = resolve;
        stream.write(bytes, () => resolve());
      });
    const out = state === "failed" ? undefined : concatBytes(parts);
    parts = [];
    length = 0;
    return out;
  };
  return {
    push(bytes) {
      const result = last.then(() => work(bytes));
      last = result;
      return result;
    },
  };
}

function streamEncoder(stream: Coder, flush: number): BodyEncoder {
  let parts: Uint8Array[] = [];
  let last: Promise<unknown> = Promise.resolve();
  stream.on("data", (part: Buffer) => parts.push(plain(part)));
  // Compressing fails only where memory ends; the pieces then stop, and whoever awaits them sees the error.
  const step = (start: (done: () => void) => void): Promise<Uint8Array> => {
    const result = last.then(
      () =>
        new Promise<Uint8Array>((resolve, reject) => {
          stream.once("error", reject);
          start(() => {
            stream.off("error", reject);
            const out = concatBytes(parts);
            parts = [];
            resolve(out);
          });
        }),
    );
    last = result;
    return result;
  };
  return {
    push: (bytes) =>
      step((done) => {
        stream.write(bytes);
        stream.flush(flush, done);
      }),
    end: () =>
      step((done) => {
        stream.once("end", done);
        stream.end();
      }),
  };
}
