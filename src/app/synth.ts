import { WraithError } from "../base/errors.ts";
import type { Formats } from "../formats/format.ts";
import type { Config } from "../store/config.ts";
import { writeModel } from "../store/model-store.ts";
import { readParts, type SessionFilter } from "../store/recordings.ts";
import type { Workspace } from "../store/workspace.ts";
import { createLearner, type SynthReport } from "../synth/synthesize.ts";

export interface SynthOptions extends SessionFilter {
  readonly workspace: Workspace;
  readonly config: Config;
  readonly formats: Formats;
  /** Learn anew over a model that was edited by hand; the edited one is kept as `model.bak`. */
  readonly force: boolean;
  /** Told what is being done, for work that takes its time. */
  onProgress?(text: string): void;
}

/**
 * Learns a twin's model from its recordings and writes it. Throws RECORDING_MISSING (nothing recorded, no answer in it, or
 * the filter selects nothing), RECORDING_INVALID, MODEL_EDITED, DISK_FAILED.
 */
export async function learnModel(options: SynthOptions): Promise<SynthReport> {
  const { workspace, config, formats } = options;
  const learner = createLearner(workspace.name, formats, { fields: config.diff.fields });
  const { counts } = learner;
  for await (const { head, exchanges, end } of readParts(workspace, options)) {
    for (const exchange of exchanges) learner.add(head, exchange);
    if (end === undefined) continue;
    learner.end(end);
    options.onProgress?.(`read ${counts.sessions} sessions`);
  }
  if (counts.exchanges === 0) {
    const all = options.sessions.length === 0 && options.tags.length === 0;
    const text = all
      ? `"${workspace.name}" has no recordings.`
      : `No recording of "${workspace.name}" has these sessions or tags.`;
    throw new WraithError("RECORDING_MISSING", text);
  }
  if (counts.answered === 0)
    throw new WraithError(
      "RECORDING_MISSING",
      `None of the exchanges that were recorded for "${workspace.name}" has an answer: was the upstream down?`,
    );
  options.onProgress?.(`learning from ${counts.sessions} sessions`);
  const learned = learner.learn();
  await writeModel(workspace, learned, { force: options.force });
  return learned.report;
}
