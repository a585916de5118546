import { compareSpecificity } from "../model/guard.ts";
import type { Guard } from "../model/model.ts";
import type { RequestView } from "../model/request-view.ts";
import { findCandidates, type Candidate } from "./conditions.ts";

/** Samples of a route that answer in one way. */
export interface AnswerCell {
  /** Numbers into the list of requests. */
  readonly samples: readonly number[];
  /** Whether it is a refusal: an exception to what the route does, so that its guard has to know better than all others. */
  readonly isFault: boolean;
}

/** Samples that answer in one way, and the guard that finds them. */
export interface Guarded {
  /** Number of the cell they come from. */
  readonly cell: number;
  readonly samples: readonly number[];
  readonly guard: Guard;
  /** The cell that nothing in the request separates this one from: it has the same guard. */
  readonly hiddenBy?: number | undefined;
}

/** Conditions of a guard that separates: more would fit by chance. */
const MOST_CONDITIONS = 3;
/** Causes of one fault that are told apart. */
const MOST_CAUSES = 8;

/**
 * Guards for the ways in which a route answers, such that of the guards that hold for a recorded request the most specific one is
 * that of its cell. A fault may have several causes, each with a guard of its own. What cannot be told from another cell gets that
 * one's guard, in as many parts as it has such neighbours.
 */
export function learnGuards(cells: readonly AnswerCell[], views: readonly RequestView[]): readonly Guarded[] {
  if (cells.length < 2) return cells.map(({ samples }, cell) => ({ cell, samples, guard: [] }));
  const candidates = findCandidates(views);
  const create = (number: number, samples: readonly number[]): Cell =>
    createCell(number, samples, cells[number]!.isFault, candidates, views);
  const order = cells.map((_, cell) => cell).sort((a, b) => compareCells(cells[a]!, cells[b]!));
  const whole = order.map((number) => create(number, cells[number]!.samples));
  const split = partition(whole).hidden.flatMap((cell) =>
    causesOf(cell, candidates, views.length).map((samples) => create(cell.number, samples)),
  );
  const { main, hidden } = partition([...partition(whole).main, ...split]);
  for (const cell of main) cell.separate(main.filter((other) => other !== cell && mustExclude(cell, other)));
  // The guards that a cell must beat grow, at most once for each cell.
  for (let round = 0; round < main.length; round++) {
    let changed = false;
    for (const cell of main)
      for (const other of main)
        if (cell !== other && cell.reachedBy(other)) changed = cell.outdo(other.guard()) || changed;
    if (!changed) break;
  }
  const out: Guarded[] = [];
  for (const cell of [...main, ...hidden]) {
    const parts = new Map<Cell | undefined, number[]>();
    for (const sample of cell.samples) {
      const chosen = choose(main, sample, cell);
      const part = parts.get(chosen);
      if (part === undefined) parts.set(chosen, [sample]);
      else part.push(sample);
    }
    for (const [chosen, samples] of parts) {
      const isOwn = chosen === undefined || chosen.number === cell.number;
      out.push({
        cell: cell.number,
        samples,
        guard: chosen?.guard() ?? [],
        hiddenBy: isOwn ? undefined : chosen.number,
      });
    }
  }
  return joinEqual(out);
}

/** What the route does before what it refuses, the commonest first. */
function compareCells(a: AnswerCell, b: AnswerCell): number {
  if (a.isFault !== b.isFault) return a.isFault ? 1 : -1;
  return b.samples.length - a.samples.length || a.samples[0]! - b.samples[0]!;
}

/** Cells that can be told from all before them, and the others. */
function partition(cells: readonly Cell[]): { readonly main: readonly Cell[]; readonly hidden: readonly Cell[] } {
  const main: Cell[] = [];
  const hidden: Cell[] = [];
  for (const cell of cells)
    (main.every((other) => other.number === cell.number || other.excludes(cell) || cell.excludes(other))
      ? main
      : hidden
    ).push(cell);
  return { main, hidden };
}

/**
 * A fault that knows itself need not be turned away by others: it is more specific. Nor need an answer that says what it is by a
 * value be turned away by one that can only say that something is there.
 */
function mustExclude(cell: Cell, other: Cell): boolean {
  if (cell.number === other.number || !cell.excludes(other)) return false;
  if (cell.isFault !== other.isFault) return cell.isFault || !other.excludes(cell);
  return cell.excludesByValue(other) || !other.excludesByValue(cell);
}

/** Splits a cell by words that only its requests have; what has none comes last. */
function causesOf(cell: Cell, candidates: readonly Candidate[], count: number): readonly (readonly number[])[] {
  const own = new Set(cell.samples);
  if (!cell.isFault || own.size === count) return [cell.samples];
  const causes: (readonly number[])[] = [];
  let left = cell.samples;
  while (left.length > 0 && causes.length < MOST_CAUSES) {
    let best: readonly number[] = [];
    for (const { holds, isTelling } of candidates) {
      if (!isTelling || [...holds].some((sample) => !own.has(sample))) continue;
      const samples = left.filter((sample) => holds.has(sample));
      if (samples.length > best.length) best = samples;
    }
    if (best.length === 0) break;
    causes.push(best);
    const taken = new Set(best);
    left = left.filter((sample) => !taken.has(sample));
  }
  return left.length > 0 ? [...causes, left] : causes;
}

/** Parts of one cell that have one guard and one neighbour are one. */
function joinEqual(parts: readonly Guarded[]): readonly Guarded[] {
  const joined = new Map<string, Guarded>();
  for (const part of parts) {
    const key = JSON.stringify([part.cell, part.guard, part.hiddenBy]);
    const other = joined.get(key);
    if (other === undefined) joined.set(key, part);
    else joined.set(key, { ...part, samples: [...other.samples, ...part.samples].sort((a, b) => a - b) });
  }
  return [...joined.values()];
}

/** The cell whose guard is chosen for a sample; of equally specific ones `own`, if it is among them. */
function choose(main: readonly Cell[], sample: number, own: Cell): Cell | undefined {
  let best: Cell | undefined;
  for (const cell of main) {
    if (!cell.guardHolds(sample)) continue;
    const order = best === undefined ? -1 : compareSpecificity(cell.guard(), best.guard());
    if (order < 0 || (order === 0 && cell === own)) best = cell;
  }
  return best;
}

/** One way to answer, while its guard is being found. */
interface Cell {
  readonly number: number;
  readonly samples: readonly number[];
  readonly isFault: boolean;
  guard(): Guard;
  guardHolds(sample: number): boolean;
  /** Whether a guard of this cell can turn away all samples of the other. */
  excludes(other: Cell): boolean;
  /** The same, by values alone. */
  excludesByValue(other: Cell): boolean;
  /** Whether the other's guard holds for a sample of this cell. */
  reachedBy(other: Cell): boolean;
  /** Takes the fewest and plainest conditions that turn all these cells away. */
  separate(others: readonly Cell[]): void;
  /** Adds conditions until the guard is more specific than this one; false where nothing was added. */
  outdo(guard: Guard): boolean;
}

function createCell(
  number: number,
  samples: readonly number[],
  isFault: boolean,
  candidates: readonly Candidate[],
  views: readonly RequestView[],
): Cell {
  const common = candidates.filter((c) => samples.every((sample) => c.holds.has(sample)));
  const evident = evidentOf(common, samples, views);
  const values = evident.filter((c) => c.condition.test === "equals");
  const chosen: Candidate[] = [];
  const guard = (): Guard => chosen.map((c) => c.condition);
  const guardHolds = (sample: number): boolean => chosen.every((c) => c.holds.has(sample));
  return {
    number,
    samples,
    isFault,
    guard,
    guardHolds,
    excludes: (other) => cover(evident, other.samples) !== undefined,
    excludesByValue: (other) => cover(values, other.samples) !== undefined,
    reachedBy: (other) => samples.some((sample) => other.guardHolds(sample)),
    separate: (others) => {
      const unwanted = others.flatMap((other) => [...other.samples]);
      chosen.push(...(cover(evident, unwanted) ?? greedyCover(evident, unwanted)));
    },
    outdo: (other) => {
      // What says least: the guard is to win where it holds, not to hold less often.
      const left = common.filter((c) => !chosen.includes(c));
      left.sort((a, b) => politeness(a) - politeness(b) || b.holds.size - a.holds.size);
      const before = chosen.length;
      while (compareSpecificity(guard(), other) >= 0) {
        const taken = new Set(chosen.map((c) => c.condition.path));
        const next = left.find((c) => !taken.has(c.condition.path));
        if (next === undefined) break;
        chosen.push(next);
      }
      return chosen.length > before;
    },
  };
}

/** Orders conditions that only add weight: presence before words, headers last. */
function politeness({ condition }: Candidate): number {
  return (condition.path.startsWith("headers") ? 2 : 0) + (condition.test === "present" ? 0 : 1);
}

/** Conditions of a cell that there is evidence enough to go by; of several with one effect the plainest. */
function evidentOf(
  common: readonly Candidate[],
  samples: readonly number[],
  views: readonly RequestView[],
): readonly Candidate[] {
  const requests = new Set(samples.map((sample) => views[sample]!.digest)).size;
  const effects = new Set<string>();
  return common.filter((c) => {
    if (requests < 2 && !c.isTelling) return false;
    const effect = [...c.holds].sort((a, b) => a - b).join(" ");
    if (effects.has(effect)) return false;
    effects.add(effect);
    return true;
  });
}

/** The fewest conditions of which one at least turns away each of these samples; undefined where there are none or too many. */
function cover(candidates: readonly Candidate[], unwanted: readonly number[]): readonly Candidate[] | undefined {
  if (unwanted.length === 0) return [];
  const turnsAway = (chosen: readonly Candidate[]): boolean =>
    unwanted.every((sample) => chosen.some((c) => !c.holds.has(sample)));
  if (!turnsAway(candidates)) return undefined;
  for (const c of candidates) if (turnsAway([c])) return [c];
  for (let i = 0; i < candidates.length; i++)
    for (let j = i + 1; j < candidates.length; j++) {
      const pair = [candidates[i]!, candidates[j]!];
      if (turnsAway(pair)) return pair;
    }
  const many = greedyCover(candidates, unwanted);
  return many.length <= MOST_CONDITIONS && turnsAway(many) ? many : undefined;
}

/** One after the other the condition that turns most of the rest away. */
function greedyCover(candidates: readonly Candidate[], unwanted: readonly number[]): readonly Candidate[] {
  const chosen: Candidate[] = [];
  let left = unwanted;
  while (left.length > 0) {
    let best: Candidate | undefined;
    let most = 0;
    for (const c of candidates) {
      const count = left.reduce((sum, sample) => sum + (c.holds.has(sample) ? 0 : 1), 0);
      if (count <= most) continue;
      most = count;
      best = c;
    }
    const { holds } = best ?? {};
    if (best === undefined || holds === undefined) break;
    chosen.push(best);
    left = left.filter((sample) => holds.has(sample));
  }
  return chosen;
}
