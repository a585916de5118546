import { pathPattern } from "../base/path.ts";
import type { Take } from "../model/model.ts";

/** The takes of one variant, ready to be searched for the ones whose request is nearest to another. */
export interface NearestIndex {
  /** The nearest takes, all as near as each other, in recorded order. Empty only where the variant has no takes. */
  find(features: ReadonlyMap<string, string>): readonly Take[];
}

/** Takes of equal requests. */
interface Group {
  readonly features: ReadonlyMap<string, string>;
  readonly keys: ReadonlySet<string>;
  readonly takes: Take[];
}

/**
 * Near is a request with the same keys (numbers of array elements left out: a conversation of five messages has the keys of one),
 * then one with the most equal scalars. Takes that were cut short count only where the variant has no whole one (SPEC section 6).
 */
export function createNearestIndex(takes: readonly Take[]): NearestIndex {
  const whole = takes.filter((take) => take.end.shape === "clean");
  const groups = new Map<string, Group>();
  for (const take of whole.length > 0 ? whole : takes) {
    const group = groups.get(take.request);
    if (group === undefined)
      groups.set(take.request, { features: take.features, keys: keysOf(take.features), takes: [take] });
    else group.takes.push(take);
  }
  return {
    find(features) {
      const keys = keysOf(features);
      let best: Group[] = [];
      let least = Number.POSITIVE_INFINITY;
      let most = -1;
      for (const group of groups.values()) {
        const apart = keyDistance(keys, group.keys);
        if (apart > least) continue;
        const equal = equalCount(features, group.features);
        if (apart === least && equal < most) continue;
        if (apart < least || equal > most) best = [];
        best.push(group);
        [least, most] = [apart, equal];
      }
      return best.flatMap((group) => group.takes);
    },
  };
}

function keysOf(features: ReadonlyMap<string, string>): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const path of features.keys()) keys.add(path.includes("[") ? pathPattern(path) : path);
  return keys;
}

function keyDistance(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const key of a) if (b.has(key)) shared++;
  return a.size + b.size - 2 * shared;
}

function equalCount(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): number {
  let count = 0;
  for (const [path, raw] of a) if (b.get(path) === raw) count++;
  return count;
}
