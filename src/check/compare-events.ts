import { joinPath } from "../base/path.ts";
import type { EventDifference } from "../formats/format.ts";
import { isTextKind } from "../model/raw-value.ts";
import type { Pair } from "./align.ts";
import type { DivergenceCategory, Found } from "./divergence.ts";
import type { HoleJudges } from "./hole-judge.ts";
import { pairEvents, type Sides } from "./pair-events.ts";
import { clipValue } from "./raw-value.ts";
import type { Rules, ShapeRule } from "./rules.ts";
import { differencesOutsideHoles } from "./shape-values.ts";

/** More events than this that are missing (or extra) in one response are told as one difference in length. */
const MAX_GAPS = 10;

const CATEGORY: Readonly<Record<EventDifference["kind"], DivergenceCategory>> = {
  missing: "missing_field",
  extra: "extra_field",
  type: "type_mismatch",
  value: "value_mismatch",
  encoding: "encoding_mismatch",
};

/** Compares the events of two projections; what is found goes to `out`, in the order of the events. */
export function compareEvents(sides: Sides, judges: HoleJudges, out: Found[]): void {
  const { expected, actual, rules } = sides;
  const { pairs, moved } = pairEvents(sides);
  const missing = pairs.filter((p) => p.actual < 0).length;
  const extra = pairs.filter((p) => p.expected < 0).length;
  let next = { expected: 0, actual: 0 };
  for (const pair of pairs) {
    if (pair.expected >= 0 && pair.actual >= 0) {
      // Events without a partner, or that moved, stand between: steps are not judged over them.
      if (pair.expected !== next.expected || pair.actual !== next.actual) judges.interrupt();
      next = { expected: pair.expected + 1, actual: pair.actual + 1 };
      if (rules.strictness === "own") compareOwn(sides, judges, pair, out);
      else compareByClass(sides, judges, pair, out);
      continue;
    }
    if (pair.actual < 0 && missing <= MAX_GAPS) {
      const { text } = expected.events[pair.expected]!;
      const category = rules.unary ? "missing_field" : "missing_event";
      out.push({ path: rules.eventPath(pair.expected), category, expected: clipValue(text) });
    }
    if (pair.expected < 0 && extra <= MAX_GAPS) {
      const { text } = actual.events[pair.actual]!;
      out.push({
        path: rules.eventPath(pair.actual),
        category: rules.unary ? "extra_field" : "extra_event",
        actual: clipValue(text),
      });
    }
  }
  for (const index of moved) out.push({ path: rules.eventPath(index), category: "event_order" });
  const lengths = { expected: String(expected.events.length), actual: String(actual.events.length) };
  if (missing > MAX_GAPS) out.push({ path: "events.length", category: "missing_event", ...lengths });
  if (extra > MAX_GAPS) out.push({ path: "events.length", category: "extra_event", ...lengths });
}

/** Own values: the texts must be equal, and what the recording has at a hole must have the hole's form. */
function compareOwn(sides: Sides, judges: HoleJudges, pair: Pair, out: Found[]): void {
  const { rules } = sides;
  const recorded = sides.expected.events[pair.expected]!.text;
  const served = sides.actual.events[pair.actual]!.text;
  const path = rules.eventPath(pair.expected);
  const from = out.length;
  if (recorded !== served) reportDifferences(rules.codec.difference(recorded, served), path, recorded, served, out);
  const shape = rules.shapeAt(pair.expected, pair.actual);
  if (shape === undefined) return;
  const { template } = shape;
  const { exact, values } = sides.expectedShapes.read(pair.expected, template);
  for (let k = 0; k < values.length; k++) {
    const [value, judge] = [values[k], judges.of(template.holes[k]!)];
    // A place that is told to be missing has no value: the hole's next one does not follow on it.
    if (value === undefined) judge?.interrupt();
    const verdict = value === undefined ? undefined : judge?.recorded(value);
    if (verdict === undefined) continue;
    const place = joinPath(path, template.paths[k]!);
    if (!isTold(out, from, place)) out.push({ path: place, ...verdict });
  }
  // The bytes are equal, and yet the event is not what its shape says: a hole of another kind than its value.
  if (!exact && out.length === from)
    out.push({ path, category: "type_mismatch", expected: `the shape ${shape.name}`, actual: clipValue(recorded) });
}

function isTold(out: readonly Found[], from: number, path: string): boolean {
  for (let i = from; i < out.length; i++) if (out[i]!.path === path) return true;
  return false;
}

/** Fresh values: constants exactly, holes by their class. */
function compareByClass(sides: Sides, judges: HoleJudges, pair: Pair, out: Found[]): void {
  const { rules } = sides;
  const recorded = sides.expected.events[pair.expected]!.text;
  const served = sides.actual.events[pair.actual]!.text;
  const path = rules.eventPath(pair.expected);
  const shape = rules.shapeAt(pair.expected, pair.actual);
  if (shape === undefined) {
    if (recorded !== served) reportDifferences(rules.codec.difference(recorded, served), path, recorded, served, out);
    return;
  }
  const { template } = shape;
  const there = sides.expectedShapes.read(pair.expected, template);
  const here = sides.actualShapes.read(pair.actual, template);
  if (recorded !== served && !(there.exact && here.exact))
    reportOutsideHoles(rules, recorded, served, shape, path, out);
  for (let k = 0; k < template.holes.length; k++) {
    const [value, answer, judge] = [there.values[k], here.values[k], judges.of(template.holes[k]!)];
    if (value === undefined || answer === undefined) {
      judge?.interrupt();
      continue;
    }
    const verdict = judge?.served(value, answer, !isTextKind(template.kinds[k]!));
    if (verdict !== undefined) out.push({ path: joinPath(path, template.paths[k]!), ...verdict });
  }
}

function reportOutsideHoles(
  rules: Rules,
  recorded: string,
  served: string,
  shape: ShapeRule,
  path: string,
  out: Found[],
): void {
  const differences = rules.codec.difference(recorded, served);
  const outside = differencesOutsideHoles(differences, shape.template);
  if (outside.length > 0 || differences.length === 0) reportDifferences(outside, path, recorded, served, out);
}

function reportDifferences(
  differences: readonly EventDifference[],
  path: string,
  recorded: string,
  served: string,
  out: Found[],
): void {
  for (const { path: inside, kind, expected, actual } of differences)
    out.push({
      path: joinPath(path, inside),
      category: CATEGORY[kind],
      expected: clipValue(expected),
      actual: clipValue(actual),
    });
  if (differences.length === 0)
    out.push({ path, category: "encoding_mismatch", expected: clipValue(recorded), actual: clipValue(served) });
}
