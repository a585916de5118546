import { WraithError } from "../base/errors.ts";
import { createTally, reachesBars, type CheckMode, type Conformance, type UnlearnedExchange } from "../check/score.ts";
import { createDriftRules, type DriftRule } from "../check/drift.ts";
import { checkInMemory } from "../check/check-exchange.ts";
import { indexTakes, subjectOf, type CheckBase } from "../check/subject.ts";
import { readDriftRules } from "../store/drift-config.ts";
import { readLearnedIds, readModel } from "../store/model-store.ts";
import { readParts } from "../store/recordings.ts";
import { createTwin } from "../twin/twin.ts";
import { createUpstreamChecker } from "./check-upstream.ts";
import { createWireChecker } from "./check-wire.ts";
import type { Checker, CheckOptions } from "./checker.ts";

/** The JSON output of `check` (SPEC section 7). */
export interface CheckReport {
  readonly twin: string;
  /** Whether the bars of wraith.toml are reached. */
  readonly ok: boolean;
  readonly conformance: Conformance;
  /** Sentences that say what to do next. */
  readonly advice: readonly string[];
}

/**
 * Replays every recorded exchange and compares. Nothing of an exchange is held when it was compared. Throws MODEL_MISSING,
 * MODEL_INVALID, RECORDING_INVALID, CONFIG_INVALID (drift.toml), NOTHING_TO_CHECK; upstream: UPSTREAM_FAILED, CONFIG_INVALID.
 */
export async function checkTwin(options: CheckOptions): Promise<CheckReport> {
  const { workspace, config, formats, mode } = options;
  const drifts = createDriftRules(await readDriftRules(workspace), mode);
  const loaded = await readModel(workspace, formats);
  const base: CheckBase = { loaded, formats, takes: indexTakes(loaded) };
  const tally = createTally(config.diff.suppress, drifts, await readLearnedIds(workspace));
  const checker = await createChecker(options, base);
  const seen = { sessions: 0, exchanges: 0, skipped: 0, unanswered: 0 };
  const checked = new Set<string>();
  try {
    for await (const { head, exchanges, end } of readParts(workspace, options)) {
      for (const exchange of exchanges) {
        seen.exchanges++;
        const subject = subjectOf(base, head, exchange);
        if (subject === undefined) {
          seen.unanswered++;
          continue;
        }
        if (subject.learned !== undefined) checked.add(subject.learned.take.id);
        const verdict = await checker.check(subject);
        if (verdict === undefined) seen.skipped++;
        else tally.add(verdict);
      }
      if (end === undefined) continue;
      seen.sessions++;
      options.onProgress?.({ sessions: seen.sessions, exchanges: seen.exchanges });
    }
  } finally {
    await checker.close();
  }
  const conformance = tally.conformance(mode, options.showSuppressed);
  if (conformance.exchanges_total === 0) throw nothingToCheck(options, conformance, seen);
  const { diff } = config;
  const bars =
    mode === "upstream"
      ? { requiredScore: diff.upstreamRequiredScore, sessionPassRate: diff.upstreamSessionPassRate }
      : { requiredScore: diff.requiredScore, sessionPassRate: diff.sessionPassRate };
  const everything = options.sessions.length === 0 && options.tags.length === 0;
  const lost = everything ? [...base.takes.keys()].filter((id) => !checked.has(id)).length : 0;
  return {
    twin: workspace.name,
    ok: reachesBars(conformance, bars),
    conformance,
    advice: [
      // What was not asked could not be found.
      ...(everything && seen.skipped === 0 ? drifts.unused().map(unusedAdvice) : []),
      ...adviceOf(workspace.name, mode, conformance, { ...seen, lost }),
    ],
  };
}

async function createChecker(options: CheckOptions, base: CheckBase): Promise<Checker> {
  const twin = createTwin(base.loaded, options.formats, { seed: options.config.serve.seed, forgets: true });
  if (options.mode === "wire") return createWireChecker(options, base, twin);
  if (options.mode === "upstream") return createUpstreamChecker(options, base);
  return { check: async (subject) => checkInMemory(base, twin, subject), close: async () => undefined };
}

interface Seen {
  readonly sessions: number;
  readonly exchanges: number;
  readonly skipped: number;
  readonly unanswered: number;
}

function nothingToCheck(options: CheckOptions, conformance: Conformance, seen: Seen): WraithError {
  const whose = options.tags.length > 0 ? "no recorded exchanges with this tag" : "no recorded exchanges";
  const text =
    seen.exchanges === 0
      ? `There is nothing to check: "${options.workspace.name}" has ${whose}.`
      : seen.skipped > 0
        ? `There is nothing to check: none of the ${seen.skipped} recorded requests may be sent to the upstream. GET and HEAD are; name other routes in [upstream] allow.`
        : conformance.unlearned.length > 0
          ? `There is nothing to check: the model has no take of any of the ${conformance.unlearned.length} recorded exchanges.`
          : `There is nothing to check: none of the ${seen.exchanges} recorded exchanges has an answer.`;
  return new WraithError("NOTHING_TO_CHECK", text);
}

function unusedAdvice({ id, line, mode }: DriftRule): string {
  const remedy = mode === undefined ? "remove the entry, or name the mode in which it counts" : "remove the entry";
  return `drift.toml, line ${line}: nothing drifts as ${id} any more: ${remedy}.`;
}

function adviceOf(
  twin: string,
  mode: CheckMode,
  conformance: Conformance,
  seen: Seen & { readonly lost: number },
): readonly string[] {
  const advice: string[] = [];
  const removed = conformance.unlearned.filter(({ reason }) => reason === "removed");
  const added = conformance.unlearned.length - removed.length;
  if (added > 0)
    advice.push(
      `The model did not learn from ${count(added, "recorded exchange", "recorded exchanges")}: run \`wraith synth ${twin}\`.`,
    );
  if (removed.length > 0)
    advice.push(
      `${removed.length === 1 ? "The take" : "The takes"} of ${someOf(removed)} ${removed.length === 1 ? "was" : "were"} removed from the model since it was learned: run \`wraith synth ${twin}\` to have ${removed.length === 1 ? "it" : "them"} back.`,
    );
  if (seen.lost > 0)
    advice.push(
      `${count(seen.lost, "take has", "takes have")} no recording any more and ${seen.lost === 1 ? "was" : "were"} not checked.`,
    );
  if (seen.skipped > 0)
    advice.push(
      `${count(seen.skipped, "request was", "requests were")} not sent to the upstream: name their routes in [upstream] allow.`,
    );
  if (seen.unanswered > 0)
    advice.push(`${count(seen.unanswered, "exchange has", "exchanges have")} no recorded answer to compare with.`);
  const first = conformance.divergences.find((d) => d.severity === "error");
  if (first !== undefined)
    advice.push(`See what was recorded: \`wraith inspect ${twin} ${first.session}/${first.exchange}\`.`);
  if (first !== undefined && mode === "upstream")
    advice.push(
      "Where the API has changed, record it again; where the difference does not matter, add a [[diff.suppress]] with a reason.",
    );
  return advice;
}

function someOf(exchanges: readonly UnlearnedExchange[]): string {
  const ids = exchanges.map(({ session, exchange }) => `${session}/${exchange}`);
  return ids.length <= 3 ? ids.join(", ") : `${ids.slice(0, 3).join(", ")} and ${ids.length - 3} more`;
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
