/**
 * Secrets that are known by their form, wherever they stand in a text: API keys of well-known issuers and card numbers.
 * `findForms` finds those that are whole; `openStart` says from where on a text that is still arriving might go on to be one.
 */
import { isCardNumber } from "./scrub-luhn.ts";

/** A key: fixed characters, then characters of a class, between a least and a greatest number of them. */
interface KeyForm {
  readonly prefix: string;
  readonly chars: string;
  readonly min: number;
  /** Exactly `min` where it is given and true: one more character, and it is something else. */
  readonly exact?: boolean;
}

const WORD = "A-Za-z0-9";
const KEY_FORMS: readonly KeyForm[] = [
  { prefix: "sk-", chars: `${WORD}_\\-`, min: 16 }, // OpenAI, Anthropic, OpenRouter, DeepSeek
  { prefix: "sk_live_", chars: WORD, min: 16 }, // Stripe
  { prefix: "sk_test_", chars: WORD, min: 16 },
  { prefix: "rk_live_", chars: WORD, min: 16 },
  { prefix: "rk_test_", chars: WORD, min: 16 },
  { prefix: "whsec_", chars: `${WORD}+/=`, min: 24 },
  { prefix: "ghp_", chars: WORD, min: 20 }, // GitHub
  { prefix: "gho_", chars: WORD, min: 20 },
  { prefix: "ghu_", chars: WORD, min: 20 },
  { prefix: "ghs_", chars: WORD, min: 20 },
  { prefix: "ghr_", chars: WORD, min: 20 },
  { prefix: "github_pat_", chars: `${WORD}_`, min: 22 },
  { prefix: "glpat-", chars: `${WORD}_\\-`, min: 20 }, // GitLab
  { prefix: "AKIA", chars: "A-Z0-9", min: 16, exact: true }, // AWS
  { prefix: "ASIA", chars: "A-Z0-9", min: 16, exact: true },
  { prefix: "xoxa-", chars: `${WORD}\\-`, min: 10 }, // Slack
  { prefix: "xoxb-", chars: `${WORD}\\-`, min: 10 },
  { prefix: "xoxe-", chars: `${WORD}\\-`, min: 10 },
  { prefix: "xoxp-", chars: `${WORD}\\-`, min: 10 },
  { prefix: "xoxr-", chars: `${WORD}\\-`, min: 10 },
  { prefix: "xoxs-", chars: `${WORD}\\-`, min: 10 },
  { prefix: "AIza", chars: `${WORD}_\\-`, min: 30 }, // Google
  { prefix: "hf_", chars: WORD, min: 30 }, // Hugging Face
  { prefix: "gsk_", chars: WORD, min: 30 }, // Groq
  { prefix: "xai-", chars: WORD, min: 30 },
  { prefix: "npm_", chars: WORD, min: 36 },
];

const quoted = (text: string): string => text.replace(/[-/]/g, "\\$&");
/** What follows a prefix may be a token already: `sk-` before a number that was replaced. */
const whole = ({ prefix, chars, min, exact }: KeyForm): string =>
  `${quoted(prefix)}(?!wraith_)[${chars}]{${min}${exact === true ? `}(?![${WORD}])` : ",}"}`;
/** `s(?:k(?:\-[...]*)?)?`: every beginning of a key, to be followed by the end of the text. */
const beginning = ({ prefix, chars, min, exact }: KeyForm): string =>
  prefix
    .split("")
    .map((c) => quoted(c))
    .join("(?:") +
  `[${chars}]${exact === true ? `{0,${min}}` : "*"}` +
  ")?".repeat(prefix.length - 1);

const KEYS = new RegExp(`(?<![${WORD}])(?:${KEY_FORMS.map((f) => `(${whole(f)})`).join("|")})`, "g");
const KEY_BEGINNINGS = new RegExp(`(?<![${WORD}])(?:${KEY_FORMS.map(beginning).join("|")})$`, "g");
/** Something of these must be there before it is worth looking for keys. */
const KEY_PREFIXES = new RegExp(KEY_FORMS.map((f) => quoted(f.prefix)).join("|"));

/** Digits alone, or in the groups that are printed on cards. No digit and no decimal point beside them. */
const CARDS = /(?<![\d.])(?:\d{14,19}|\d{4}([ -])(?:\d{4}\1\d{4}\1\d{4}|\d{6}\1\d{4,5}))(?!\.?\d)/g;
const CARD_BEGINNINGS =
  /(?<![\d.])(?=[2-6])(?:\d{1,19}|\d{4}([ -])(?:\d{0,6}|\d{4}\1\d{0,4}|\d{4}\1\d{4}\1\d{0,4}|\d{6}\1\d{0,5}))\.?$/g;
const CARD_DIGITS = /\d(?:[ -]?\d){13}/;

/** Which forms are looked for. */
export interface FormRules {
  readonly keys: boolean;
  readonly cards: boolean;
}

/** A secret that was found. */
export interface FoundForm {
  readonly rule: "known-key" | "card-number";
  readonly start: number;
  readonly end: number;
  /** The secret itself; a card number without its spaces and dashes. */
  readonly value: string;
  /** What it goes on with, where it is longer than what is kept of a secret. */
  readonly more?: RegExp | undefined;
}

/** False where a text cannot have a secret in it: a cheap look that may be wrong the other way. */
export function mayHaveForms(text: string, rules: FormRules): boolean {
  return (rules.keys && KEY_PREFIXES.test(text)) || (rules.cards && CARD_DIGITS.test(text));
}

/**
 * False where no string (or line) of an event ends in something that its next event could make a secret of. Rough, but cheap: only the
 * characters before quotes and line ends are looked at.
 */
export function mayGoOn(event: string, rules: FormRules): boolean {
  for (let at = 1; at <= event.length; at++) {
    const c = at < event.length ? event.charCodeAt(at) : LF;
    if (c !== QUOTE && c !== LF && c !== CR) continue;
    const last = event.charCodeAt(at - 1);
    // The quote before a string, and the one after a key.
    if (!isEndChar(last) || event.charCodeAt(at + 1) === COLON) continue;
    // The longest beginning that can be told from a whole secret is shorter; a longer one was seen before.
    if (openStart(event.slice(Math.max(0, at - LONGEST_TAIL), at), 0, rules) < Math.min(at, LONGEST_TAIL)) return true;
    if (rules.keys && endsAfterEscape(event, at)) return true;
  }
  return false;
}

const LF = 10;
const CR = 13;
const QUOTE = 34;
const COLON = 58;
const LONGEST_TAIL = 64;

/** Letters, digits and the few other characters that a beginning may end in. */
function isEndChar(c: number): boolean {
  return (
    (c >= 97 && c <= 122) ||
    (c >= 48 && c <= 57) ||
    (c >= 65 && c <= 90) ||
    c === 95 ||
    (c >= 45 && c <= 47) ||
    c === 32 ||
    c === 61 ||
    c === 43
  );
}

/** Whether the word at the end follows an escape (`\\nsk-`): where it begins, only reading the escape can say. */
function endsAfterEscape(event: string, at: number): boolean {
  let start = at;
  while (start > 0 && at - start < LONGEST_TAIL && KEY_CHAR.test(event[start - 1]!)) start--;
  return event.charCodeAt(start - 1) === BACKSLASH;
}

const BACKSLASH = 92;

/** All secrets of known form from `from` on, in order, none over another. What is before `from` is looked at, but not given. */
export function findForms(text: string, from: number, rules: FormRules): readonly FoundForm[] {
  const out: FoundForm[] = [];
  if (rules.keys && KEY_PREFIXES.test(text)) {
    KEYS.lastIndex = from;
    for (let m = KEYS.exec(text); m !== null; m = KEYS.exec(text))
      out.push({ rule: "known-key", start: m.index, end: KEYS.lastIndex, value: m[0], more: moreOf(m) });
  }
  if (!rules.cards || !CARD_DIGITS.test(text)) return out;
  const keys = out.length;
  CARDS.lastIndex = from;
  for (let m = CARDS.exec(text); m !== null; m = CARDS.exec(text)) {
    const { index } = m;
    const end = CARDS.lastIndex;
    const value = m[0].replace(/[ -]/g, "");
    const isInKey = out.slice(0, keys).some((k) => k.start < end && index < k.end);
    if (!isInKey && isCardNumber(value)) out.push({ rule: "card-number", start: index, end, value });
    else CARDS.lastIndex = index + 1;
  }
  return keys > 0 && out.length > keys ? out.sort((a, b) => a.start - b.start) : out;
}

const MORE = KEY_FORMS.map((f) => (f.exact === true ? undefined : new RegExp(`[${f.chars}]*`, "y")));

function moreOf(match: RegExpExecArray): RegExp | undefined {
  return MORE[match.findIndex((group, i) => i > 0 && group !== undefined) - 1];
}

/** Characters that keys are made of; nothing else can be within one. */
const KEY_CHAR = /[A-Za-z0-9_\-+/=]/;
const CARD_CHAR = /[\d .-]/;
/** A card number in its longest form, and the point after it. */
const CARD_SPAN = 24;

/** Where the first secret begins that what comes after the text might still complete or make longer; the text's length where none. */
export function openStart(text: string, from: number, rules: FormRules): number {
  let open = text.length;
  if (rules.keys) {
    let run = text.length;
    while (run > from && KEY_CHAR.test(text[run - 1]!)) run--;
    KEY_BEGINNINGS.lastIndex = run;
    open = KEY_BEGINNINGS.exec(text)?.index ?? open;
  }
  if (rules.cards) {
    let run = text.length;
    while (run > from && text.length - run < CARD_SPAN && CARD_CHAR.test(text[run - 1]!)) run--;
    CARD_BEGINNINGS.lastIndex = run;
    open = Math.min(open, CARD_BEGINNINGS.exec(text)?.index ?? open);
  }
  return open;
}
