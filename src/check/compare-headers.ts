import { withoutHopByHop, type HeaderList } from "../base/http.ts";
import { pathKey } from "../base/path.ts";
import type { HeaderTemplate } from "../model/model.ts";
import type { DivergenceCategory, Found } from "./divergence.ts";
import type { HoleJudges } from "./hole-judge.ts";
import { clipValue } from "./raw-value.ts";
import type { Rules } from "./rules.ts";

/** Two header lists that belong together, and what the model says of them. */
export interface HeaderSides {
  readonly where: "headers" | "trailers";
  readonly expected: HeaderList;
  readonly actual: HeaderList;
  readonly template: HeaderTemplate | undefined;
  /** The recorded content coding was undone, so that its header is judged elsewhere. */
  readonly decoded: boolean;
}

/**
 * Compares two header lists: constants exactly, with order, spelling of names and duplicates; values at holes by class.
 * `date` counts only where the model has it: servers stamp it on, and twins may leave it out. `content-length` is made anew
 * for each body, and counts where the model has a value for it: no body is sent then (HEAD, 304).
 */
export function compareHeaders(sides: HeaderSides, rules: Rules, judges: HoleJudges, out: Found[]): void {
  const { where, expected, actual, template, decoded } = sides;
  const category: DivergenceCategory = where === "headers" ? "header_mismatch" : "trailer_mismatch";
  const isModelled = (name: string): boolean =>
    template?.some(([n, v]) => n.toLowerCase() === name && v !== "") === true;
  const judged = (name: string): boolean => {
    // A live answer is held to what means something in its format (SPEC section 7, point 5).
    if (rules.strictness === "live") return name === "content-type" || rules.liveHeaders.includes(name);
    if (name === "date" || name === "content-length") return isModelled(name);
    return (name !== "content-encoding" || !decoded) && !name.startsWith("x-wraith-");
  };
  const left = entriesOf(expected, judged);
  const right = entriesOf(actual, judged);
  const told = new Set<string>();
  const report = (name: string, found: Omit<Found, "path" | "category">): void => {
    if (told.has(name)) return;
    told.add(name);
    out.push({ ...found, path: pathKey(where, name), category });
  };
  const theirs = groupByName(right);
  const seen = new Map<string, number>();
  for (const entry of left) {
    const nth = seen.get(entry.key) ?? 0;
    seen.set(entry.key, nth + 1);
    const other = theirs.get(entry.key)?.[nth];
    const hole = holeAt(template, entry.key, nth);
    if (rules.strictness === "own" && hole !== undefined) {
      const verdict = judges.of(hole)?.recorded(entry.value);
      if (verdict !== undefined) report(entry.key, verdict);
    }
    if (other === undefined) report(entry.key, { expected: clipValue(entry.value) });
    else if (rules.strictness !== "live" && other.name !== entry.name)
      report(entry.key, { expected: `${entry.name}: ${entry.value}`, actual: `${other.name}: ${other.value}` });
    else if (rules.strictness === "own" || hole === undefined) {
      if (other.value !== entry.value)
        report(entry.key, { expected: clipValue(entry.value), actual: clipValue(other.value) });
    } else {
      const verdict = judges.of(hole)?.served(entry.value, other.value, false);
      if (verdict !== undefined) report(entry.key, verdict);
    }
  }
  for (const entry of right)
    if ((theirs.get(entry.key)?.length ?? 0) > (seen.get(entry.key) ?? 0))
      report(entry.key, { actual: clipValue(entry.value) });
  if (told.size === 0 && rules.strictness !== "live") reportOrder(left, right, report);
}

interface Entry {
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

function entriesOf(headers: HeaderList, judged: (name: string) => boolean): readonly Entry[] {
  return withoutHopByHop(headers)
    .map(([name, value]) => ({ key: name.toLowerCase(), name, value }))
    .filter((entry) => judged(entry.key));
}

function groupByName(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.key);
    if (group === undefined) groups.set(entry.key, [entry]);
    else group.push(entry);
  }
  return groups;
}

/** The hole that stands at the nth header of this name. */
function holeAt(template: HeaderTemplate | undefined, key: string, nth: number): string | undefined {
  let n = 0;
  for (const [name, value] of template ?? [])
    if (name.toLowerCase() === key && n++ === nth) return typeof value === "string" ? undefined : value.hole;
  return undefined;
}

/** Same headers, other order: tells of the fewest headers whose move explains it. */
function reportOrder(
  left: readonly Entry[],
  right: readonly Entry[],
  report: (name: string, found: object) => void,
): void {
  if (left.every((entry, i) => entry.key === right[i]!.key)) return;
  const place = (entries: readonly Entry[]): string[] => entries.map((e) => e.key);
  const kept = commonRow(place(left), place(right));
  let at = 0;
  left.forEach((entry, i) => {
    if (kept[at] === entry.key) at++;
    else
      report(entry.key, {
        expected: i === 0 ? "first" : `after ${left[i - 1]!.key}`,
        actual: `at place ${place(right).indexOf(entry.key) + 1}`,
      });
  });
}

/** Longest common subsequence of two short rows. */
function commonRow(a: readonly string[], b: readonly string[]): readonly string[] {
  const length = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      length[i]![j] = a[i] === b[j] ? length[i + 1]![j + 1]! + 1 : Math.max(length[i + 1]![j]!, length[i]![j + 1]!);
  const out: string[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      out.push(a[i]!);
      i++;
      j++;
    } else if (length[i + 1]![j]! >= length[i]![j + 1]!) i++;
    else j++;
  }
  return out;
}
