/**
 * Big values of holes that have no structure (a picture, a long text) lie in files of their own, `model/bodies/<SHA-256>`, and takes refer to
 * them: their lines stay readable, and equal bodies are kept once.
 */
import { bytesFromText, textFromBytes } from "../base/bytes.ts";
import { digest } from "../base/digest.ts";

/** Values of fewer characters stand in their take's line. */
const LEAST_CHARACTERS = 64 * 1024;
/** Form of a body's name. */
export const BODY_NAME = /^[0-9a-f]{64}$/;

/** Gives bodies by name, as the text that they were as a value. Undefined where there is none. */
export type FindBody = (name: string) => string | undefined;

/** Takes a body; gives its name. */
export type KeepBody = (bytes: Uint8Array) => string;

/** Bytes of a value that is to be kept apart; undefined where it stands in its line. */
export function bodyOfValue(value: string): Uint8Array | undefined {
  if (value.length < LEAST_CHARACTERS) return undefined;
  const bytes = bytesFromText(value);
  return textFromBytes(bytes) === value ? bytes : undefined;
}

/** The name of a body: its bytes cannot become others and keep it. */
export function bodyName(bytes: Uint8Array): string {
  return digest(bytes, 64);
}
