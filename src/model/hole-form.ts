import type { HoleRule } from "./model.ts";

/**
 * Whether a raw value has the form that a hole's rule promises (SPEC section 7, point 3): alphabet, prefix and length of an id,
 * spelling and nearness to `startedMs` of a time (within a day), one of the values of an enum, a JSON type.
 */
export function hasForm(_rule: HoleRule, _raw: string, _startedMs: number): boolean {
  throw new Error("not written yet");
}
