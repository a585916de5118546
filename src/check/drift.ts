import type { Divergence, DriftType } from "./divergence.ts";
import type { CheckMode } from "./score.ts";

/** What a person said of one drift, by its id (`drift.toml`). */
export type DriftRule = {
  readonly id: string;
  readonly reason: string;
  /** The only kind of check in which it counts; undefined stands for all. */
  readonly mode?: CheckMode | undefined;
  /** Where it stands in the file. */
  readonly line: number;
} & (
  | { readonly verdict: "accepted" }
  /** Of another type than the one that its category tells. */
  | { readonly verdict: "reclassified"; readonly type: DriftType }
);

/** The rules of a check, and which of them found something. */
export interface DriftRules {
  /** The rule for a divergence, which is marked as used. */
  find(divergence: Pick<Divergence, "driftId">): DriftRule | undefined;
  /** Rules that no divergence asked for so far. */
  unused(): readonly DriftRule[];
}

/** Those of the rules that count in this kind of check. */
export function createDriftRules(rules: readonly DriftRule[], mode: CheckMode): DriftRules {
  const byId = new Map(rules.filter((r) => r.mode === undefined || r.mode === mode).map((r) => [r.id, r]));
  const used = new Set<DriftRule>();
  return {
    find({ driftId }) {
      const rule = byId.get(driftId);
      if (rule !== undefined) used.add(rule);
      return rule;
    },
    unused: () => [...byId.values()].filter((rule) => !used.has(rule)),
  };
}
