import type { Route, Take, Variant } from "./model.ts";

/** The line of a take in its `.jsonl` file, without the line end. Deterministic. */
export function formatTake(_route: Route, _variant: Variant, _take: Take): string {
  throw new Error("not written yet");
}

/** Reads the takes of a variant. Throws WraithError MODEL_INVALID with file, line and field; unknown shape or hole names included. */
export function parseTakes(_text: string, _file: string, _route: Route, _variant: Variant): readonly Take[] {
  throw new Error("not written yet");
}
