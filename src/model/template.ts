import type { Part } from "../formats/format.ts";
import type { Template } from "./model.ts";

/** Joins neighbouring literals and cuts the parts of a shape at its holes. */
export function templateFromParts(_parts: readonly Part[]): Template {
  throw new Error("not written yet");
}

/** Raw values of the template's holes in this event text, or undefined where it does not have this shape. Linear in the text. */
export function matchTemplate(_text: string, _template: Template): readonly string[] | undefined {
  throw new Error("not written yet");
}
