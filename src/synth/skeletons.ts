import type { Codec, Dissection, DissectOptions } from "../formats/format.ts";
import type { Template } from "../model/model.ts";
import { scanLeaf } from "../formats/leaf-kind.ts";
import { isAt, matchTemplate, mayBeAt, templateFromParts } from "../model/template.ts";

/**
 * Events whose text without its leaves is the same. Values are kept by column, and only where a place was seen to vary: most of an
 * event never does, and a column that begins late is filled with what stood there before.
 */
export interface Skeleton {
  /** Cut of its first event. */
  readonly dissection: Dissection;
  /** Numbers of its events, rising. */
  readonly events: readonly number[];
  /** For each leaf its raw values by event, or undefined where all are the first event's. */
  readonly columns: readonly (readonly string[] | undefined)[];
}

interface Growing extends Skeleton {
  readonly key: string;
  readonly events: number[];
  readonly columns: (string[] | undefined)[];
  /** All leaves open. */
  readonly whole: Template;
  /** Only those leaves open that varied so far: long literals, few cuts. */
  fold: Template;
  /** For each open leaf its column. */
  foldColumns: readonly string[][];
}

/** How many skeletons that were met lately are tried before an event is cut anew. */
const RECENT = 8;

/** Gathers events into skeletons. */
export interface SkeletonSet {
  readonly all: Iterable<Skeleton>;
  readonly size: number;
  add(event: number, text: string): void;
  /** Takes skeletons out, because their events are to be cut otherwise; gives their events, rising. */
  remove(which: (skeleton: Skeleton) => boolean): readonly number[];
}

export function createSkeletons(codec: Codec, optionsNow: () => DissectOptions): SkeletonSet {
  const byKey = new Map<string, Growing>();
  // What came after what the last time: a stream repeats itself.
  const next = new Map<Growing | undefined, Growing>();
  let recent: Growing[] = [];
  let before: Growing | undefined;

  const matchKnown = (event: number, text: string): Growing | undefined => {
    const guess = next.get(before);
    if (guess !== undefined && pushFolded(guess, event, text)) return guess;
    for (const skeleton of recent) if (skeleton !== guess && pushFolded(skeleton, event, text)) return skeleton;
    if (guess !== undefined && pushWhole(guess, event, text)) return guess;
    for (const skeleton of recent) if (skeleton !== guess && pushWhole(skeleton, event, text)) return skeleton;
    return undefined;
  };
  const cut = (event: number, text: string): Growing => {
    const dissection = codec.dissect(text, optionsNow());
    const key = keyOf(dissection);
    let skeleton = byKey.get(key);
    if (skeleton === undefined) byKey.set(key, (skeleton = createSkeleton(dissection, key)));
    push(
      skeleton,
      event,
      dissection.leaves.map((leaf) => leaf.raw),
    );
    return skeleton;
  };
  return {
    get all() {
      return byKey.values();
    },
    get size() {
      return byKey.size;
    },
    add(event, text) {
      const skeleton = matchKnown(event, text) ?? cut(event, text);
      if (recent[0] !== skeleton && next.get(before) !== skeleton) {
        recent = [skeleton, ...recent.filter((other) => other !== skeleton)].slice(0, RECENT);
      }
      next.set(before, skeleton);
      before = skeleton;
    },
    remove(which) {
      const events: number[] = [];
      for (const skeleton of byKey.values())
        if (which(skeleton)) {
          byKey.delete(skeleton.key);
          for (const event of skeleton.events) events.push(event);
        }
      recent = [];
      before = undefined;
      next.clear();
      return events.sort((a, b) => a - b);
    },
  };
}

function keyOf({ segments, leaves }: Dissection): string {
  return `${segments.join("\u0001")}\u0002${leaves.map((leaf) => leaf.kind).join(" ")}`;
}

function createSkeleton(dissection: Dissection, key: string): Growing {
  const { segments, leaves } = dissection;
  const whole: Template = {
    segments,
    holes: leaves.map(() => ""),
    kinds: leaves.map((leaf) => leaf.kind),
    paths: leaves.map((leaf) => leaf.path),
  };
  const fold = templateFromParts([segments[0]! + leaves.map((leaf, i) => leaf.raw + segments[i + 1]!).join("")]);
  return { key, dissection, events: [], columns: leaves.map(() => undefined), whole, fold, foldColumns: [] };
}

/**
 * Matches an event against the folded template and keeps its values. Most places say again what they said before (an id, a time):
 * that is seen without cutting anything, and the string is shared.
 */
function pushFolded(skeleton: Growing, event: number, text: string): boolean {
  const { fold, foldColumns, events } = skeleton;
  const { segments, kinds } = fold;
  const count = kinds.length;
  if (!isAt(text, segments[0]!, 0) || !isAt(text, segments[count]!, text.length - segments[count]!.length))
    return false;
  let at = segments[0]!.length;
  const values = new Array<string>(count);
  for (let i = 0; i < count; i++) {
    const literal = segments[i + 1]!;
    const before = foldColumns[i]![events.length - 1]!;
    if (
      literal !== "" &&
      mayBeAt(text, before, at) &&
      isAt(text, before, at) &&
      isAt(text, literal, at + before.length)
    ) {
      values[i] = before;
      at += before.length + literal.length;
      continue;
    }
    const end = scanLeaf(kinds[i]!, text, at);
    if (end < 0 || !isAt(text, literal, end)) return false;
    values[i] = text.slice(at, end);
    at = end + literal.length;
  }
  if (at !== text.length) return false;
  for (let i = 0; i < count; i++) foldColumns[i]!.push(values[i]!);
  events.push(event);
  return true;
}

function pushWhole(skeleton: Growing, event: number, text: string): boolean {
  const raws = matchTemplate(text, skeleton.whole);
  if (raws === undefined) return false;
  push(skeleton, event, raws);
  return true;
}

function push(skeleton: Growing, event: number, raws: readonly string[]): void {
  const { columns, events, dissection } = skeleton;
  let grown = false;
  for (let i = 0; i < raws.length; i++) {
    const first = dissection.leaves[i]!.raw;
    let column = columns[i];
    if (column === undefined && raws[i] !== first) {
      columns[i] = column = new Array<string>(events.length).fill(first);
      grown = true;
    }
    column?.push(raws[i]!);
  }
  events.push(event);
  if (grown) fold(skeleton);
}

function fold(skeleton: Growing): void {
  const { dissection, columns } = skeleton;
  skeleton.foldColumns = columns.filter((column) => column !== undefined);
  skeleton.fold = templateFromParts([
    dissection.segments[0]!,
    ...dissection.leaves.flatMap((leaf, i) => [
      columns[i] === undefined ? leaf.raw : { hole: "", kind: leaf.kind, path: leaf.path },
      dissection.segments[i + 1]!,
    ]),
  ]);
}
