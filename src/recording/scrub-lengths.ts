import { findHeader, type HeaderList } from "../base/http.ts";
import type { Chunk, Exchange } from "./exchange.ts";

/** The headers with another content length, where they give one. Order and spelling stay. */
export function withContentLength(headers: HeaderList, bytes: number): HeaderList {
  return headers.map(([name, value]) => [name, name.toLowerCase() === "content-length" ? String(bytes) : value]);
}

/** The content length that a message with these headers promises of its recorded body; undefined where it promises none. */
export function promisedLength(headers: HeaderList): number | undefined {
  const coding = findHeader(headers, "content-encoding")?.trim().toLowerCase() ?? "";
  const value = findHeader(headers, "content-length")?.trim();
  // The length of a coded body is not the length of what was decoded from it.
  if ((coding !== "" && coding !== "identity") || value === undefined || !/^\d{1,15}$/.test(value)) return undefined;
  return Number(value);
}

/**
 * A recorded exchange whose content lengths follow its scrubbed bodies. A recorder has corrected those of short bodies itself; a head
 * that had to be written before its long body was scrubbed is corrected here, when it is read. Others are returned as they are.
 */
export function withScrubbedLengths(exchange: Exchange): Exchange {
  if (exchange.scrubbed.length === 0) return exchange;
  const { request, response, requestChunks, chunks, close } = exchange;
  const sent = exchange.requestEndUs === undefined ? undefined : correction(request.headers, requestChunks);
  const isWhole = response !== undefined && close.shape === "clean" && chunks.length > 0;
  const received = isWhole ? correction(response.headers, chunks) : undefined;
  if (sent === undefined && received === undefined) return exchange;
  return {
    ...exchange,
    request: sent === undefined ? request : { ...request, headers: sent },
    response: received === undefined || response === undefined ? response : { ...response, headers: received },
  };
}

function correction(headers: HeaderList, chunks: readonly Chunk[]): HeaderList | undefined {
  const promised = promisedLength(headers);
  if (promised === undefined || chunks.length === 0) return undefined;
  const bytes = chunks.reduce((n, c) => n + c.bytes.length, 0);
  return bytes === promised ? undefined : withContentLength(headers, bytes);
}
