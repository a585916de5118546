import type { StreamRule } from "../model/model.ts";

/** The row of shapes of one answer. */
export interface Row {
  readonly shapes: readonly string[];
  /** Whether it came to its end (a clean one). */
  readonly whole: boolean;
}

/** More endings than that are no endings: then less of a row counts as one. */
const MOST_ENDINGS = 8;

/**
 * The rule of a variant's rows (SPEC section 5): `prefix`, what all rows begin with, up to the first shape that repeats; `endings`,
 * what comes after the last that does; `middle`, all between. What repeats is what follows itself somewhere; where that gives too
 * many endings, what any row has twice; where that does, all but the last event. Every row given fits the rule.
 */
export function inferStreamRule(rows: readonly Row[]): StreamRule {
  const terminal = terminalShapes(rows);
  const ended = new Set(rows.filter((row) => row.whole || terminal.has(row.shapes.at(-1) ?? "")));
  const readings = [repeatsBeside(rows), repeatsAnywhere(rows)];
  for (const repeats of readings) {
    const rule = ruleFor(rows, ended, repeats);
    if (rule.endings.length <= MOST_ENDINGS) return rule;
  }
  return ruleFor(rows, ended, undefined);
}

/** Shapes that follow themselves in some row. */
function repeatsBeside(rows: readonly Row[]): ReadonlySet<string> {
  const out = new Set<string>();
  for (const { shapes } of rows)
    for (let i = 1; i < shapes.length; i++) if (shapes[i] === shapes[i - 1]) out.add(shapes[i]!);
  return out;
}

/** Shapes that some row has twice. */
function repeatsAnywhere(rows: readonly Row[]): ReadonlySet<string> {
  const out = new Set<string>();
  for (const { shapes } of rows) {
    const seen = new Set<string>();
    for (const shape of shapes) {
      if (seen.has(shape)) out.add(shape);
      seen.add(shape);
    }
  }
  return out;
}

/** Shapes that end two rows at least and that nothing ever follows: a client that leaves after one of them has seen the end. */
function terminalShapes(rows: readonly Row[]): ReadonlySet<string> {
  const followed = new Set<string>();
  const last = new Map<string, number>();
  for (const { shapes } of rows) {
    for (let i = 0; i + 1 < shapes.length; i++) followed.add(shapes[i]!);
    const end = shapes.at(-1);
    if (end !== undefined) last.set(end, (last.get(end) ?? 0) + 1);
  }
  return new Set([...last].flatMap(([shape, count]) => (count > 1 && !followed.has(shape) ? [shape] : [])));
}

/** `repeats`: undefined takes the last event of a row alone for its ending. */
function ruleFor(rows: readonly Row[], ended: ReadonlySet<Row>, repeats: ReadonlySet<string> | undefined): StreamRule {
  const prefix = prefixOf(rows, repeats ?? repeatsAnywhere(rows));
  const endings = new Map<string, readonly string[]>();
  for (const { shapes } of ended) {
    const ending = shapes.slice(endingStart(shapes, prefix.length, repeats));
    endings.set(ending.join(" "), ending);
  }
  const middle = new Set<string>();
  for (const row of rows) {
    const { shapes } = row;
    const isEnded = ended.has(row);
    const end = isEnded
      ? endingStart(shapes, prefix.length, repeats)
      : cutMiddle(shapes, prefix.length, [...endings.values()]);
    for (let i = prefix.length; i < end; i++) middle.add(shapes[i]!);
  }
  return { prefix, middle: [...middle], endings: [...endings.values()] };
}

/** What all rows begin with, as far as they go, up to the first shape that repeats. At least two rows must say so. */
function prefixOf(rows: readonly Row[], repeats: ReadonlySet<string>): readonly string[] {
  const first = rows.reduce<readonly string[]>((best, { shapes }) => (shapes.length > best.length ? shapes : best), []);
  let length = first.findIndex((shape) => repeats.has(shape));
  if (length < 0) length = first.length;
  // A whole row ends in its ending, which is not empty unless the row is.
  for (const { shapes, whole } of rows) {
    const most = whole ? Math.max(0, shapes.length - 1) : shapes.length;
    let i = 0;
    while (i < Math.min(length, most) && shapes[i] === first[i]) i++;
    if (i < Math.min(length, shapes.length) || whole) length = Math.min(length, i);
  }
  return first.slice(0, length);
}

function endingStart(shapes: readonly string[], from: number, repeats: ReadonlySet<string> | undefined): number {
  if (repeats === undefined) return Math.max(from, shapes.length - 1);
  let start = shapes.length;
  while (start > from && !repeats.has(shapes[start - 1]!)) start--;
  return start;
}

/** How far the middle of a row that was cut short goes: what it has of an ending does not count. */
function cutMiddle(shapes: readonly string[], from: number, endings: readonly (readonly string[])[]): number {
  let best = shapes.length;
  for (const ending of endings)
    for (let start = Math.max(from, shapes.length - ending.length); start < best; start++)
      if (shapes.slice(start).every((shape, i) => shape === ending[i])) best = start;
  return best;
}
