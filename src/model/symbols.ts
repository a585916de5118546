import type { Formats } from "../formats/format.ts";
import type { Model } from "./model.ts";

/** The canonical text of `symbols.json` (SPEC section 5): same model, same text. */
export function formatModel(_model: Model): string {
  throw new Error("not written yet");
}

/**
 * Reads `symbols.json`, as a person may have edited it: spelling of constants is kept. Throws WraithError MODEL_INVALID with
 * file, line, column and field for what is not JSON, unknown fields, wrong types, and names that nothing defines.
 */
export function parseModel(_text: string, _file: string, _formats: Formats): Model {
  throw new Error("not written yet");
}
