import { lastKey, pathPattern } from "../base/path.ts";
import type { Dissection } from "../formats/format.ts";
import { plainValue } from "../model/raw-value.ts";
import { looksRandom } from "./random-text.ts";
import type { Skeleton } from "./skeletons.ts";

/** Keys whose strings say what kind of thing an object is. */
const KEYS = new Set(["type", "event", "kind", "op", "action", "method", "object"]);
/** A key with more values than that says something else. */
const MOST_VALUES = 12;
const LONGEST_VALUE = 64;

/** Leaves that tell the shapes of one skeleton apart. `plain`: path patterns that are found not to. */
export function discriminatorsOf(skeleton: Skeleton, plain: ReadonlySet<string>): readonly number[] {
  const out: number[] = [];
  skeleton.dissection.leaves.forEach((leaf, i) => {
    if (leaf.kind !== "string" || !KEYS.has(lastKey(leaf.path)) || plain.has(pathPattern(leaf.path))) return;
    const values = skeleton.columns[i];
    if (values === undefined ? isName(leaf.raw) : areNames(values)) out.push(i);
  });
  return out;
}

function areNames(values: readonly string[]): boolean {
  const seen = new Set<string>();
  for (const raw of values) {
    if (seen.has(raw)) continue;
    if (seen.size === MOST_VALUES || !isName(raw)) return false;
    seen.add(raw);
  }
  return true;
}

function isName(raw: string): boolean {
  return raw.length <= LONGEST_VALUE && !/\s/.test(raw) && !looksRandom(plainValue(raw));
}

/** Whether a leaf lies in an array: there, discriminators say what the elements are, and not what the event is. */
export function isInArray(path: string): boolean {
  return path.includes("[");
}

/** The events of a skeleton that have the same discriminators. */
export interface Part {
  readonly skeleton: Skeleton;
  readonly tags: readonly number[];
  /** Raw values of the discriminators. */
  readonly values: readonly string[];
  /** Positions in the skeleton's events, rising; undefined stands for all. */
  readonly positions: readonly number[] | undefined;
}

/** Splits a skeleton by its discriminators, in the order of first appearance. */
export function splitByTags(skeleton: Skeleton, tags: readonly number[]): readonly Part[] {
  const { columns, events, dissection } = skeleton;
  const varying = tags.filter((i) => columns[i] !== undefined);
  const valuesAt = (n: number): string[] => tags.map((i) => columns[i]?.[n] ?? dissection.leaves[i]!.raw);
  if (varying.length === 0) return [{ skeleton, tags, values: valuesAt(0), positions: undefined }];
  const parts = new Map<string, number[]>();
  for (let n = 0; n < events.length; n++) {
    const key = varying.length === 1 ? columns[varying[0]!]![n]! : varying.map((i) => columns[i]![n]!).join("\u0001");
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [n]);
    else part.push(n);
  }
  return [...parts.values()].map((positions) => ({ skeleton, tags, values: valuesAt(positions[0]!), positions }));
}

/** Whether an event carries no JSON but text of its own. */
export function isText(dissection: Dissection): boolean {
  return dissection.json === undefined && dissection.leaves.length > 0;
}
