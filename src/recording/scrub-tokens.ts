/** What stands in place of a secret: a token (one secret, one token, everywhere), a mask, or one word. */
import { hmac } from "../base/digest.ts";

export type ScrubAction = "tokenize" | "mask" | "redact";

/**
 * What tokens are made with. `missing`: there is no key that may be used (CI without its variable); a secret is then stored as
 * `wraith_redacted`, and `onNeeded` is called each time a token would have had to be made.
 */
export type ScrubKey =
  | { readonly kind: "secret"; readonly secret: string | Uint8Array }
  | { readonly kind: "missing"; readonly onNeeded: () => void };

/** Replaces values. Never throws. */
export interface Replacer {
  /** Id of the key, 12 hex characters; `none` where there is none. It tells nothing about the key. */
  readonly keyId: string;
  /** What is stored instead of a value. An empty value and one that is a token already stay. */
  replace(action: ScrubAction, value: string): string;
}

/** Tokens are this and 22 characters of base62. */
const TOKEN_PREFIX = "wraith_tok_";
const REDACTED = "wraith_redacted";
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TOKEN_DIGITS = 22; // 62^22 > 2^128
const IS_REPLACED = /^(?:wraith_tok_[0-9A-Za-z]+|wraith_redacted)$/;
/** How `wraith_tok_` and `wraith_redacted` begin in base64. */
const IN_BASE64 = "d3JhaXRoX";

/** Secrets whose tokens are kept at hand: a client sends the same few with every request. */
const REMEMBERED = 256;
/** Longer secrets are known by so many characters of their beginning, so that one that is still arriving can be replaced. */
export const MAX_SECRET_CHARS = 4096;

/** Whether a value is a token or a redaction of wraith's own, in base64 (a field of bytes) too. */
function isReplaced(value: string): boolean {
  if (value.startsWith("wraith_")) return IS_REPLACED.test(value);
  return value.startsWith(IN_BASE64) && /^[A-Za-z0-9+/]+=*$/.test(value);
}

/** The replacer of a key. */
export function createReplacer(key: ScrubKey): Replacer {
  const remembered = new Map<string, string>();
  const tokenOf = (value: string): string => {
    if (key.kind === "missing") {
      key.onNeeded();
      return REDACTED;
    }
    const known = remembered.get(value);
    if (known !== undefined) return known;
    const token = TOKEN_PREFIX + base62(hmac(key.secret, value));
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(value, token);
    return token;
  };
  return {
    keyId: key.kind === "missing" ? "none" : keyIdOf(key.secret),
    replace(action, value) {
      if (value === "" || isReplaced(value)) return value;
      if (action === "tokenize") return tokenOf(value.slice(0, MAX_SECRET_CHARS));
      return action === "mask" ? value.replace(/[\p{L}\p{N}]/gu, "*") : REDACTED;
    },
  };
}

/** Id of a key, 12 hex characters: recordings name it, so that another key is noticed. */
export function keyIdOf(secret: string | Uint8Array): string {
  return [...hmac(secret, "wraith key id").subarray(0, 6)].map((b) => b.toString(16).padStart(2, "0")).join("");
}

/** The first 128 bits as digits of base 62, always of one length. */
function base62(bytes: Uint8Array): string {
  let number = 0n;
  for (const byte of bytes.subarray(0, 16)) number = (number << 8n) | BigInt(byte);
  let out = "";
  for (let i = 0; i < TOKEN_DIGITS; i++) {
    out = BASE62[Number(number % 62n)]! + out;
    number /= 62n;
  }
  return out;
}
