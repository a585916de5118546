import { HOLE_CLASSES, type HoleClass, type HoleRule } from "../model/model.ts";
import { hasForm } from "../model/hole-form.ts";
import { echoSource, type RequestTexts, type ValuesBySample } from "./echo.ts";
import { areIds, idForm, mayBeId } from "./generated.ts";
import { isNumberValue, plainValue } from "../model/raw-value.ts";
import type { ValueKind } from "./value-kind.ts";
import { timeUnit, type TimeUnit } from "./times.ts";

/** Most words of an enum, and how often each is seen on average, at least. */
const ENUM_WORDS = 6;
const ENUM_SEEN = 3;
const WORD = /^[A-Za-z]+(?:[_.-][A-Za-z]+)*$/;

/** What is known of the streams that values come from. */
export interface ClassifyContext {
  /** When each sample was recorded, ms since the epoch. */
  readonly startedMs: readonly number[];
  readonly requests: readonly RequestTexts[];
}

/** All values of one hole. */
export interface HoleValues {
  /** Path of its first place, for its name. */
  readonly path: string;
  readonly kind: ValueKind;
  readonly nullable: boolean;
  /** In the order of the wire; one value where all of a sample are equal. */
  readonly bySample: ValuesBySample;
  /** How many there are in all, and whether a sample has one value more than once and no other. */
  readonly count: number;
  readonly repeats: boolean;
  /** A class set by hand. */
  readonly forced?: HoleClass | undefined;
}

/**
 * The class of a hole (SPEC section 5: json, timestamp, counter, echoed, generated, boolean, number, enum, text; the first that
 * all values agree with). A forced class that the values contradict is not taken: then the rule's class differs from it.
 */
export function classify(values: HoleValues, context: ClassifyContext): HoleRule {
  const rule = values.nullable ? classifyNullable(values, context) : classifyPlain(values, context);
  if (allHaveForm(rule, values, context)) return rule;
  const nullable = values.nullable ? { nullable: true } : {};
  const wide: HoleRule = { ...widest(values.kind), scope: "event", ...nullable };
  // A nullable place may hold scalars of several types: only a text promises nothing about them.
  return allHaveForm(wide, values, context) ? wide : { class: "text", scope: "event", ...nullable };
}

function classifyNullable(values: HoleValues, context: ClassifyContext): HoleRule {
  const bySample = new Map<number, readonly string[]>();
  for (const [sample, raws] of values.bySample) {
    const there = raws.filter((raw) => raw !== "null");
    if (there.length > 0) bySample.set(sample, there);
  }
  if (bySample.size === 0) return { class: "json", scope: "event", nullable: true };
  // Values that are left in a row need not be all of one sample.
  const rule = classifyPlain({ ...values, bySample, repeats: true }, context);
  // Both are rules over a whole row of values, which nulls interrupt.
  const broken = rule.class === "counter" || rule.class === "echoed";
  return { ...(broken ? widest(values.kind) : rule), scope: "event", nullable: true };
}

function classifyPlain(values: HoleValues, context: ClassifyContext): HoleRule {
  const { forced } = values;
  const scope = scopeOf(values);
  if (forced !== undefined) {
    const rule = tryClass(forced, values, context, scope, true);
    if (rule !== undefined) return rule;
  }
  for (const name of HOLE_CLASSES) {
    const rule = tryClass(name, values, context, scope, false);
    if (rule !== undefined) return rule;
  }
  return { ...widest(values.kind), scope };
}

type Scope = HoleRule["scope"];

/** The rule of this class that all values follow, or undefined. `forced`: also where the evidence alone would not do. */
function tryClass(
  name: HoleClass,
  values: HoleValues,
  context: ClassifyContext,
  scope: Scope,
  forced: boolean,
): HoleRule | undefined {
  const { bySample, kind, path } = values;
  switch (name) {
    case "json":
      return kind === "json" ? { class: "json", scope: "event" } : undefined;
    case "timestamp": {
      const unit = kind === "boolean" ? undefined : unitOf(bySample, context);
      // A stream may run over the turn of a second: one value throughout is chance.
      return unit && { class: "timestamp", scope: "event", unit };
    }
    case "counter": {
      if (kind === "boolean" || kind === "json" || values.repeats) return undefined;
      const counter = counterOf(bySample, forced ? 2 : 3);
      return counter && { class: "counter", scope: "event", ...counter };
    }
    case "echoed": {
      if (kind === "json" || kind === "boolean") return undefined;
      const from = echoSource(bySample, path, kind, context.requests);
      return from === undefined ? undefined : { class: "echoed", scope: "stream", from };
    }
    case "generated":
      return kind === "string" || kind === "text" ? generatedRule(bySample, path, scope, forced) : undefined;
    case "boolean":
      return kind === "boolean" ? { class: "boolean", scope } : undefined;
    case "number":
      // 64-bit integers of protobuf stand in quotes.
      return kind === "number" || ((kind === "text" || kind === "string") && allRaws(bySample, isDecimal))
        ? { class: "number", scope }
        : undefined;
    case "enum":
      return kind === "string" || kind === "text" || forced ? enumRule(values, scope, forced) : undefined;
    case "text":
      break;
  }
  return kind === "string" || kind === "text" ? { class: "text", scope } : undefined;
}

function widest(kind: ValueKind): { readonly class: "json" | "number" | "boolean" | "text" } {
  if (kind === "json" || kind === "number" || kind === "boolean") return { class: kind };
  return { class: "text" };
}

/** `stream` where each stream has one value, which some stream says more than once. */
function scopeOf({ bySample, repeats }: HoleValues): Scope {
  if (!repeats) return "event";
  for (const raws of bySample.values()) if (raws.length > 1) return "event";
  return "stream";
}

function unitOf(bySample: ValuesBySample, context: ClassifyContext): TimeUnit | undefined {
  let unit: TimeUnit | undefined;
  for (const [sample, raws] of bySample) {
    const startedMs = context.startedMs[sample]!;
    let last: string | undefined;
    for (const raw of raws) {
      if (raw === last) continue;
      last = raw;
      const found = timeUnit(raw, startedMs);
      if (found === undefined || (unit !== undefined && found !== unit)) return undefined;
      unit = found;
    }
  }
  return unit;
}

/** A step that all streams share; a start where they share that, too. `shortest`: a row of at least so many values must be there. */
function counterOf(bySample: ValuesBySample, shortest: number): { start?: number; step: number } | undefined {
  let step: number | undefined;
  let longest = 0;
  const starts = new Set<number>();
  for (const raws of bySample.values()) {
    let before: number | undefined;
    longest = Math.max(longest, raws.length);
    for (const raw of raws) {
      const text = plainValue(raw);
      if (!/^(?:0|[1-9]\d{0,15})$/.test(text)) return undefined;
      const value = Number(text);
      if (!Number.isSafeInteger(value)) return undefined;
      if (before === undefined) starts.add(value);
      else {
        step ??= value - before;
        if (value - before !== step) return undefined;
      }
      before = value;
    }
  }
  if (step === undefined || step <= 0 || longest < shortest) return undefined;
  return starts.size === 1 ? { start: [...starts][0]!, step } : { step };
}

function generatedRule(bySample: ValuesBySample, path: string, scope: Scope, forced: boolean): HoleRule | undefined {
  const texts: string[] = [];
  let still = true;
  for (const raws of bySample.values()) {
    let last: string | undefined;
    for (const raw of raws) {
      if (raw === last) continue;
      if (last !== undefined) still = false;
      const text = plainValue(raw);
      if (!forced && !mayBeId(text)) return undefined;
      texts.push(text);
      last = raw;
    }
  }
  const ownEach = still && new Set(texts).size === bySample.size;
  if (!forced && !areIds(texts, path, bySample.size, ownEach)) return undefined;
  const form = idForm(texts);
  return form && { class: "generated", scope: still ? "stream" : scope, ...form };
}

function enumRule({ bySample, count }: HoleValues, scope: Scope, forced: boolean): HoleRule | undefined {
  const values = new Set<string>();
  for (const raws of bySample.values())
    for (const raw of raws) {
      values.add(raw);
      if (values.size > ENUM_WORDS && !forced) return undefined;
    }
  if (!forced && (count < ENUM_SEEN * values.size || ![...values].every((raw) => WORD.test(plainValue(raw)))))
    return undefined;
  return { class: "enum", scope, values: [...values].sort() };
}

function isDecimal(raw: string): boolean {
  const text = plainValue(raw);
  return isNumberValue(text) && (raw.charCodeAt(0) !== 34 || /^-?\d+$/.test(text));
}

function allRaws(bySample: ValuesBySample, test: (raw: string) => boolean): boolean {
  for (const raws of bySample.values()) if (!raws.every(test)) return false;
  return true;
}

/** The form that `check` will hold recorded values to: a rule that its own recordings break is none. */
function allHaveForm(rule: HoleRule, { kind, bySample }: HoleValues, context: ClassifyContext): boolean {
  // Kinds of leaves promise these forms already.
  if (rule.class === "text" || rule.class === "echoed" || (rule.class === kind && rule.nullable !== true)) return true;
  for (const [sample, raws] of bySample) {
    let last: string | undefined;
    for (const raw of raws) {
      if (
        raw !== last &&
        !(rule.nullable === true && raw === "null") &&
        !hasForm(rule, raw, context.startedMs[sample]!)
      )
        return false;
      last = raw;
    }
  }
  return true;
}
