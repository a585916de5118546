import type { HeaderList } from "../base/http.ts";

/** What ends the data of a chunk (RFC 9112, 7.1). */
export const CRLF = Buffer.from("\r\n");

/** Up to this many bytes are copied into their chunk: one piece costs less to write than three. */
const MAX_COPIED_BYTES = 16 * 1024;

/** The bytes as a chunk, in one piece or in several. */
export function chunkOf(bytes: Uint8Array): readonly Uint8Array[] {
  const size = bytes.length.toString(16);
  if (bytes.length > MAX_COPIED_BYTES) return [chunkSize(bytes.length), bytes, CRLF];
  const start = size.length + 2;
  const out = Buffer.allocUnsafe(start + bytes.length + 2);
  out.write(`${size}\r\n`, "latin1");
  out.set(bytes, start);
  out[start + bytes.length] = 13;
  out[start + bytes.length + 1] = 10;
  return [out];
}

/** Size line of a chunk. */
export function chunkSize(length: number): Buffer {
  return Buffer.from(`${length.toString(16)}\r\n`, "latin1");
}

/** The last chunk with its trailers; what HTTP/1 cannot say is left out. */
export function lastChunk(trailers: HeaderList): Buffer {
  if (trailers.length === 0) return LAST_CHUNK;
  const lines = trailers.filter(([n, v]) => /^[!#$%&'*+.^_`|~\w-]+$/.test(n) && /^[\t\x20-\x7e\x80-\xff]*$/.test(v));
  return Buffer.from(`0\r\n${lines.map(([n, v]) => `${n}: ${v}\r\n`).join("")}\r\n`, "latin1");
}

const LAST_CHUNK = Buffer.from("0\r\n\r\n");
