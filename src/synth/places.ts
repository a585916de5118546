import { lastKey, pathPattern } from "../base/path.ts";
import type { LeafKind } from "../formats/format.ts";
import { echoSource, type RequestTexts, type ValuesBySample } from "./echo.ts";
import { plainValue } from "../model/raw-value.ts";
import { looksLikeId } from "./random-text.ts";
import { timeUnit } from "./times.ts";
import { valueKind, type ValueKind } from "./value-kind.ts";

/** Strings above this many characters are data, whether they vary or not. */
const LONG = 200;
/** A string must be this long for its equality with another to say something. */
const TELLING = 16;

/** A place of a shape or head where a value stands: the same leaf in all events that have the shape. */
export interface Place {
  readonly path: string;
  readonly pattern: string;
  readonly kind: LeafKind;
  readonly valueKind: ValueKind;
  /** What it must share with another place to be its sibling, beside the pattern: format and event name. */
  readonly family: string;
  /** Numbers of the samples of its occurrences, rising, and each of them once. */
  readonly samples: ArrayLike<number>;
  readonly owners: readonly number[];
  /** Raw values by occurrence, or undefined where all are `first`. */
  readonly column: readonly string[] | undefined;
  readonly first: string;
  /** Constant by what it means: a discriminator, a text with a shape of its own. */
  readonly isFixed: boolean;
}

export function createPlace(place: Omit<Place, "pattern" | "valueKind">): Place {
  const shown = place.column?.find((raw) => raw !== "null") ?? place.first;
  return { ...place, pattern: pathPattern(place.path), valueKind: valueKind(place.kind, shown) };
}

/** What is known of the samples of a route. */
export interface RouteEvidence {
  /** When each sample was recorded, ms since the epoch. */
  readonly startedMs: readonly number[];
  readonly requests: readonly RequestTexts[];
}

/**
 * The places that are holes (SPEC section 5). Evidence is that a value varies; without it, that it is known to vary: a time near the
 * recording, an echo of the request's field of the same name, a long string. What one sample alone has leans on the rest: a hole
 * there is one here, and so is what looks drawn at random or measured. `isForced`: set by hand to be a hole.
 */
export function findHoles(
  places: readonly Place[],
  evidence: RouteEvidence,
  isForced: (place: Place) => boolean,
): ReadonlySet<Place> {
  const holes = new Set<Place>();
  const repeatsRequest = createEchoTest(places, evidence);
  for (const place of places) if (isForced(place) || isHole(place, evidence, repeatsRequest)) holes.add(place);
  leanOnSiblings(places, holes);
  return holes;
}

function isHole(place: Place, evidence: RouteEvidence, repeatsRequest: (place: Place) => boolean): boolean {
  const { kind, first, column, valueKind: value } = place;
  if (column !== undefined || kind === "json") return true;
  if (kind === "null" || first === "null") return false;
  const isTextual = value === "string" || value === "text";
  if (isTextual && first.length > LONG) return true;
  if (place.isFixed || first === "" || first === '""') return false;
  if (value !== "boolean" && timeUnit(first, evidence.startedMs[place.samples[0]!]!) !== undefined) return true;
  if (isTextual && repeatsRequest(place)) return true;
  if (!isOfOneSample(place)) return false;
  return isTextual ? looksLikeId(plainValue(first), place.pattern) : /\.\d{3,}/.test(first);
}

/**
 * Whether a constant repeats the request's field of its name. All places of that name must agree: a server that calls itself `m`
 * in one shape, whatever model was asked for, does so in all.
 */
function createEchoTest(places: readonly Place[], evidence: RouteEvidence): (place: Place) => boolean {
  const asked = new Set<string>();
  for (const { rawByPath } of evidence.requests) for (const path of rawByPath.keys()) asked.add(nameOf(path));
  const keyOf = ({ path, valueKind: value }: Place): string =>
    `${value}\u0001${path.includes("[")}\u0001${nameOf(path)}`;
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    if (place.isFixed || !asked.has(nameOf(place.path))) continue;
    const group = groups.get(keyOf(place));
    if (group === undefined) groups.set(keyOf(place), [place]);
    else group.push(place);
  }
  const repeats = ({ path, valueKind: value }: Place, values: ValuesBySample): boolean =>
    echoSource(values, path, value, evidence.requests) !== undefined;
  const known = new Map<string, boolean>();
  return (place) => {
    const key = keyOf(place);
    const group = groups.get(key);
    if (group === undefined) return false;
    let all = known.get(key);
    if (all === undefined) known.set(key, (all = repeats(place, firstValues(group))));
    return all && repeats(place, firstValues([place]));
  };
}

function nameOf(path: string): string {
  return lastKey(path).toLowerCase();
}

/** The values of these places by sample, two different ones at most. */
function firstValues(places: readonly Place[]): ValuesBySample {
  const out = new Map<number, string[]>();
  const add = (sample: number, raw: string): void => {
    const values = out.get(sample);
    if (values === undefined) out.set(sample, [raw]);
    else if (values.length < 2 && values[0] !== raw) values.push(raw);
  };
  for (const { samples, owners, column, first } of places)
    if (column === undefined) for (const sample of owners) add(sample, first);
    else
      for (let n = 0; n < samples.length; n++)
        if (n === 0 || column[n] !== column[n - 1] || samples[n] !== samples[n - 1]) add(samples[n]!, column[n]!);
  return out;
}

function isOfOneSample({ owners }: Place): boolean {
  return owners.length === 1;
}

function siblingKey(place: Place, family: string): string {
  return `${family}\u0001${place.pattern}\u0001${place.valueKind}`;
}

function leanOnSiblings(places: readonly Place[], holes: Set<Place>): void {
  const open = new Set<string>();
  for (const place of holes) {
    open.add(siblingKey(place, place.family));
    open.add(siblingKey(place, ""));
  }
  const lonely = new Set<number>();
  for (const place of places)
    if (place.valueKind === "string" && isOfOneSample(place) && !holes.has(place)) lonely.add(place.owners[0]!);
  const held = new Map<number, Set<string>>();
  if (lonely.size > 0) for (const place of holes) if (place.valueKind === "string") holdTexts(place, lonely, held);
  for (const place of places) {
    if (holes.has(place) || place.isFixed || place.kind === "null" || place.first === "null") continue;
    const isRandom = place.valueKind === "string" && looksLikeId(plainValue(place.first), place.pattern);
    const leans = isOfOneSample(place)
      ? open.has(siblingKey(place, place.family)) || held.get(place.samples[0]!)?.has(plainValue(place.first)) === true
      : isRandom && open.has(siblingKey(place, ""));
    if (leans) holes.add(place);
  }
}

/** What a hole of strings says in these streams that could be said again elsewhere: each long value, and all of them in a row. */
function holdTexts(place: Place, wanted: ReadonlySet<number>, held: Map<number, Set<string>>): void {
  const { samples, owners, column, first } = place;
  if (!owners.some((owner) => wanted.has(owner))) return;
  const hold = (sample: number, text: string): void => {
    if (text.length <= TELLING) return;
    const set = held.get(sample);
    if (set === undefined) held.set(sample, new Set([text]));
    else set.add(text);
  };
  let row = "";
  for (let n = 0; n < samples.length; n++) {
    if (!wanted.has(samples[n]!)) continue;
    const text = plainValue(column?.[n] ?? first);
    hold(samples[n]!, text);
    row += text;
    if (samples[n + 1] === samples[n]) continue;
    hold(samples[n]!, row);
    row = "";
  }
}
