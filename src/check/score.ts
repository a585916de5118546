import type { Divergence } from "./divergence.ts";
import { pathWithoutEventNumber } from "./divergence.ts";
import type { DriftRules } from "./drift.ts";
import type { ExchangeVerdict } from "./check-exchange.ts";
import { findSuppression, type SuppressionRule } from "./suppress.ts";

export const CHECK_MODES = ["memory", "wire", "upstream"] as const;
export type CheckMode = (typeof CHECK_MODES)[number];

/** A divergence that a rule of wraith.toml or drift.toml accepts. */
export interface SuppressedDivergence extends Divergence {
  readonly reason: string;
}

/** An exchange that the model has no take of: none was learned from it (`new`), or it was removed from the model since (`removed`). */
export interface UnlearnedExchange {
  readonly session: string;
  readonly exchange: number;
  readonly route: string;
  readonly reason: "new" | "removed";
  readonly passed: boolean;
  readonly divergence_count: number;
}

/** The number that a check gives, and what stands behind it: the JSON output of SPEC section 7. */
export interface Conformance {
  readonly mode: CheckMode;
  /** Basis points of exchanges that passed. */
  readonly score_bp: number;
  readonly sessions_total: number;
  readonly sessions_passed: number;
  /** 0 to 1. */
  readonly session_pass_rate: number;
  readonly exchanges_total: number;
  readonly exchanges_passed: number;
  readonly events_total: number;
  /** Errors; warnings have their own count. */
  readonly divergence_count: number;
  readonly warning_count: number;
  readonly suppressed_count: number;
  readonly divergences: readonly Divergence[];
  readonly suppressed?: readonly SuppressedDivergence[] | undefined;
  readonly unlearned: readonly UnlearnedExchange[];
}

/** What a check must reach. */
export interface Bars {
  /** 0 to 1. */
  readonly requiredScore: number;
  readonly sessionPassRate: number;
}

/** Divergences beyond this many are counted and not listed. */
const MAX_LISTED = 20_000;

/** Adds up the verdicts of a check. */
export interface Tally {
  /** Whether the exchange passed: no error that is not suppressed. */
  add(verdict: ExchangeVerdict): boolean;
  /** `showSuppressed` lists what was accepted, beside the count. */
  conformance(mode: CheckMode, showSuppressed: boolean): Conformance;
}

/** `known`: ids of what the model was learned from, also where its take is not in it any more. */
export function createTally(
  suppressions: readonly SuppressionRule[],
  drifts: DriftRules,
  known: ReadonlySet<string>,
): Tally {
  const sessions = new Map<string, boolean>();
  const counts = { exchanges: 0, passed: 0, events: 0, errors: 0, warnings: 0, suppressed: 0 };
  const divergences: Divergence[] = [];
  const suppressed: SuppressedDivergence[] = [];
  const unlearned: UnlearnedExchange[] = [];
  const add = (verdict: ExchangeVerdict): boolean => {
    const kept: Divergence[] = [];
    for (const found of verdict.divergences) {
      const drift = drifts.find(found);
      const divergence = drift?.verdict === "reclassified" ? { ...found, driftType: drift.type } : found;
      const rule = drift?.verdict === "accepted" ? drift : findSuppression(divergence, suppressions);
      if (rule === undefined) kept.push(divergence);
      else if (verdict.learned) {
        counts.suppressed++;
        if (suppressed.length < MAX_LISTED) suppressed.push({ ...divergence, reason: rule.reason });
      }
    }
    const errors = kept.filter((d) => d.severity === "error").length;
    const passed = errors === 0;
    if (!verdict.learned) {
      const { session, exchange, route } = verdict;
      const reason = known.has(`${session}/${exchange}`) ? "removed" : "new";
      unlearned.push({ session, exchange, route, reason, passed, divergence_count: errors });
      return passed;
    }
    counts.exchanges++;
    counts.events += verdict.events;
    counts.errors += errors;
    counts.warnings += kept.length - errors;
    if (passed) counts.passed++;
    sessions.set(verdict.session, (sessions.get(verdict.session) ?? true) && passed);
    for (const divergence of kept) if (divergences.length < MAX_LISTED) divergences.push(divergence);
    return passed;
  };
  return {
    add,
    conformance: (mode, showSuppressed) => {
      const sessionsPassed = [...sessions.values()].filter(Boolean).length;
      return {
        mode,
        score_bp: counts.exchanges === 0 ? 0 : Math.floor((counts.passed * 10_000) / counts.exchanges),
        sessions_total: sessions.size,
        sessions_passed: sessionsPassed,
        session_pass_rate: sessions.size === 0 ? 0 : sessionsPassed / sessions.size,
        exchanges_total: counts.exchanges,
        exchanges_passed: counts.passed,
        events_total: counts.events,
        divergence_count: counts.errors,
        warning_count: counts.warnings,
        suppressed_count: counts.suppressed,
        divergences,
        ...(showSuppressed ? { suppressed } : {}),
        unlearned,
      };
    },
  };
}

/** Whether a check reached its bars. A check of nothing never does. */
export function reachesBars(conformance: Conformance, bars: Bars): boolean {
  if (conformance.exchanges_total === 0) return false;
  return (
    conformance.exchanges_passed >= bars.requiredScore * conformance.exchanges_total &&
    conformance.session_pass_rate >= bars.sessionPassRate
  );
}

/** All divergences of one drift, folded for people. */
export interface DriftGroup {
  readonly driftId: string;
  readonly route: string;
  /** Path with the event number left open, where there is more than one. */
  readonly path: string;
  readonly category: Divergence["category"];
  readonly severity: Divergence["severity"];
  readonly count: number;
  /** `SESSION/INDEX` of the exchanges it is in. */
  readonly exchanges: readonly string[];
  readonly values: readonly ("own" | "fresh")[];
  /** The first of them, as an example. */
  readonly first: Divergence;
}

/** Folds divergences by drift id, errors first, in the order in which they were found. */
export function foldByDrift(divergences: readonly Divergence[]): readonly DriftGroup[] {
  const groups = new Map<string, Divergence[]>();
  for (const divergence of divergences) {
    const group = groups.get(divergence.driftId);
    if (group === undefined) groups.set(divergence.driftId, [divergence]);
    else group.push(divergence);
  }
  const folded = [...groups].map(([driftId, group]): DriftGroup => {
    const first = group[0]!;
    const { route, category, severity } = first;
    const path = group.every((d) => d.path === first.path) ? first.path : pathWithoutEventNumber(first.path);
    const exchanges = [...new Set(group.map((d) => `${d.session}/${d.exchange}`))];
    const values = [...new Set(group.map((d) => d.values))];
    return { driftId, route, path, category, severity, count: group.length, exchanges, values, first };
  });
  return [...folded.filter((g) => g.severity === "error"), ...folded.filter((g) => g.severity === "warning")];
}
