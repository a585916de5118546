import type { HoleClass, HoleRule } from "../model/model.ts";
import { lastKey, pathSegments } from "../base/path.ts";
import { classify } from "./classify.ts";
import { nameHoles } from "./names.ts";
import { findHoles, type Place, type RouteEvidence } from "./places.ts";
import { unify } from "./unify.ts";
import type { ValueKind } from "./value-kind.ts";

/** A hole of a route: one or more places, its rule, and its values. */
export interface Hole {
  readonly name: string;
  readonly rule: HoleRule;
  readonly kind: ValueKind;
  /** Values by number of the sample, in the order of the wire. */
  readonly bySample: ReadonlyMap<number, readonly string[]>;
  /** The shortest of its paths. */
  readonly path: string;
  /** The class set by hand that its values contradict. */
  readonly refused?: HoleClass | undefined;
}

/** The values of one hole in one sample. */
export interface SampleValues {
  /** In the order of the wire; one value where all are equal. */
  readonly raws: readonly string[];
  readonly count: number;
}

/** Gives the values of all places that `numberOf` knows, sample by sample and by number. */
export type WireWalk = (
  numberOf: (place: Place) => number | undefined,
  visit: (sample: number, values: readonly (SampleValues | undefined)[]) => void,
) => void;

export interface InferredHoles {
  readonly holes: readonly Hole[];
  holeAt(place: Place): Hole | undefined;
}

interface Draft {
  readonly places: readonly Place[];
  readonly path: string;
  readonly bySample: Map<number, readonly string[]>;
  readonly count: number;
  readonly repeats: boolean;
}

/** A draft while its values are gathered. */
type GrowingDraft = { -readonly [K in keyof Draft]: Draft[K] };

/** Finds the holes among the places of a route, joins those that are one, tells their classes and names them. */
export function inferHoles(
  places: readonly Place[],
  evidence: RouteEvidence,
  walk: WireWalk,
  forcedClass: (place: Place) => HoleClass | undefined,
): InferredHoles {
  const groups = unify(
    places,
    findHoles(places, evidence, (place) => forcedClass(place) !== undefined),
  );
  const drafts = groups.map((group) => draftOf(group));
  const draftAt = new Map<Place, number>();
  drafts.forEach((draft, n) => {
    for (const place of draft.places) draftAt.set(place, n);
  });
  walk(
    (place) => draftAt.get(place),
    (sample, values) => {
      values.forEach((found, n) => {
        if (found === undefined) return;
        const draft = drafts[n]!;
        draft.bySample.set(sample, found.raws);
        draft.count += found.count;
        if (found.raws.length < found.count) draft.repeats = true;
      });
    },
  );
  const ruled = drafts.map((draft) => ruleOf(draft, evidence, forcedClass));
  const merged = mergeAlike(ruled, evidence);
  const kept = merged.filter((m, i) => m === i);
  const names = nameHoles(
    kept.map((i) => ({ path: ruled[i]!.draft.path, isOfStream: ruled[i]!.rule.scope === "stream" })),
  );
  const numberOf = new Map(kept.map((i, n) => [i, n]));
  const holes = kept.map((i, n): Hole => {
    const { draft, rule, refused } = ruled[i]!;
    return {
      name: names[n]!,
      rule,
      kind: draft.places[0]!.valueKind,
      bySample: draft.bySample,
      path: draft.path,
      refused,
    };
  });
  return {
    holes,
    holeAt: (place) => {
      const draft = draftAt.get(place);
      return draft === undefined ? undefined : holes[numberOf.get(merged[draft]!)!];
    },
  };
}

function draftOf(places: readonly Place[]): GrowingDraft {
  const path = places.map((place) => place.path).reduce((best, next) => (compareNames(next, best) < 0 ? next : best));
  return { places, path, bySample: new Map(), count: 0, repeats: false };
}

/** The path that names a hole best: the least deep, then the one with the shortest key. */
function compareNames(a: string, b: string): number {
  const depth = (path: string): number => pathSegments(path)?.length ?? 0;
  const order = depth(a) - depth(b) || lastKey(a).length - lastKey(b).length || a.length - b.length;
  return order !== 0 ? order : a < b ? -1 : 1;
}

interface Ruled {
  readonly draft: Draft;
  readonly rule: HoleRule;
  readonly refused: HoleClass | undefined;
}

function ruleOf(draft: Draft, evidence: RouteEvidence, forcedClass: (place: Place) => HoleClass | undefined): Ruled {
  const { places, path, bySample, count, repeats } = draft;
  const forced = places.map(forcedClass).find((name) => name !== undefined);
  const isNullable = places.some((place) => place.kind === "scalar");
  const nullable = isNullable && [...bySample.values()].some((raws) => raws.includes("null"));
  const rule = classify({ path, kind: places[0]!.valueKind, nullable, bySample, count, repeats, forced }, evidence);
  return { draft, rule, refused: forced === undefined || rule.class === forced ? undefined : forced };
}

/**
 * Holes of one name and class that no answer has both of (the `id` of a stream and that of a body) are one hole to a reader, with a
 * rule for all its values. Gives for each the number of the one that it becomes part of, which then has all.
 */
function mergeAlike(ruled: Ruled[], evidence: RouteEvidence): readonly number[] {
  const owners = new Map<string, number[]>();
  return ruled.map((own, i) => {
    const { draft, rule } = own;
    const key = [lastKey(draft.path), draft.places[0]!.valueKind, rule.class].join("\u0001");
    const alike = owners.get(key) ?? [];
    owners.set(key, alike);
    for (const first of alike) {
      const joined = joinRuled(ruled[first]!, own, evidence);
      if (joined === undefined) continue;
      ruled[first] = joined;
      return first;
    }
    alike.push(i);
    return i;
  });
}

/** Two holes as one, with a rule that says as much as both; undefined where some answer has both, or there is no such rule. */
function joinRuled(a: Ruled, b: Ruled, evidence: RouteEvidence): Ruled | undefined {
  for (const sample of b.draft.bySample.keys()) if (a.draft.bySample.has(sample)) return undefined;
  const draft: Draft = {
    ...a.draft,
    bySample: new Map([...a.draft.bySample, ...b.draft.bySample]),
    count: a.draft.count + b.draft.count,
    repeats: a.draft.repeats || b.draft.repeats,
  };
  const nullable = a.rule.nullable === true || b.rule.nullable === true;
  const kind = draft.places[0]!.valueKind;
  const rule = classify({ ...draft, kind, nullable, forced: a.rule.class }, evidence);
  if (rule.class !== a.rule.class || !isAsNarrow(rule, a.rule) || !isAsNarrow(rule, b.rule)) return undefined;
  return { ...a, rule, draft };
}

/** Whether a rule for more values says as much as the one before: the same source, step, unit; ids of the same length. */
function isAsNarrow(joint: HoleRule, rule: HoleRule): boolean {
  switch (joint.class) {
    case "echoed":
      return rule.class === "echoed" && joint.from === rule.from;
    case "counter":
      return rule.class === "counter" && joint.step === rule.step && joint.start === rule.start;
    case "timestamp":
      return rule.class === "timestamp" && joint.unit === rule.unit;
    case "generated":
      return (
        rule.class === "generated" &&
        JSON.stringify([joint.prefix, joint.length]) === JSON.stringify([rule.prefix, rule.length])
      );
    default:
      return true;
  }
}
