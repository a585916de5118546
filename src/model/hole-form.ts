import type { HoleRule } from "./model.ts";
import { isJsonValue, isNumberValue, plainValue } from "./raw-value.ts";

const DAY_MS = 86_400_000;

/**
 * Whether a raw value has the form that a hole's rule promises (SPEC section 7, point 3): alphabet, prefix and length of an id,
 * spelling and nearness to `startedMs` of a time (within a day), one of the values of an enum, a JSON type. What is promised of a
 * row of values (steps, echoes, one value in a stream) is for the caller to judge.
 */
export function hasForm(rule: HoleRule, raw: string, startedMs: number): boolean {
  if (rule.nullable === true && raw === "null") return true;
  switch (rule.class) {
    case "json":
      return /^[[{]/.test(raw) && isJsonValue(raw);
    case "timestamp":
      return isTime(rule.unit, plainValue(raw), startedMs);
    case "counter": {
      const text = plainValue(raw);
      return Number.isInteger(rule.step) ? /^-?\d{1,40}$/.test(text) : isNumberValue(text);
    }
    case "generated":
      return isGenerated(rule, plainValue(raw));
    case "boolean":
      return raw === "true" || raw === "false";
    case "number":
      return isNumberValue(plainValue(raw));
    case "enum":
      return rule.values.includes(raw);
    // An echo has any form, as its request has, and so has a text.
    default:
      return true;
  }
}

type Rule<C extends HoleRule["class"]> = Extract<HoleRule, { readonly class: C }>;

const ISO = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;
const EPOCH = /^\d{1,20}(?:\.\d{1,9})?$/;
const UNITS_A_MS = { s: 0.001, ms: 1, us: 1e3, ns: 1e6 } as const;

function isTime(unit: Rule<"timestamp">["unit"], text: string, startedMs: number): boolean {
  let ms: number;
  switch (unit) {
    case "iso":
      ms = ISO.test(text) ? Date.parse(text) : Number.NaN;
      break;
    case "http":
      ms = Date.parse(text);
      if (!Number.isNaN(ms) && new Date(ms).toUTCString() !== text) return false;
      break;
    default:
      ms = EPOCH.test(text) ? Number(text) / UNITS_A_MS[unit] : Number.NaN;
  }
  return Math.abs(ms - startedMs) <= DAY_MS; // false for NaN
}

const ALPHABETS: Readonly<Record<Exclude<Rule<"generated">["alphabet"], "uuid">, RegExp>> = {
  digits: /^\d*$/,
  hex: /^(?:[0-9a-f]*|[0-9A-F]*)$/,
  base62: /^[0-9A-Za-z]*$/,
  base64url: /^[\w-]*$/,
  printable: /^[!-~]*$/,
};
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function isGenerated(rule: Rule<"generated">, text: string): boolean {
  const prefixes = rule.prefix ?? [];
  // Which of several prefixes an id has may be open (`a_`, `a_b_`): any that leaves a tail of the right form will do.
  if (prefixes.length === 0) return isTail(rule, text);
  return prefixes.some((prefix) => text.startsWith(prefix) && isTail(rule, text.slice(prefix.length)));
}

function isTail(rule: Rule<"generated">, tail: string): boolean {
  const [least, most] = typeof rule.length === "number" ? [rule.length, rule.length] : rule.length;
  if (tail.length < least || tail.length > most) return false;
  return rule.alphabet === "uuid" ? UUID.test(tail) : ALPHABETS[rule.alphabet].test(tail);
}
