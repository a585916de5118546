import { lastKey, pathPattern } from "../base/path.ts";
import type { LeafKind } from "../formats/format.ts";
import { echoSource, type RequestTexts, type ValuesBySample } from "./echo.ts";
import { plainValue } from "../model/raw-value.ts";
import { looksRandom } from "./random-text.ts";
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
  /** Numbers of the samples of its occurrences, rising. */
  readonly samples: ArrayLike<number>;
  /** Raw values by occurrence, or undefined where all are `first`. */
  readonly column: readonly string[] | undefined;
  readonly first: string;
  /** Constant by what it means: a discriminator, a text with a shape of its own. */
  readonly isFixed: boolean;
  /** Set by hand to be a hole. */
  readonly isForced: boolean;
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

export function valuesOf(place: Place): ValuesBySample {
  const out = new Map<number, string[]>();
  const { samples, column, first } = place;
  for (let n = 0; n < samples.length; n++) {
    const raw = column?.[n] ?? first;
    const values = out.get(samples[n]!);
    if (values === undefined) out.set(samples[n]!, [raw]);
    else values.push(raw);
  }
  return out;
}

/**
 * The places that are holes (SPEC section 5). Evidence is that a value varies; without it, that it is known to vary: a time near the
 * recording, an echo of the request's field of the same name, a long string. What one sample alone has leans on the rest: a hole
 * there is one here, and so is what looks drawn at random or measured.
 */
export function findHoles(places: readonly Place[], evidence: RouteEvidence): ReadonlySet<Place> {
  const holes = new Set<Place>();
  const repeatsRequest = createEchoTest(places, evidence);
  for (const place of places) if (isHole(place, evidence, repeatsRequest)) holes.add(place);
  leanOnSiblings(places, holes);
  return holes;
}

function isHole(place: Place, evidence: RouteEvidence, repeatsRequest: (place: Place) => boolean): boolean {
  const { kind, first, column, valueKind: value } = place;
  if (place.isForced || column !== undefined || kind === "json") return true;
  if (kind === "null" || first === "null") return false;
  const isTextual = value === "string" || value === "text";
  if (isTextual && first.length > LONG) return true;
  if (place.isFixed || first === "" || first === '""') return false;
  if (value !== "boolean" && timeUnit(first, evidence.startedMs[place.samples[0]!]!) !== undefined) return true;
  if (isTextual && repeatsRequest(place)) return true;
  if (!isOfOneSample(place)) return false;
  return isTextual ? looksRandom(plainValue(first)) : /\.\d{3,}/.test(first);
}

/**
 * Whether a constant repeats the request's field of its name. All places of that name must agree: a server that calls itself `m`
 * in one shape, whatever model was asked for, does so in all.
 */
function createEchoTest(places: readonly Place[], evidence: RouteEvidence): (place: Place) => boolean {
  const keyOf = ({ path, valueKind: value }: Place): string => `${value}\u0001${lastKey(path).toLowerCase()}`;
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    const group = groups.get(keyOf(place));
    if (group === undefined) groups.set(keyOf(place), [place]);
    else group.push(place);
  }
  const known = new Map<string, boolean>();
  return (place) => {
    const key = keyOf(place);
    let repeats = known.get(key);
    if (repeats === undefined) {
      const group = groups
        .get(key)!
        .filter((other) => other.path.includes("[") === place.path.includes("[") && !other.isFixed);
      repeats = echoSource(firstValues(group), place.path, place.valueKind, evidence.requests) !== undefined;
      known.set(key, repeats);
    }
    return repeats && echoSource(firstValues([place]), place.path, place.valueKind, evidence.requests) !== undefined;
  };
}

/** The values of these places by sample, each once. */
function firstValues(places: readonly Place[]): ValuesBySample {
  const out = new Map<number, string[]>();
  for (const { samples, column, first } of places)
    for (let n = 0; n < samples.length; n++) {
      const raw = column?.[n] ?? first;
      const values = out.get(samples[n]!);
      if (values === undefined) out.set(samples[n]!, [raw]);
      else if (!values.includes(raw) && values.length < 2) values.push(raw);
    }
  return out;
}

function isOfOneSample({ samples }: Place): boolean {
  return samples[0] === samples[samples.length - 1];
}

function siblingKey(place: Place, family: string): string {
  return `${family}\u0001${place.pattern}\u0001${place.valueKind}`;
}

function leanOnSiblings(places: readonly Place[], holes: Set<Place>): void {
  const open = new Set<string>();
  const held = new Map<number, Set<string>>();
  for (const place of holes) {
    open.add(siblingKey(place, place.family));
    open.add(siblingKey(place, ""));
    if (place.valueKind !== "string") continue;
    const hold = (sample: number, raw: string): void => {
      if (raw.length <= TELLING) return;
      const set = held.get(sample);
      if (set === undefined) held.set(sample, new Set([raw]));
      else set.add(raw);
    };
    for (let n = 0; n < place.samples.length; n++) hold(place.samples[n]!, place.column?.[n] ?? place.first);
  }
  for (const place of places) {
    if (holes.has(place) || place.isFixed || place.kind === "null" || place.first === "null") continue;
    const isRandom = place.valueKind === "string" && looksRandom(plainValue(place.first));
    const leans = isOfOneSample(place)
      ? open.has(siblingKey(place, place.family)) || held.get(place.samples[0]!)?.has(place.first) === true
      : isRandom && open.has(siblingKey(place, ""));
    if (leans) holes.add(place);
  }
}
