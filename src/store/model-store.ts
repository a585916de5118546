import type { Formats } from "../formats/format.ts";
import type { LoadedModel, Model, Take, Variant } from "../model/model.ts";
import type { Workspace } from "./workspace.ts";

/** Reads symbols.json and the takes. Throws MODEL_MISSING, MODEL_INVALID (file, line, field). */
export async function readModel(_workspace: Workspace, _formats: Formats): Promise<LoadedModel> {
  throw new Error("not written yet");
}

/**
 * Writes the model folder as a whole: beside the old one, then renamed. Where symbols.json was edited by hand since the last
 * synth it throws MODEL_EDITED, unless `force`, which keeps the edited folder as model.bak.
 */
export async function writeModel(
  _workspace: Workspace,
  _model: Model,
  _takes: ReadonlyMap<Variant, readonly Take[]>,
  _options: { force: boolean },
): Promise<void> {
  throw new Error("not written yet");
}
