import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { WraithError } from "../base/errors.ts";
import type { Formats } from "../formats/format.ts";
import type { Session } from "../recording/exchange.ts";
import type { ScrubRules } from "../recording/scrub-rules.ts";
import { readLearnedIds, readModel } from "../store/model-store.ts";
import { listSessions, readSession } from "../store/recordings.ts";
import { findUnreadFiles } from "../store/session-files.ts";
import type { Workspace } from "../store/workspace.ts";
import { createSecretFinder } from "./find-secrets.ts";
import { count, listed, type Attempt, type Finding } from "./finding.ts";

/** Secrets that are listed one by one; of the others the number is told. */
const MAX_LISTED = 20;

/** What was seen of the recordings. */
export interface SeenRecordings {
  /** Exchanges with an answer, which a model can learn from. */
  readonly answered: ReadonlySet<string>;
  readonly secrets: number;
}

/**
 * Reads all recordings: which of them can be read, and what the rules would replace in them. Without formats or rules secrets are not
 * looked for. Adds to `findings`.
 */
export async function examineRecordings(
  workspace: Workspace,
  formats: Formats | undefined,
  rules: ScrubRules | undefined,
  findings: Finding[],
  attempt: Attempt,
): Promise<SeenRecordings> {
  const ids = (await attempt("recordings", async () => listSessions(workspace))) ?? [];
  const finder = formats === undefined || rules === undefined ? undefined : createSecretFinder(rules, formats);
  const answered = new Set<string>();
  const read = new Set<string>();
  let secrets = 0;
  let blind = 0;
  for (const id of ids) {
    const session = await attempt("recordings", async () => readSession(workspace, id));
    if (session === undefined) continue;
    read.add(id);
    findings.push(...complaintsOf(session));
    for (const exchange of session.exchanges) {
      if (exchange.response !== undefined) answered.add(`${id}/${exchange.index}`);
      if (exchange.unscrubbed) blind++;
      for (const { where, part, rule } of finder?.(exchange) ?? [])
        if (++secrets <= MAX_LISTED)
          findings.push({
            level: "secret",
            area: "secrets",
            text: `${part} holds what ${rule} would replace.`,
            place: where,
          });
    }
  }
  for (const { file, reason } of (await attempt("recordings", async () => findUnreadFiles(workspace))) ?? [])
    findings.push({ level: "note", area: "recordings", text: `Not read: ${reason}.`, place: file });
  if (secrets > MAX_LISTED)
    findings.push({ level: "secret", area: "secrets", text: `${secrets - MAX_LISTED} more places in recordings.` });
  if (blind > 0)
    findings.push({
      level: "note",
      area: "secrets",
      text: `${count(blind, "exchange")} could not be looked into in full, and may hold a secret.`,
    });
  findings.push({
    level: "ok",
    area: "recordings",
    text: `${count(read.size, "recording")} of ${ids.length} can be read.`,
  });
  return { answered, secrets };
}

function complaintsOf({ head, ended, badLines }: Session): readonly Finding[] {
  const place = head.session;
  const findings: Finding[] = [];
  const [first] = badLines;
  if (first !== undefined) {
    const more = badLines.length === 1 ? "" : `, and ${count(badLines.length - 1, "more line")}`;
    findings.push({
      level: "note",
      area: "recordings",
      text: `Line ${first.line} cannot be read (${first.reason})${more}.`,
      place,
    });
  }
  if (!ended)
    findings.push({
      level: "note",
      area: "recordings",
      text: "Not ended: still being recorded, or its recorder was killed.",
      place,
    });
  return findings;
}

/** Reads the model: takes without a recording, and recordings that it did not learn from. Adds to `findings`. */
export async function examineModel(
  workspace: Workspace,
  formats: Formats,
  seen: SeenRecordings,
  findings: Finding[],
  attempt: Attempt,
): Promise<void> {
  const takes = await attempt("model", async () => {
    try {
      const { takes } = await readModel(workspace, formats);
      return [...takes.values()].flat().map((t) => t.id);
    } catch (error) {
      if (error instanceof WraithError && error.code === "MODEL_MISSING") return null;
      throw error;
    }
  });
  if (takes === undefined) return;
  if (takes === null) {
    const next = seen.answered.size === 0 ? "" : ` Next: wraith synth ${workspace.name}`;
    return void findings.push({ level: "note", area: "model", text: `No model yet.${next}` });
  }
  findings.push({ level: "ok", area: "model", text: `The model with ${count(takes.length, "take")} can be read.` });
  const learned = new Set(takes);
  const orphans = takes.filter((id) => !seen.answered.has(id));
  if (orphans.length > 0)
    findings.push({
      level: "note",
      area: "model",
      text: `${count(orphans.length, "take")} without a recording: ${listed(orphans)}.`,
    });
  const known = await readLearnedIds(workspace);
  const without = [...seen.answered].filter((id) => !learned.has(id));
  const removed = without.filter((id) => known.has(id));
  if (removed.length > 0)
    findings.push({
      level: "note",
      area: "model",
      text: `${count(removed.length, "take")} removed from the model since it was learned: ${listed(removed)}. To have ${removed.length === 1 ? "it" : "them"} back: wraith synth ${workspace.name}`,
    });
  const fresh = without.filter((id) => !known.has(id));
  if (fresh.length > 0)
    findings.push({
      level: "note",
      area: "model",
      text: `${count(fresh.length, "recorded exchange")} that the model did not learn from: ${listed(fresh)}. Next: wraith synth ${workspace.name}`,
    });
}

/** What a write that was cut off by a crash leaves beside its target. */
export async function findLeftovers({ dir, modelDir }: Workspace): Promise<readonly Finding[]> {
  const names = await readdir(dir, { recursive: true }).catch(() => []);
  const isLeftover = (name: string): boolean => /(?:^|[\\/])(?:model\.(?:tmp|next|old)|[^\\/]+\.tmp)$/.test(name);
  const text = (name: string): string =>
    join(dir, name) === `${modelDir}.next`
      ? "A model that was written whole, but not put in place: wraith synth does."
      : "Left by a write that was cut off; it may be removed.";
  return names
    .filter(isLeftover)
    .map((name) => ({ level: "note", area: "leftovers", text: text(name), place: join(dir, name) }));
}
