import { hasForm } from "../model/hole-form.ts";
import type { HoleRule } from "../model/model.ts";
import { plainValue } from "../model/raw-value.ts";
import type { DivergenceCategory } from "./divergence.ts";
import { clipValue, rawType, wholeNumber, type RawType } from "./raw-value.ts";
import type { Rules } from "./rules.ts";

/** What is wrong with a value at a hole. */
interface Verdict {
  readonly category: DivergenceCategory;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
}

/** Judges the values of one hole, in wire order, over a whole response. */
export interface HoleJudge {
  /** What it says of a value does not depend on the values before it: one that was right is right again. */
  readonly isSteady: boolean;
  /** A recorded value: it must have the form that the rule promises. */
  recorded(raw: string): Verdict | undefined;
  /** A served value against the recorded one at the same place. `typed`: raw is JSON, so that its type counts. */
  served(recorded: string, served: string, typed: boolean): Verdict | undefined;
  /** The row of values has a hole here (an event without a partner): steps are not judged over it. */
  interrupt(): void;
}

/** Judges of all holes of a response: random ids are one-to-one over all of them (SPEC section 7, point 3). */
export interface HoleJudges {
  /** Undefined for a name without a rule. */
  of(hole: string): HoleJudge | undefined;
  interrupt(): void;
}

export function createHoleJudges(rules: Rules): HoleJudges {
  const judges = new Map<string, HoleJudge>();
  const ids = createBijection();
  return {
    of: (name) => {
      const known = judges.get(name);
      if (known !== undefined) return known;
      const rule = rules.holes.get(name);
      if (rule === undefined) return undefined;
      const judge = createHoleJudge(rule, rules, ids);
      judges.set(name, judge);
      return judge;
    },
    interrupt: () => {
      for (const judge of judges.values()) judge.interrupt();
    },
  };
}

function createHoleJudge(rule: HoleRule, rules: Rules, ids: Bijection): HoleJudge {
  const inRecording = createSequence(rule, undefined);
  const inAnswer = createSequence(rule, rules.sameTake ? "gaps" : "order");
  let good: string | undefined;
  let firstRecorded: string | undefined;
  let firstServed: string | undefined;
  let lastPair: { readonly recorded: string; readonly served: string } | undefined;
  return {
    isSteady: rule.class !== "counter" && rule.class !== "timestamp",
    recorded: (raw) => {
      const free = rule.nullable === true && raw === "null";
      if (raw !== good) {
        if (!free && !hasForm(rule, raw, rules.startedMs)) return mismatch(describeRule(rule), raw);
        good = raw;
      }
      if (free) return undefined;
      if (rule.scope === "stream") {
        firstRecorded ??= raw;
        if (raw !== firstRecorded) return mismatch(`${firstRecorded} (one value in the stream)`, raw);
      }
      return inRecording.next(raw, undefined);
    },
    served: (recorded, served, typed) => {
      // An id stands in every event: the same pair again is as right as it was, but for what counts on.
      if (lastPair?.served === served && lastPair.recorded === recorded && rule.class !== "counter") return undefined;
      if (rule.nullable === true && (served === "null" || recorded === "null")) return undefined;
      if (typed && !sameType(rule, rawType(recorded), rawType(served)))
        return { category: "type_mismatch", expected: clipValue(recorded), actual: clipValue(served) };
      if (rule.class === "echoed") {
        const wanted = rules.echo(rule.from);
        if (wanted !== undefined && plainValue(wanted) !== plainValue(served)) return mismatch(wanted, served);
        return undefined;
      }
      if (rule.class === "generated" && !ids.join(plainValue(recorded), plainValue(served)))
        return mismatch(`an id that stands for ${recorded} alone`, served);
      if (rule.scope === "stream") {
        firstServed ??= served;
        if (served !== firstServed) return mismatch(`${firstServed} (one value in the stream)`, served);
      }
      const wrong = inAnswer.next(served, recorded);
      if (wrong !== undefined) return wrong;
      const at = rules.strictness === "live" ? rules.actualStartedMs : rules.startedMs + inAnswer.shiftMs();
      if (!hasForm(rule, served, at)) return mismatch(describeRule(rule), served);
      lastPair = { recorded, served };
      return undefined;
    },
    interrupt: () => {
      inRecording.interrupt();
      inAnswer.interrupt();
    },
  };
}

function mismatch(expected: string, actual: string): Verdict {
  return { category: "value_mismatch", expected: clipValue(expected), actual: clipValue(actual) };
}

function sameType(rule: HoleRule, recorded: RawType, served: RawType): boolean {
  if (recorded === served) return true;
  const structured = (type: RawType): boolean => type === "object" || type === "array";
  return rule.class === "json" && structured(recorded) && structured(served);
}

/** Steps of a counter, order and gaps of times. */
interface Sequence {
  next(raw: string, partner: string | undefined): Verdict | undefined;
  /** How far the served times lie after the recorded ones. */
  shiftMs(): number;
  interrupt(): void;
}

const NO_SEQUENCE: Sequence = { next: () => undefined, shiftMs: () => 0, interrupt: () => undefined };

function createSequence(rule: HoleRule, times: "gaps" | "order" | undefined): Sequence {
  if (rule.class === "counter") return createCounter(rule.start, rule.step);
  if (rule.class === "timestamp" && times !== undefined) return createClock(rule.unit, times);
  return NO_SEQUENCE;
}

function createCounter(start: number | undefined, step: number): Sequence {
  const by = Number.isSafeInteger(step) ? BigInt(step) : undefined;
  let last: bigint | undefined;
  let begun = false;
  return {
    ...NO_SEQUENCE,
    next: (raw) => {
      const value = wholeNumber(raw);
      if (value === undefined || by === undefined) return undefined;
      const wanted = last !== undefined ? last + by : !begun && start !== undefined ? startOf(start) : undefined;
      last = value;
      begun = true;
      return wanted === undefined || wanted === value ? undefined : mismatch(`${wanted} (steps of ${step})`, raw);
    },
    interrupt: () => {
      last = undefined;
      begun = true;
    },
  };
}

function startOf(start: number): bigint | undefined {
  return Number.isSafeInteger(start) ? BigInt(start) : undefined;
}

type TimeUnit = Extract<HoleRule, { class: "timestamp" }>["unit"];

const MS_OF_UNIT: Readonly<Record<TimeUnit, number>> = { s: 1000, ms: 1, us: 0.001, ns: 0.000001, iso: 1, http: 1 };

/** Judges served times against recorded ones: all moved by the same amount, or at least in the same order. */
function createClock(unit: TimeUnit, judged: "gaps" | "order"): Sequence {
  let shift: bigint | undefined;
  let last: { readonly recorded: bigint; readonly served: bigint } | undefined;
  return {
    next: (raw, partner) => {
      const served = timeOf(unit, raw);
      const recorded = timeOf(unit, partner ?? "");
      if (served === undefined || recorded === undefined) return undefined;
      const before = last;
      last = { recorded, served };
      shift ??= served - recorded;
      if (judged === "order") {
        const backwards = before !== undefined && recorded >= before.recorded && served < before.served;
        return backwards ? mismatch(`a time not before ${before.served}`, raw) : undefined;
      }
      if (served - recorded === shift) return undefined;
      return mismatch(`${recorded + shift} (the recorded time, moved as the others of this answer)`, raw);
    },
    shiftMs: () => Number(shift ?? 0n) * MS_OF_UNIT[unit],
    interrupt: () => undefined,
  };
}

/** A time in its unit (`iso` and `http` in ms), or undefined where the raw value is none. */
function timeOf(unit: TimeUnit, raw: string): bigint | undefined {
  if (unit !== "iso" && unit !== "http") return wholeNumber(raw);
  const ms = Date.parse(plainValue(raw));
  return Number.isNaN(ms) ? undefined : BigInt(ms);
}

/** A one-to-one mapping that grows. */
interface Bijection {
  /** False where one of the two has another partner already. */
  join(from: string, to: string): boolean;
}

function createBijection(): Bijection {
  const there = new Map<string, string>();
  const back = new Map<string, string>();
  return {
    join: (from, to) => {
      const [known, origin] = [there.get(from), back.get(to)];
      if (known === undefined && origin === undefined) {
        there.set(from, to);
        back.set(to, from);
        return true;
      }
      return known === to && origin === from;
    },
  };
}

/** A rule in a few words, as what a value was expected to be. */
function describeRule(rule: HoleRule): string {
  switch (rule.class) {
    case "timestamp":
      return `a time in ${rule.unit} near the recording`;
    case "counter":
      return `a counter with steps of ${rule.step}`;
    case "echoed":
      return `the request's ${rule.from}`;
    case "generated": {
      const length = typeof rule.length === "number" ? String(rule.length) : rule.length.join(" to ");
      const prefix = rule.prefix === undefined || rule.prefix.length === 0 ? "" : `${rule.prefix.join(" or ")} and `;
      return `${prefix}${length} characters of ${rule.alphabet}`;
    }
    case "enum":
      return `one of ${rule.values.join(", ")}`;
    case "json":
      return "an object or array";
    default:
      return `a ${rule.class}`;
  }
}
