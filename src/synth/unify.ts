import { plainValue } from "../model/raw-value.ts";
import type { Place } from "./places.ts";
import { looksRandom } from "./random-text.ts";

/**
 * Places that are one hole (SPEC section 5): those with the same path, indices left open, in any shape of the route; and strings that
 * are constant within each stream and equal in every stream that has both, if the value looks random or two different ones agree.
 * A constant that agrees so with a hole becomes part of it.
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
  joinEqual(places, holes, groups);
  return groups.list();
}

interface Groups {
  add(place: Place): void;
  join(a: Place, b: Place): void;
  /** In the order in which places were added first. */
  list(): readonly (readonly Place[])[];
}

function createGroups(): Groups {
  const parent = new Map<Place, Place>();
  const find = (place: Place): Place => {
    let root = place;
    while (parent.get(root) !== root) root = parent.get(root)!;
    for (let at = place; at !== root;) {
      const next = parent.get(at)!;
      parent.set(at, root);
      at = next;
    }
    return root;
  };
  const add = (place: Place): void => {
    if (!parent.has(place)) parent.set(place, place);
  };
  return {
    add,
    join(a, b) {
      add(a);
      add(b);
      parent.set(find(b), find(a));
    },
    list() {
      const lists = new Map<Place, Place[]>();
      for (const place of parent.keys()) {
        const root = find(place);
        const list = lists.get(root);
        if (list === undefined) lists.set(root, [place]);
        else list.push(place);
      }
      return [...lists.values()];
    },
  };
}

/** Places that agree wherever they meet, by what they say in each sample. */
interface Profile {
  readonly member: Place;
  readonly rawBySample: Map<number, string>;
}

/** Found by (sample, value), so that only places that have a value in common are compared. */
function joinEqual(places: readonly Place[], holes: ReadonlySet<Place>, groups: Groups): void {
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
        if (!agree(profile.rawBySample, still, isOpen, isRandom)) continue;
        groups.join(profile.member, place);
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
  if (column === undefined) return new Map(owners.map((owner) => [owner, first]));
  const out = new Map<number, string>();
  let sample = -1;
  let value = first;
  for (let n = 0; n < samples.length; n++) {
    const raw = column[n]!;
    if (samples[n] === sample) {
      if (raw !== value) return undefined;
      continue;
    }
    sample = samples[n]!;
    value = raw;
    out.set(sample, raw);
  }
  return out;
}

function memoize(test: (raw: string) => boolean): (raw: string) => boolean {
  const known = new Map<string, boolean>();
  return (raw) => {
    let value = known.get(raw);
    if (value === undefined) known.set(raw, (value = test(raw)));
    return value;
  };
}
