/**
 * New ids for recorded ones: a one-to-one substitution over a whole answer (SPEC section 6).
 *
 * What is replaced is the random tail of an id, after its prefix, so that `call_X` and `fc_X` stay two names of one thing. A tail
 * that contains another id changes in that alone. New tails have the form of the old ones, character by character: a digit stays a
 * digit, a letter keeps its case, `-` and `_` stay, and so do the version bits of a UUID. No number of digits grows, so that it
 * still fits the integer type it came from.
 */
import { drawInt, type Draw } from "../base/rng.ts";
import { createIdScanner, type IdScanner } from "./id-scanner.ts";
import type { HoleRule } from "./model.ts";

export type GeneratedRule = Extract<HoleRule, { readonly class: "generated" }>;

/** A value of a `generated` hole, with the hole's rule. */
export interface RecordedId {
  readonly raw: string;
  readonly rule: GeneratedRule;
}

export interface FreshIds {
  /** The new value at a hole of ids. */
  value(raw: string, rule: GeneratedRule): string;
  /** A raw value of another hole (text, opaque JSON) with the ids that stand in it replaced. */
  inside(raw: string): string;
  /** A number that is an id as a whole, replaced; any other as it is. */
  number(raw: string): string;
}

/** Random characters that an id must have to be looked for inside other text. */
const FINDABLE = 6;

/** Creates the substitution for all ids of an answer, in the order in which they are given. */
export function createFreshIds(ids: Iterable<RecordedId>, draw: Draw): FreshIds {
  const tails = new Map<string, GeneratedRule>();
  const wholes = new Map<string, string>();
  const prefixes = new Set<string>();
  for (const { raw, rule } of ids) {
    const text = withoutQuotes(raw);
    const prefix = prefixOf(text, rule);
    const tail = text.slice(prefix.length);
    if (prefix !== "") prefixes.add(prefix);
    wholes.set(text, tail);
    if (!tails.has(tail)) tails.set(tail, rule);
  }
  const scanner = createIdScanner(prefixes);
  const fresh = createBijection();
  // Short ones first: a longer id may contain them.
  for (const [tail, rule] of [...tails].sort(([a], [b]) => a.length - b.length)) {
    const derived = scanner.replace(tail);
    fresh.add(tail, derived === tail ? () => randomTail(tail, rule, draw) : () => derived);
    if (randomCount(tail) >= FINDABLE) scanner.add(tail, fresh.get(tail)!);
  }
  const shortWholes = new Map<string, string>();
  for (const [text, tail] of wholes)
    if (randomCount(tail) < FINDABLE)
      shortWholes.set(text, text.slice(0, text.length - tail.length) + fresh.get(tail)!);
  return {
    value: (raw, rule) => {
      const text = withoutQuotes(raw);
      const prefix = prefixOf(text, rule);
      const tail = fresh.get(text.slice(prefix.length));
      if (tail === undefined) return raw;
      return text.length === raw.length ? prefix + tail : `"${prefix}${tail}"`;
    },
    inside: (raw) => replaceInside(raw, scanner, shortWholes),
    number: (raw) => (raw.length < FINDABLE ? raw : (fresh.get(raw) ?? raw)),
  };
}

function withoutQuotes(raw: string): string {
  return raw.charCodeAt(0) === 34 && raw.length > 1 ? raw.slice(1, -1) : raw;
}

/** The longest of the rule's prefixes that the id begins with. */
function prefixOf(text: string, rule: GeneratedRule): string {
  let best = "";
  for (const prefix of rule.prefix ?? []) if (prefix.length > best.length && text.startsWith(prefix)) best = prefix;
  return best;
}

function randomCount(tail: string): number {
  let count = 0;
  for (let i = 0; i < tail.length && count < FINDABLE; i++) if (isAlphanumeric(tail.charCodeAt(i))) count++;
  return count;
}

function isAlphanumeric(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
}

/** A raw value with all ids in it replaced: long ones wherever they stand, short ones where they are a whole string or the whole text. */
function replaceInside(raw: string, scanner: IdScanner, shortWholes: ReadonlyMap<string, string>): string {
  if (shortWholes.size === 0 || raw === "") return scanner.replace(raw);
  const c = raw.charCodeAt(0);
  if (c !== 123 && c !== 91) {
    const whole = shortWholes.get(withoutQuotes(raw));
    if (whole !== undefined) return c === 34 ? `"${whole}"` : whole;
    return scanner.replace(raw);
  }
  let out = "";
  let at = 0;
  for (let open = raw.indexOf('"'); open >= 0; open = raw.indexOf('"', at)) {
    let close = raw.indexOf('"', open + 1);
    while (close >= 0 && isEscaped(raw, close)) close = raw.indexOf('"', close + 1);
    if (close < 0) break;
    const text = raw.slice(open + 1, close);
    out += `${raw.slice(at, open + 1)}${shortWholes.get(text) ?? scanner.replace(text)}"`;
    at = close + 1;
  }
  return out + raw.slice(at);
}

function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text.charCodeAt(start - 1) === 92) start--;
  return ((at - start) & 1) === 1;
}

/** A one-to-one mapping of ids that never fails: where the new ones run out, old ones take each other's places. */
function createBijection(): { add(from: string, propose: () => string): void; get(from: string): string | undefined } {
  const there = new Map<string, string>();
  const back = new Map<string, string>();
  return {
    get: (from) => there.get(from),
    add(from, propose) {
      let to = propose();
      for (let tries = 0; back.has(to) && tries < 8; tries++) to = propose();
      if (back.has(to)) {
        // The row of places that leads to this id ends at one that nobody has taken.
        to = from;
        for (let owner = back.get(to); owner !== undefined; owner = back.get(to)) to = owner;
      }
      there.set(from, to);
      back.set(to, from);
    },
  };
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

const HEX = "0123456789abcdef";
const LOWER = "abcdefghijklmnopqrstuvwxyz";

function randomTail(tail: string, rule: GeneratedRule, draw: Draw): string {
  if (/^\d+$/.test(tail)) return randomDigits(tail, draw);
  const isHex = rule.alphabet === "hex" || rule.alphabet === "uuid";
  const isUpper = isHex && /[A-F]/.test(tail);
  let out = "";
  for (let i = 0; i < tail.length; i++) {
    const c = tail.charCodeAt(i);
    const escape = c === 92 ? escapeLength(tail, i) : 0;
    if (escape > 0) {
      out += tail.slice(i, i + escape);
      i += escape - 1;
    } else if (!isAlphanumeric(c) || (rule.alphabet === "uuid" && (i === 14 || i === 19))) out += tail[i]!;
    else if (isHex && HEX.includes(tail[i]!.toLowerCase())) {
      const digit = HEX[drawInt(draw, 16)]!;
      out += isUpper ? digit.toUpperCase() : digit;
    } else if (isDigit(c)) out += String(drawInt(draw, 10));
    else {
      const letter = LOWER[drawInt(draw, 26)]!;
      out += c < 97 ? letter.toUpperCase() : letter;
    }
  }
  return out;
}

/** Length of a JSON escape: its letters are no letters of the id. */
function escapeLength(text: string, at: number): number {
  return text[at + 1] === "u" ? 6 : 2;
}

/** As many digits, never a greater number, and no zero in front where there was none. */
function randomDigits(tail: string, draw: Draw): string {
  let out = "";
  let isTight = true;
  for (let i = 0; i < tail.length; i++) {
    const most = isTight ? tail.charCodeAt(i) - 48 : 9;
    const least = i === 0 && most > 0 ? 1 : 0;
    const digit = least + drawInt(draw, most - least + 1);
    if (digit < most) isTight = false;
    out += String(digit);
  }
  return out;
}
