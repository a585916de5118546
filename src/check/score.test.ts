import { expect, test } from "vitest";
import type { ExchangeVerdict } from "./check-exchange.ts";
import { divergenceFrom, driftIdOf, type Found } from "./divergence.ts";
import { createDriftRules, type DriftRule } from "./drift.ts";
import { createTally, foldByDrift, reachesBars, type CheckMode } from "./score.ts";

const ROUTE = "POST /v1/x";

function verdict(session: string, exchange: number, found: readonly Found[], learned = true): ExchangeVerdict {
  const where = { route: ROUTE, variant: "200", session, exchange };
  return {
    ...where,
    learned,
    events: 10,
    divergences: found.map((f) => divergenceFrom(f, { ...where, values: "own" })),
  };
}

const wrong: Found = { path: "events[3].data.role", category: "value_mismatch" };
const late: Found = { path: "timing.gapMs", category: "timing_out_of_band" };

const NONE: ReadonlySet<string> = new Set();

test("one failed exchange of four in one of two sessions", () => {
  const tally = createTally([], createDriftRules([], "memory"), NONE);
  expect(
    [verdict("a", 0, []), verdict("a", 1, [late]), verdict("b", 0, [wrong, wrong]), verdict("b", 1, [])].map((v) =>
      tally.add(v),
    ),
  ).toEqual([true, true, false, true]);
  const conformance = tally.conformance("memory", false);
  expect(conformance).toMatchObject({
    mode: "memory",
    score_bp: 7500,
    sessions_total: 2,
    sessions_passed: 1,
    session_pass_rate: 0.5,
    exchanges_total: 4,
    exchanges_passed: 3,
    events_total: 40,
    divergence_count: 2,
    warning_count: 1,
    suppressed_count: 0,
  });
  expect(conformance.divergences).toHaveLength(3);
  expect(conformance).not.toHaveProperty("suppressed");
  expect(reachesBars(conformance, { requiredScore: 0.75, sessionPassRate: 0.5 })).toBe(true);
  expect(reachesBars(conformance, { requiredScore: 0.76, sessionPassRate: 0.5 })).toBe(false);
  expect(reachesBars(conformance, { requiredScore: 0.75, sessionPassRate: 0.6 })).toBe(false);
});

test("what is suppressed fails nothing, is counted, and is shown with its reason on request", () => {
  const tally = createTally([{ path: "events[*].data.role", reason: "known" }], createDriftRules([], "memory"), NONE);
  expect(tally.add(verdict("a", 0, [wrong]))).toBe(true);
  const conformance = tally.conformance("memory", true);
  expect(conformance).toMatchObject({ score_bp: 10_000, divergence_count: 0, suppressed_count: 1, divergences: [] });
  expect(conformance.suppressed).toMatchObject([{ path: "events[3].data.role", reason: "known" }]);
});

test("a drift that a person knows is accepted, or of another type, in the kind of check that the rule is for", () => {
  const { driftId } = verdict("a", 0, [wrong]).divergences[0]!;
  const rule = { id: driftId, reason: "we know", line: 1 };
  const accepted = { ...rule, verdict: "accepted", mode: "upstream" } as const;
  const reclassified = { ...rule, verdict: "reclassified", type: "head" } as const;
  const other = { ...rule, id: "000000000000", verdict: "accepted" } as const;
  const checked = (mode: CheckMode, ...rules: DriftRule[]) => {
    const drifts = createDriftRules(rules, mode);
    const tally = createTally([], drifts, NONE);
    tally.add(verdict("a", 0, [wrong]));
    return { conformance: tally.conformance(mode, true), unused: drifts.unused() };
  };
  expect(checked("upstream", accepted, other)).toMatchObject({
    conformance: { divergence_count: 0, suppressed_count: 1, suppressed: [{ driftId, reason: "we know" }] },
    unused: [other],
  });
  // A rule for another kind of check is neither used nor missed.
  expect(checked("memory", accepted)).toMatchObject({
    conformance: { divergence_count: 1, suppressed_count: 0, divergences: [{ driftId, driftType: "value" }] },
    unused: [],
  });
  expect(checked("memory", reclassified)).toMatchObject({
    conformance: { divergence_count: 1, score_bp: 0, divergences: [{ driftId, driftType: "head" }] },
    unused: [],
  });
});

test("what was not learned is listed, and counts nowhere; so is what was removed from the model", () => {
  const tally = createTally([], createDriftRules([], "memory"), new Set(["a/0", "b/5"]));
  tally.add(verdict("a", 0, []));
  tally.add(verdict("b", 4, [wrong], false));
  tally.add(verdict("b", 5, [], false));
  expect(tally.conformance("memory", false)).toMatchObject({
    score_bp: 10_000,
    sessions_total: 1,
    exchanges_total: 1,
    divergence_count: 0,
    unlearned: [
      { session: "b", exchange: 4, reason: "new", passed: false, divergence_count: 1 },
      { session: "b", exchange: 5, reason: "removed", passed: true, divergence_count: 0 },
    ],
  });
});

test("a check of nothing reaches no bar", () => {
  expect(
    reachesBars(createTally([], createDriftRules([], "memory"), NONE).conformance("memory", false), {
      requiredScore: 0,
      sessionPassRate: 0,
    }),
  ).toBe(false);
});

test("a drift id leaves the event's number open, and only that", () => {
  const id = driftIdOf(ROUTE, "events[3].data.a[0]", "value_mismatch");
  expect(driftIdOf(ROUTE, "events[17].data.a[0]", "value_mismatch")).toBe(id);
  expect(driftIdOf(ROUTE, "events[3].data.a[1]", "value_mismatch")).not.toBe(id);
  expect(driftIdOf(ROUTE, "events[3].data.a[0]", "type_mismatch")).not.toBe(id);
  expect(driftIdOf("GET /y", "events[3].data.a[0]", "value_mismatch")).not.toBe(id);
});

test("folds divergences by drift, errors before warnings", () => {
  const list = [
    ...verdict("a", 0, [late, wrong, { ...wrong, path: "events[4].data.role" }]).divergences,
    ...verdict("a", 1, [wrong]).divergences,
  ];
  expect(foldByDrift(list)).toMatchObject([
    { path: "events[].data.role", category: "value_mismatch", count: 3, exchanges: ["a/0", "a/1"], values: ["own"] },
    { path: "timing.gapMs", severity: "warning", count: 1 },
  ]);
});
