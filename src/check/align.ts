/**
 * Alignment of two rows of events by least cost (SPEC section 7: "one inserted event is one divergence and not a hundred").
 * Equal ends are trimmed, long rows are cut at events that are unique and equal on both sides (patience), and what is left
 * is a dynamic program whose table is bounded: beyond the bound it is a band around the diagonal.
 */

/** Numbers of an expected and an actual event that belong together; -1 where one side has none. */
export interface Pair {
  readonly expected: number;
  readonly actual: number;
}

/** What it costs to leave an event without a partner. Two gaps cost more than a pair that shares nothing. */
const GAP = 0.6;

/** Cells of the largest table: one byte each. */
const MAX_CELLS = 4_000_000;

const PAIR = 0;
const MISSING = 1;
const EXTRA = 2;

/**
 * Pairs in the order of both rows. Events with equal keys cost nothing; `cost(i, j)` of others is above 0 and at most 1.
 * Linear where the rows are equal; memory never above a few megabytes.
 */
export function align(
  expected: readonly string[],
  actual: readonly string[],
  cost: (expected: number, actual: number) => number,
): readonly Pair[] {
  const out: Pair[] = [];
  alignRange({ expected, actual, cost, out }, 0, expected.length, 0, actual.length);
  return out;
}

interface Work {
  readonly expected: readonly string[];
  readonly actual: readonly string[];
  readonly cost: (expected: number, actual: number) => number;
  readonly out: Pair[];
}

/** Aligns `expected[e0..e1)` with `actual[a0..a1)` and appends the pairs. */
function alignRange(work: Work, e0: number, e1: number, a0: number, a1: number): void {
  const { expected, actual, out } = work;
  let [from, other] = [e0, a0];
  while (from < e1 && other < a1 && expected[from] === actual[other]) out.push({ expected: from++, actual: other++ });
  let [to, end] = [e1, a1];
  while (to > from && end > other && expected[to - 1] === actual[end - 1]) {
    to--;
    end--;
  }
  alignMiddle(work, from, to, other, end);
  for (; to < e1; to++, end++) out.push({ expected: to, actual: end });
}

function alignMiddle(work: Work, e0: number, e1: number, a0: number, a1: number): void {
  const rows = e1 - e0;
  const columns = a1 - a0;
  if (rows === 0 || columns === 0) {
    for (let i = e0; i < e1; i++) work.out.push({ expected: i, actual: -1 });
    for (let j = a0; j < a1; j++) work.out.push({ expected: -1, actual: j });
    return;
  }
  if (rows * columns <= MAX_CELLS) return alignTable(work, e0, e1, a0, a1, Math.max(rows, columns));
  const anchors = findAnchors(work, e0, e1, a0, a1);
  if (anchors.length > 0) {
    let [e, a] = [e0, a0];
    for (const anchor of anchors) {
      alignRange(work, e, anchor.expected, a, anchor.actual);
      work.out.push(anchor);
      [e, a] = [anchor.expected + 1, anchor.actual + 1];
    }
    return alignRange(work, e, e1, a, a1);
  }
  const difference = Math.abs(rows - columns);
  const half = Math.floor((MAX_CELLS / rows - difference - 1) / 2);
  if (half >= 1) return alignTable(work, e0, e1, a0, a1, half);
  // Rows that differ so much in length are compared in order: no alignment would say more than the difference in length.
  const shared = Math.min(rows, columns);
  for (let k = 0; k < shared; k++) work.out.push({ expected: e0 + k, actual: a0 + k });
  for (let i = e0 + shared; i < e1; i++) work.out.push({ expected: i, actual: -1 });
  for (let j = a0 + shared; j < a1; j++) work.out.push({ expected: -1, actual: j });
}

/**
 * Least cost within a band of `half` cells on both sides of the diagonals that lead from corner to corner; a `half` of the
 * larger side is the whole table. Only directions are kept, so a cell is one byte.
 */
function alignTable(work: Work, e0: number, e1: number, a0: number, a1: number, half: number): void {
  const rows = e1 - e0;
  const columns = a1 - a0;
  const { expected, actual, cost } = work;
  // In row i the band reaches from column i + low to column i + high.
  const low = Math.max(-rows, Math.min(0, columns - rows) - half);
  const high = Math.min(columns, Math.max(0, columns - rows) + half);
  const width = high - low + 1;
  const moves = new Uint8Array((rows + 1) * width);
  let before = new Float64Array(width + 2).fill(Number.POSITIVE_INFINITY);
  let now = new Float64Array(width + 2).fill(Number.POSITIVE_INFINITY);
  // Cell k of a row is column i + low + k, stored at k + 1; above it is k + 1 of the row before, left of it k - 1.
  for (let i = 0; i <= rows; i++) {
    now.fill(Number.POSITIVE_INFINITY);
    for (let k = 0; k < width; k++) {
      const j = i + low + k;
      if (j < 0 || j > columns) continue;
      if (i === 0 && j === 0) {
        now[k + 1] = 0;
        continue;
      }
      let best = Number.POSITIVE_INFINITY;
      let move = PAIR;
      if (i > 0 && j > 0) {
        const reached = before[k + 1]!;
        if (reached < Number.POSITIVE_INFINITY)
          best = expected[e0 + i - 1] === actual[a0 + j - 1] ? reached : reached + cost(e0 + i - 1, a0 + j - 1);
      }
      if (i > 0 && before[k + 2]! + GAP < best) {
        best = before[k + 2]! + GAP;
        move = MISSING;
      }
      if (j > 0 && now[k]! + GAP < best) {
        best = now[k]! + GAP;
        move = EXTRA;
      }
      now[k + 1] = best;
      moves[i * width + k] = move;
    }
    [before, now] = [now, before];
  }
  const found: Pair[] = [];
  let [i, j] = [rows, columns];
  while (i > 0 || j > 0) {
    const move = moves[i * width + (j - i - low)];
    if (move === PAIR) found.push({ expected: e0 + --i, actual: a0 + --j });
    else if (move === MISSING) found.push({ expected: e0 + --i, actual: -1 });
    else found.push({ expected: -1, actual: a0 + --j });
  }
  for (let k = found.length - 1; k >= 0; k--) work.out.push(found[k]!);
}

/** Events that stand exactly once on each side and are equal, as the longest row that rises on both sides. */
function findAnchors(work: Work, e0: number, e1: number, a0: number, a1: number): readonly Pair[] {
  const once = (keys: readonly string[], from: number, to: number): Map<string, number> => {
    const places = new Map<string, number>();
    for (let i = from; i < to; i++) places.set(keys[i]!, places.has(keys[i]!) ? -1 : i);
    return places;
  };
  const there = once(work.actual, a0, a1);
  const candidates: Pair[] = [];
  for (const [key, i] of once(work.expected, e0, e1)) {
    const j = there.get(key) ?? -1;
    if (i >= 0 && j >= 0) candidates.push({ expected: i, actual: j });
  }
  candidates.sort((a, b) => a.expected - b.expected);
  return longestRising(candidates);
}

/** Longest subsequence whose `actual` rises (patience sorting). */
function longestRising(pairs: readonly Pair[]): readonly Pair[] {
  const tops: number[] = [];
  const previous: number[] = [];
  pairs.forEach((pair, k) => {
    let [low, high] = [0, tops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[tops[middle]!]!.actual < pair.actual) low = middle + 1;
      else high = middle;
    }
    previous[k] = low === 0 ? -1 : tops[low - 1]!;
    tops[low] = k;
  });
  const out: Pair[] = [];
  for (let k = tops.length === 0 ? -1 : tops[tops.length - 1]!; k >= 0; k = previous[k]!) out.push(pairs[k]!);
  return out.reverse();
}
