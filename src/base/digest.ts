// The one file of the pure core that may import node:crypto: hashing is a pure function of its input.
import { createHash, createHmac } from "node:crypto";

/** First `length` hex characters (default 16) of the SHA-256 of a text (UTF-8) or bytes. */
export function digest(input: string | Uint8Array, length = 16): string {
  return createHash("sha256").update(input).digest("hex").slice(0, length);
}

/** HMAC-SHA-256 as bytes (32). */
export function hmac(key: string | Uint8Array, input: string | Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(input).digest();
}
