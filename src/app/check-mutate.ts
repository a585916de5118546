import { readFile } from "node:fs/promises";
import { lineAndColumn, WraithError } from "../base/errors.ts";
import { checkInMemory } from "../check/check-exchange.ts";
import { createMutationTest, type MutationOutcome, type MutationVerdict } from "../check/mutate.ts";
import type { MutationKind } from "../check/mutation.ts";
import { findMutations } from "../check/mutations.ts";
import { indexTakes, subjectOf, type CheckBase, type Subject } from "../check/subject.ts";
import { readModel } from "../store/model-store.ts";
import { readSessions } from "../store/recordings.ts";
import { createTwin } from "../twin/twin.ts";
import type { CheckOptions } from "./checker.ts";

/** A place of the model, by its path and line in `symbols.json`. */
interface MutationPlace {
  readonly place: string;
  readonly line: number;
  readonly kind: MutationKind;
}

/** A change that a check did not tell of as it should. */
export interface MutationFailure extends MutationPlace {
  readonly outcome: MutationOutcome;
  /** Paths that were told and should not be; events that should be told and were not. */
  readonly elsewhere: readonly string[];
  readonly silent: readonly string[];
}

/** The JSON output of `check --mutate`. */
export interface MutationReport {
  readonly twin: string;
  /** Whether every change that a recording exercises was told, at its place and nowhere else. */
  readonly ok: boolean;
  readonly mutations: {
    readonly total: number;
    readonly caught: number;
    /** Models that could not be read any more: as good as caught. */
    readonly refused: number;
    readonly inexact: number;
    readonly missed: number;
    /** Places that no recording has: never counted as caught. */
    readonly unexercised: number;
    /** Basis points of the exercised places that were caught or refused. */
    readonly caught_bp: number;
    readonly failures: readonly MutationFailure[];
    readonly unexercised_places: readonly MutationPlace[];
  };
}

export interface MutateOptions extends Omit<CheckOptions, "mode" | "showSuppressed" | "onProgress"> {
  /** Recordings that a change is tried on, those that have the place first. */
  readonly limit: number;
  onProgress?(done: { readonly mutations: number; readonly total: number }): void;
}

/**
 * Changes every place of the model, one at a time and in memory, and checks (SPEC section 7). Recordings that do not pass unchanged
 * take no part. Throws MODEL_MISSING, MODEL_INVALID, RECORDING_INVALID, NOTHING_TO_CHECK.
 */
export async function mutateTwin(options: MutateOptions): Promise<MutationReport> {
  const { workspace, formats, config } = options;
  const loaded = await readModel(workspace, formats);
  const text = await readFile(workspace.symbolsFile, "utf8");
  const base: CheckBase = { loaded, formats, takes: indexTakes(loaded) };
  const { seed } = config.serve;
  const subjects = await passingSubjects(base, options);
  if (subjects.length === 0)
    throw new WraithError(
      "NOTHING_TO_CHECK",
      "There is nothing to try changes on: no recording that the model learned from passes.",
    );
  const test = createMutationTest({ text, loaded, formats, seed, subjects, limit: options.limit });
  const mutations = findMutations(text);
  const verdicts = mutations.map((mutation, i) => {
    options.onProgress?.({ mutations: i, total: mutations.length });
    return test(mutation);
  });
  return reportOf(workspace.name, text, verdicts);
}

async function passingSubjects(base: CheckBase, options: MutateOptions): Promise<readonly Subject[]> {
  const twin = createTwin(base.loaded, base.formats, { seed: options.config.serve.seed, forgets: true });
  const out: Subject[] = [];
  for await (const session of readSessions(options.workspace, options))
    for (const exchange of session.exchanges) {
      const subject = subjectOf(base, session.head, exchange);
      if (subject?.learned === undefined) continue;
      if (checkInMemory(base, twin, subject).divergences.every((d) => d.severity === "warning")) out.push(subject);
    }
  return out;
}

function reportOf(twin: string, text: string, verdicts: readonly MutationVerdict[]): MutationReport {
  const count = (outcome: MutationOutcome): number => verdicts.filter((v) => v.outcome === outcome).length;
  const place = ({ mutation }: MutationVerdict): MutationPlace => ({
    place: mutation.place,
    line: lineAndColumn(text, mutation.start).line,
    kind: mutation.kind,
  });
  const failed = verdicts.filter((v) => v.outcome === "missed" || v.outcome === "inexact");
  const unexercised = verdicts.filter((v) => v.outcome === "unexercised");
  const exercised = verdicts.length - unexercised.length;
  return {
    twin,
    ok: failed.length === 0,
    mutations: {
      total: verdicts.length,
      caught: count("caught"),
      refused: count("refused"),
      inexact: count("inexact"),
      missed: count("missed"),
      unexercised: unexercised.length,
      caught_bp: exercised === 0 ? 0 : Math.floor(((exercised - failed.length) * 10_000) / exercised),
      failures: failed.map((v) => ({ ...place(v), outcome: v.outcome, elsewhere: v.elsewhere, silent: v.silent })),
      unexercised_places: unexercised.map(place),
    },
  };
}
