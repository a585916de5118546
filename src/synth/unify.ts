import { plainValue } from "../model/raw-value.ts";
import type { Place } from "./places.ts";
import { looksRandom } from "./random-text.ts";

/** Pairs of places that are compared before two groups become one; larger groups stay apart. */
const MOST_PAIRS = 4096;

/**
 * Places that are one hole (SPEC section 5): those with the same path, indices left open, in any shape of the route; and strings that
 * are equal wherever they meet: in every event that has both, or, where each says one thing throughout a stream, in every stream.
 * Evidence for that is a random value, or two different ones that agree; one pair that differs is evidence against it. A constant
 * that agrees so with a hole becomes part of it. (Numbers are too often equal by chance.)
 */
export function unify(places: readonly Place[], holes: ReadonlySet<Place>): readonly (readonly Place[])[] {
  const groups = createGroups();
  const byPattern = new Map<string, Place>();
  for (const place of places) {
    if (!holes.has(place)) continue;
    groups.add(place);
    const key = `${place.family.split("\u0001", 1)[0]!}\u0001${place.pattern}\u0001${place.valueKind}`;
    const other = byPattern.get(key);
    if (other === undefined) byPattern.set(key, place);
    else groups.join(other, place);
  }
  joinInEvents(places, holes, groups);
  joinInStreams(places, holes, groups);
  return groups.list();
}

interface Groups {
  add(place: Place): void;
  join(a: Place, b: Place): void;
  /** Joins the groups of two places, unless a pair of their places differs. */
  joinIfAlike(a: Place, b: Place): boolean;
  /** In the order in which places were added first. */
  list(): readonly (readonly Place[])[];
}

/** Places that are one hole, and what all of them say in each sample (`MOVES`: more than one thing). */
interface Group {
  readonly places: Place[];
  still: Map<number, string> | undefined;
}

const MOVES = "";

function createGroups(): Groups {
  const groupOf = new Map<Place, Group>();
  const refused = new Map<Group, Set<Group>>();
  const add = (place: Place): Group => {
    let group = groupOf.get(place);
    if (group === undefined) groupOf.set(place, (group = { places: [place], still: undefined }));
    return group;
  };
  const join = (a: Place, b: Place): void => {
    const [into, from] = [add(a), add(b)];
    if (into === from) return;
    for (const place of from.places) {
      into.places.push(place);
      groupOf.set(place, into);
    }
    into.still = undefined;
    refused.delete(into);
  };
  return {
    add,
    join,
    joinIfAlike(a, b) {
      const left = groupOf.get(a) ?? { places: [a], still: undefined };
      const right = groupOf.get(b) ?? { places: [b], still: undefined };
      if (left === right) return true;
      if (refused.get(left)?.has(right) === true) return false;
      if (differ(left, right)) {
        refused.set(left, (refused.get(left) ?? new Set()).add(right));
        return false;
      }
      join(a, b);
      return true;
    },
    list: () => [...new Set(groupOf.values())].map((group) => group.places),
  };
}

/** Whether places of two groups say different things in one event, or the groups as a whole in one stream. */
function differ(a: Group, b: Group): boolean {
  if (a.places.length * b.places.length > MOST_PAIRS) return true;
  for (const x of a.places) for (const y of b.places) if (x.samples === y.samples && !sameColumns(x, y)) return true;
  const [left, right] = [(a.still ??= readStill(a.places)), (b.still ??= readStill(b.places))];
  for (const [sample, raw] of left) {
    const other = right.get(sample);
    if (raw !== MOVES && other !== undefined && other !== MOVES && other !== raw) return true;
  }
  return false;
}

/** What places say in each sample; `MOVES` where that is more than one thing. */
function readStill(places: readonly Place[]): Map<number, string> {
  const out = new Map<number, string>();
  const say = (sample: number, raw: string): void => {
    const said = out.get(sample);
    if (said === undefined) out.set(sample, raw);
    else if (said !== raw) out.set(sample, MOVES);
  };
  for (const { samples, owners, column, first } of places)
    if (column === undefined) for (const owner of owners) say(owner, first);
    else
      for (let n = 0; n < samples.length; n++)
        if (n === 0 || column[n] !== column[n - 1] || samples[n] !== samples[n - 1]) say(samples[n]!, column[n]!);
  return out;
}

function sameColumns(a: Place, b: Place): boolean {
  if (a.column === undefined || b.column === undefined) return a.column === b.column && a.first === b.first;
  const other = b.column;
  return a.column.every((raw, n) => raw === other[n]);
}

/** Places of one shape whose values are equal in every event of it. */
function joinInEvents(places: readonly Place[], holes: ReadonlySet<Place>, groups: Groups): void {
  const index = new Map<ArrayLike<number>, Map<string, Place[]>>();
  for (const place of places) {
    const { samples, column } = place;
    if (!holes.has(place) || column === undefined || place.isFixed || place.valueKind !== "string") continue;
    let ofShape = index.get(samples);
    if (ofShape === undefined) index.set(samples, (ofShape = new Map()));
    // What only some events show is compared with few others that begin and end alike.
    const key = [column[0]!, column[column.length >> 1]!, column.at(-1)!].join("\u0001");
    const alike = ofShape.get(key);
    if (alike === undefined) {
      ofShape.set(key, [place]);
      continue;
    }
    const other = alike.find((candidate) => sameColumns(candidate, place));
    if (other === undefined) alike.push(place);
    else groups.joinIfAlike(other, place); // A column varies, so two different values agree.
  }
}

/** Places that agree wherever they meet, by what they say in each sample. */
interface Profile {
  readonly member: Place;
  readonly rawBySample: Map<number, string>;
}

/** Found by (sample, value), so that only places that have a value in common are compared. */
function joinInStreams(places: readonly Place[], holes: ReadonlySet<Place>, groups: Groups): void {
  const index = new Map<string, Profile[]>();
  const isRandom = memoize((raw: string) => looksRandom(plainValue(raw)));
  const add = (profile: Profile, still: ReadonlyMap<number, string>): void => {
    for (const [sample, raw] of still) {
      if (profile.rawBySample.has(sample)) continue;
      profile.rawBySample.set(sample, raw);
      const key = `${sample} ${raw}`;
      const list = index.get(key);
      if (list === undefined) index.set(key, [profile]);
      else list.push(profile);
    }
  };
  const join = (place: Place): void => {
    const isOpen = holes.has(place);
    if (place.valueKind !== "string" || place.isFixed || (!isOpen && !isRandom(place.first))) return;
    const still = stillValues(place);
    if (still === undefined) return;
    const tried = new Set<Profile>();
    for (const [sample, raw] of still)
      for (const profile of index.get(`${sample} ${raw}`) ?? []) {
        if (tried.has(profile)) continue;
        tried.add(profile);
        if (!agree(profile.rawBySample, still, isOpen, isRandom) || !groups.joinIfAlike(profile.member, place))
          continue;
        return add(profile, still);
      }
    if (isOpen) add({ member: place, rawBySample: new Map() }, still);
  };
  for (const place of places) if (holes.has(place)) join(place);
  for (const place of places) if (!holes.has(place)) join(place);
}

/** Equal in every sample that both have; the evidence must be a random value, or two different ones. */
function agree(
  a: ReadonlyMap<number, string>,
  b: ReadonlyMap<number, string>,
  isOpen: boolean,
  isRandom: (raw: string) => boolean,
): boolean {
  let some: string | undefined;
  let two = false;
  for (const [sample, raw] of b) {
    const other = a.get(sample);
    if (other === undefined) continue;
    if (other !== raw) return false;
    if (some !== undefined && some !== raw) two = true;
    some = raw;
  }
  return some !== undefined && ((isOpen && two) || isRandom(some));
}

/** The one value of each sample, or undefined where one has several. */
function stillValues({ samples, owners, column, first }: Place): ReadonlyMap<number, string> | undefined {
  if (column === undefined) return new Map(Array.from(owners, (owner) => [owner, first]));
  const still = new Map<number, string>();
  for (let n = 0; n < samples.length; n++)
    if (n === 0 || samples[n] !== samples[n - 1]) still.set(samples[n]!, column[n]!);
    else if (column[n] !== column[n - 1]) return undefined;
  return still;
}

function memoize(test: (raw: string) => boolean): (raw: string) => boolean {
  const known = new Map<string, boolean>();
  return (raw) => {
    let value = known.get(raw);
    if (value === undefined) known.set(raw, (value = test(raw)));
    return value;
  };
}
