import type { HeaderList } from "../base/http.ts";

/** What ends the data of a chunk (RFC 9112, 7.1). */
export const CRLF = Buffer.from("\r\n");

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
