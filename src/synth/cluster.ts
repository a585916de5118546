import type { Codec, Dissection } from "../formats/format.ts";
import { plainValue } from "../model/raw-value.ts";
import { discriminatorsOf, isText, splitByTags, type Part } from "./discriminators.ts";
import { createSkeletons, type Skeleton } from "./skeletons.ts";
import { isAffected, widen, type Wide } from "./widen.ts";

/** All events of one format on a route, in the order of the samples. */
export interface EventLog {
  readonly texts: readonly string[];
  /** Number of the sample of each event, rising. */
  readonly samples: Int32Array;
  /** Whether an event is the last of a sample that ended cleanly. */
  isLast(event: number): boolean;
}

/** Events of one shape, before it is known what in it is a hole. */
export interface Cluster {
  /** Cut of its first event: constants are taken from there. */
  readonly dissection: Dissection;
  readonly events: readonly number[];
  /** For each leaf its raw values by event, or undefined where all are equal. */
  readonly columns: readonly (readonly string[] | undefined)[];
  /** Leaves that make it what it is, and are constants therefore. */
  readonly tags: ReadonlySet<number>;
  /** A text that has a shape of its own: all of it is constant. */
  readonly isMark: boolean;
}

/** When to look for places to widen: not only at the end, so that data with any keys does not fill the memory first. */
const FIRST_LOOK = 256;
/** Texts with a shape of their own. */
const MOST_MARKS = 12;

/** Gathers events into shapes, in the order of their first events. `wide`: what is known to be wide from the start. */
export function cluster(log: EventLog, codec: Codec, wide: Wide): readonly Cluster[] {
  const { texts } = log;
  let now = wide;
  const skeletons = createSkeletons(codec, () => now);
  let nextLook = FIRST_LOOK;
  const look = (): void => {
    for (;;) {
      const wider = widen(skeletons.all, now);
      if (wider === undefined) break;
      const before = now;
      now = wider;
      for (const event of skeletons.remove((s) => isAffected(s, before, wider))) skeletons.add(event, texts[event]!);
    }
    nextLook = Math.max(FIRST_LOOK, skeletons.size * 2);
  };
  for (let event = 0; event < texts.length; event++) {
    skeletons.add(event, texts[event]!);
    if (skeletons.size > nextLook) look();
  }
  look();
  const out: Cluster[] = [];
  for (const skeleton of skeletons.all) {
    if (isText(skeleton.dissection))
      out.push(...splitMarks(skeleton, log).map((part) => clusterOf(part, log, codec, now)));
    else
      for (const part of splitByTags(skeleton, discriminatorsOf(skeleton, now.plain)))
        out.push(clusterOf({ ...part, isMark: false }, log, codec, now));
  }
  return out.sort((a, b) => a.events[0]! - b.events[0]!);
}

type TextPart = Part & { readonly isMark: boolean };

function clusterOf(part: TextPart, log: EventLog, codec: Codec, wide: Wide): Cluster {
  const { skeleton, positions, isMark } = part;
  const tags = new Set(part.tags);
  if (positions === undefined) return { ...skeleton, tags, isMark };
  const events = positions.map((n) => skeleton.events[n]!);
  const columns = skeleton.columns.map((column) => {
    const values = column && positions.map((n) => column[n]!);
    return values?.some((raw) => raw !== values[0]) === true ? values : undefined;
  });
  const isFirst = events[0] === skeleton.events[0];
  const dissection = isFirst ? skeleton.dissection : codec.dissect(log.texts[events[0]!]!, wide);
  return { dissection, events, columns, tags, isMark };
}

/**
 * Texts that say something by themselves (`[DONE]`, `ping`) are shapes of their own; what is left is one shape with holes. A text is
 * such a mark where it looks like one, or where two streams send it: as their last word, or when they say little else.
 */
function splitMarks(skeleton: Skeleton, log: EventLog): readonly TextPart[] {
  const { events, columns, dissection } = skeleton;
  const whole: TextPart = { skeleton, tags: [], values: [], positions: undefined, isMark: false };
  const leaves = dissection.leaves.map((leaf) => leaf.raw);
  if (columns.every((column) => column === undefined))
    return [{ ...whole, isMark: looksLikeMark(leaves) || log.samples[events[0]!] !== log.samples[events.at(-1)!] }];
  const byText = new Map<string, { readonly positions: number[]; isShared: boolean; isLast: boolean }>();
  for (let n = 0; n < events.length; n++) {
    const event = events[n]!;
    const text = log.texts[event]!;
    const seen = byText.get(text);
    if (seen === undefined) byText.set(text, { positions: [n], isShared: false, isLast: log.isLast(event) });
    else {
      if (log.samples[event] !== log.samples[events[seen.positions[0]!]!]) seen.isShared = true;
      seen.isLast &&= log.isLast(event);
      seen.positions.push(n);
    }
  }
  const shared = [...byText.values()].filter((seen) => seen.isShared);
  const sharedCount = shared.reduce((sum, seen) => sum + seen.positions.length, 0);
  const isFew = shared.length <= MOST_MARKS;
  const sayLittleElse = isFew && sharedCount * 2 >= events.length;
  const marks: TextPart[] = [];
  const rest: number[] = [];
  let left = MOST_MARKS;
  for (const { positions, isShared, isLast } of byText.values()) {
    const raws = leaves.map((raw, i) => columns[i]?.[positions[0]!] ?? raw);
    if (left > 0 && (looksLikeMark(raws) || (isShared && isFew && (isLast || sayLittleElse)))) {
      marks.push({ ...whole, positions, isMark: true });
      left--;
    } else for (const n of positions) rest.push(n);
  }
  if (rest.length === 0) return marks;
  if (marks.length === 0) return [whole];
  return [...marks, { ...whole, positions: rest.sort((a, b) => a - b) }];
}

function looksLikeMark(raws: readonly string[]): boolean {
  return raws.length === 1 && /^\[?[A-Z][A-Z_ ]{1,30}\]?$/.test(plainValue(raws[0]!));
}
