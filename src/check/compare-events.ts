import { joinPath } from "../base/path.ts";
import type { EventDifference } from "../formats/format.ts";
import { isTextKind } from "../model/raw-value.ts";
import type { Template } from "../model/model.ts";
import type { DivergenceCategory, Found } from "./divergence.ts";
import type { HoleJudge, HoleJudges } from "./hole-judge.ts";
import { isStraight, pairEvents, type Sides } from "./pair-events.ts";
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
  const places = createPlaces(judges);
  const comparePair = rules.strictness === "own" ? compareOwn : compareByClass;
  if (isStraight(sides)) {
    for (let i = 0; i < expected.events.length; i++) comparePair(sides, places, i, i, out);
    return;
  }
  const { pairs, moved } = pairEvents(sides);
  const missing = pairs.filter((p) => p.actual < 0).length;
  const extra = pairs.filter((p) => p.expected < 0).length;
  let next = { expected: 0, actual: 0 };
  for (const pair of pairs) {
    if (pair.expected >= 0 && pair.actual >= 0) {
      // Events without a partner, or that moved, stand between: steps are not judged over them.
      if (pair.expected !== next.expected || pair.actual !== next.actual) judges.interrupt();
      next = { expected: pair.expected + 1, actual: pair.actual + 1 };
      comparePair(sides, places, pair.expected, pair.actual, out);
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

/** A hole's place in a shape, with the values that were last found right there: what comes again is not judged again. */
interface JudgedPlace {
  readonly judge: HoleJudge | undefined;
  recorded: string | undefined;
  served: string | undefined;
}

/** The places of a template. */
type Places = (template: Template) => readonly JudgedPlace[];

function createPlaces(judges: HoleJudges): Places {
  const known = new Map<Template, readonly JudgedPlace[]>();
  return (template) => {
    let places = known.get(template);
    if (places === undefined) {
      places = template.holes.map((hole) => ({ judge: judges.of(hole), recorded: undefined, served: undefined }));
      known.set(template, places);
    }
    return places;
  };
}

/** Own values: the texts must be equal, and what the recording has at a hole must have the hole's form. */
function compareOwn(sides: Sides, placesOf: Places, expected: number, actual: number, out: Found[]): void {
  const { rules, expectedShapes } = sides;
  const recorded = sides.expected.events[expected]!.text;
  const served = sides.actual.events[actual]!.text;
  const from = out.length;
  if (recorded !== served)
    reportDifferences(rules.codec.difference(recorded, served), rules.eventPath(expected), recorded, served, out);
  const shape = rules.shapeAt(expected, actual);
  if (shape === undefined) return;
  const { template } = shape;
  const matched = expectedShapes.match(expected, template);
  const values = matched ?? expectedShapes.loose(expected, template);
  const places = placesOf(template);
  for (let k = 0; k < values.length; k++) {
    const value = values[k];
    const place = places[k]!;
    if (value !== undefined && value === place.recorded) continue;
    const { judge } = place;
    // A place that is told to be missing has no value: the hole's next one does not follow on it.
    if (value === undefined) judge?.interrupt();
    const verdict = value === undefined ? undefined : judge?.recorded(value);
    if (verdict === undefined) {
      if (judge?.isSteady !== false) place.recorded = value;
      continue;
    }
    const path = joinPath(rules.eventPath(expected), template.paths[k]!);
    if (!isTold(out, from, path)) out.push({ path, ...verdict });
  }
  // The bytes are equal, and yet the event is not what its shape says: a hole of another kind than its value.
  if (matched === undefined && out.length === from)
    out.push({
      path: rules.eventPath(expected),
      category: "type_mismatch",
      expected: `the shape ${shape.name}`,
      actual: clipValue(recorded),
    });
}

function isTold(out: readonly Found[], from: number, path: string): boolean {
  for (let i = from; i < out.length; i++) if (out[i]!.path === path) return true;
  return false;
}

/** Fresh values: constants exactly, holes by their class. */
function compareByClass(sides: Sides, placesOf: Places, expected: number, actual: number, out: Found[]): void {
  const { rules, expectedShapes, actualShapes } = sides;
  const recorded = sides.expected.events[expected]!.text;
  const served = sides.actual.events[actual]!.text;
  const shape = rules.shapeAt(expected, actual);
  if (shape === undefined) {
    if (recorded !== served)
      reportDifferences(rules.codec.difference(recorded, served), rules.eventPath(expected), recorded, served, out);
    return;
  }
  const { template } = shape;
  const there = expectedShapes.match(expected, template);
  const here = actualShapes.match(actual, template);
  if ((there === undefined || here === undefined) && recorded !== served)
    reportOutsideHoles(rules, recorded, served, shape, rules.eventPath(expected), out);
  const values = there ?? expectedShapes.loose(expected, template);
  const answers = here ?? actualShapes.loose(actual, template);
  const places = placesOf(template);
  for (let k = 0; k < places.length; k++) {
    const value = values[k];
    const answer = answers[k];
    const place = places[k]!;
    if (value !== undefined && answer !== undefined && value === place.recorded && answer === place.served) continue;
    const { judge } = place;
    if (value === undefined || answer === undefined) {
      judge?.interrupt();
      continue;
    }
    const verdict = judge?.served(value, answer, !isTextKind(template.kinds[k]!));
    if (verdict !== undefined) {
      const path = joinPath(rules.eventPath(expected), template.paths[k]!);
      out.push({ path, ...verdict });
    } else if (judge?.isSteady !== false) {
      place.recorded = value;
      place.served = answer;
    }
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
