import type { HoleClass } from "../model/model.ts";
import type { Projection } from "../recording/projection.ts";
import { align, type Pair } from "./align.ts";
import { createPairCost } from "./likeness.ts";
import type { Rules, ShapeRule } from "./rules.ts";
import { isAtHole, type ShapeReader } from "./shape-values.ts";

/** How far apart two events may stand to be seen as having changed places. */
const MAX_MOVE = 100;

/** Classes whose values are made anew for a client with a new request; counters go on from the take's own start. */
const REWRITTEN: ReadonlySet<HoleClass> = new Set<HoleClass>(["timestamp", "echoed", "generated"]);

/** Two projections with their readers. */
export interface Sides {
  readonly expected: Projection;
  readonly actual: Projection;
  readonly expectedShapes: ShapeReader;
  readonly actualShapes: ShapeReader;
  readonly rules: Rules;
}

/** Which events belong together, in order; `moved` are numbers of expected events that only stand elsewhere. */
interface Pairing {
  readonly pairs: readonly Pair[];
  readonly moved: readonly number[];
}

/** Pairs the events of two projections that do not belong together by number (`isStraight`), by least cost. */
export function pairEvents(sides: Sides): Pairing {
  const { expected, actual, rules } = sides;
  const shapes = shapesOf(sides);
  const keys = alignmentKeys(sides, shapes);
  const cost = createPairCost(
    rules.codec,
    expected.events.map((e) => e.text),
    actual.events.map((e) => e.text),
    (path) => rules.strictness !== "own" && shapes.some((s) => isAtHole(path, s.template)),
  );
  return withoutMoves(align(keys.expected, keys.actual, cost), keys);
}

/** True where events belong together by number: as many on both sides, and each pair equal or of one shape. */
export function isStraight({ expected, actual, expectedShapes, actualShapes, rules }: Sides): boolean {
  if (expected.events.length !== actual.events.length) return false;
  if (expected.events.length <= 1 || expected.events === actual.events) return true;
  return expected.events.every((event, i) => {
    if (event.text === actual.events[i]!.text) return true;
    const template = rules.strictness === "own" ? undefined : rules.shapeAt(i, i)?.template;
    return (
      template !== undefined &&
      expectedShapes.match(i, template) !== undefined &&
      actualShapes.match(i, template) !== undefined
    );
  });
}

function shapesOf({ expected, actual, rules }: Sides): readonly ShapeRule[] {
  const shapes = new Map<string, ShapeRule>();
  for (let i = 0; i < Math.max(expected.events.length, actual.events.length); i++) {
    const shape = rules.shapeAt(i, i);
    if (shape !== undefined) shapes.set(shape.name, shape);
  }
  return [...shapes.values()];
}

interface Keys {
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

/**
 * What makes two events the same one for alignment: their text, or, where values may differ, the shape they have. Of one take the
 * texts, numbers and subtrees stay as recorded: they tell events of one shape apart.
 */
function alignmentKeys(
  { expected, actual, expectedShapes, actualShapes, rules }: Sides,
  shapes: readonly ShapeRule[],
): Keys {
  const keysOf = (projection: Projection, reader: ShapeReader): string[] =>
    projection.events.map(({ text }, i) => {
      if (rules.strictness === "own") return text;
      const likely = rules.shapeAt(i, i);
      const candidates = likely === undefined ? shapes : [likely, ...shapes];
      const shape = candidates.find((s) => reader.match(i, s.template) !== undefined);
      if (shape === undefined) return text;
      return [
        `\u0000${shape.name}`,
        ...(rules.sameTake ? keptValues(reader.match(i, shape.template) ?? [], shape, rules) : []),
      ].join("\u0000");
    });
  return { expected: keysOf(expected, expectedShapes), actual: keysOf(actual, actualShapes) };
}

/** The values of an event that fresh values do not rewrite. */
function keptValues(values: readonly (string | undefined)[], { template }: ShapeRule, rules: Rules): readonly string[] {
  return values.map((value, k) => {
    const kind = rules.holes.get(template.holes[k]!)?.class;
    return kind === undefined || REWRITTEN.has(kind) ? "" : (value ?? "");
  });
}

/** Takes out what is equal crosswise: two events that changed places, or one that moved past a row of others. */
function withoutMoves(pairs: readonly Pair[], keys: Keys): Pairing {
  const key = {
    expected: (p: Pair): string | undefined => (p.expected < 0 ? undefined : keys.expected[p.expected]),
    actual: (p: Pair): string | undefined => (p.actual < 0 ? undefined : keys.actual[p.actual]),
  };
  const unequal = pairs.map((p) => key.expected(p) !== key.actual(p));
  const places = new Map<string, number[]>();
  pairs.forEach((p, at) => {
    const k = key.actual(p);
    if (k === undefined || !unequal[at]) return;
    const list = places.get(k);
    if (list === undefined) places.set(k, [at]);
    else list.push(at);
  });
  const moved: number[] = [];
  const gone = new Set<number>();
  pairs.forEach((p, at) => {
    const k = key.expected(p);
    if (k === undefined || !unequal[at] || gone.has(at)) return;
    const near = (places.get(k) ?? [])
      .filter((other) => Math.abs(other - at) <= MAX_MOVE && !gone.has(other))
      .slice(0, 4);
    const other = near.find((candidate) => isCrosswise(pairs, at, candidate, key));
    if (other === undefined) return;
    moved.push(p.expected);
    for (let i = Math.min(at, other); i <= Math.max(at, other); i++) if (unequal[i]) gone.add(i);
  });
  return { pairs: pairs.filter((_, at) => !gone.has(at)), moved };
}

/**
 * Whether the expected event of pair `at` stands at pair `other` on the actual side, and that explains all between them: the
 * two changed places and the rest is equal, or the rest moved on by one.
 */
function isCrosswise(
  pairs: readonly Pair[],
  at: number,
  other: number,
  key: { expected(p: Pair): string | undefined; actual(p: Pair): string | undefined },
): boolean {
  const [first, last] = at < other ? [at, other] : [other, at];
  const quiet = pairs.slice(first + 1, last).every((p) => key.expected(p) === key.actual(p));
  if (quiet && key.expected(pairs[other]!) === key.actual(pairs[at]!)) return true;
  const range = pairs.slice(first, last + 1);
  const expected = range.map((p) => key.expected(p)).filter((k) => k !== undefined);
  const actual = range.map((p) => key.actual(p)).filter((k) => k !== undefined);
  if (expected.length !== actual.length || expected.length < 2) return false;
  const turned = at < other ? [...expected.slice(1), expected[0]] : [expected.at(-1), ...expected.slice(0, -1)];
  return turned.every((k, i) => k === actual[i]);
}
