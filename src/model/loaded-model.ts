import type { Formats } from "../formats/format.ts";
import type { LoadedModel, Model, Take, Variant } from "./model.ts";

/** A model and its takes as what serve and check work on; codecs are made once a route and format. */
export function loadModel(_model: Model, _takes: ReadonlyMap<Variant, readonly Take[]>, _formats: Formats): LoadedModel {
  throw new Error("not written yet");
}
