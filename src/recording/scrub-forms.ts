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
/**
 * Something of these must be there before it is worth looking for keys. Most prefixes end in a mark that is rare in texts: to look for it,
 * and only then at what is before it, takes a third of the time.
 */
const KEY_PREFIXES = ((): RegExp => {
  const all = KEY_FORMS.map((f) => quoted(f.prefix));
  const isMarked = (prefix: string): boolean => /[-_]$/.test(prefix);
  return new RegExp([`[-_](?<=${all.filter(isMarked).join("|")})`, ...all.filter((p) => !isMarked(p))].join("|"));
})();

/**
 * Digits alone, or in the groups that are printed on cards (U+0002 goes with a space that was spelled `%20`). No digit and no decimal point
 * beside them.
 */
const CARDS = /(?<![\d.])(?:\d{14,19}|\d{4}([ -]\u0002*)(?:\d{4}\1\d{4}\1\d{4}|\d{6}\1\d{4,5}))(?!\.?\d)/g;
const CARD_BEGINNINGS =
  /(?<![\d.])(?=[2-6])(?:\d{1,19}|\d{4}([ -]\u0002*)(?:\d{0,6}|\d{4}\1\d{0,4}|\d{4}\1\d{4}\1\d{0,4}|\d{6}\1\d{0,5}))\.?$/g;
const CARD_DIGITS = /(?<!\d)\d(?:(?:[ -]\u0002*|%20)?\d){13}/;

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
 * False where no string (or line) of an event ends in something that its next event could make a secret of, but for what `mayHaveForms`
 * sees: a whole prefix of a key. Cheap: only the characters before quotes and line ends are looked at.
 */
export function mayGoOn(event: string, rules: FormRules): boolean {
  return (
    endsOpen(event, '"', rules) ||
    endsOpen(event, "\n", rules) ||
    endsOpen(event, "\r", rules) ||
    isOpenAt(event, event.length, rules)
  );
}

function endsOpen(event: string, mark: string, rules: FormRules): boolean {
  for (let at = event.indexOf(mark); at >= 0; at = event.indexOf(mark, at + 1))
    if (isOpenAt(event, at, rules)) return true;
  return false;
}

/** Whether the text before `at` ends in the beginning of a secret. */
function isOpenAt(event: string, at: number, rules: FormRules): boolean {
  const kind = KINDS[event.charCodeAt(at - 1)] ?? OTHER;
  // The quote that begins a string, and the one after a key.
  if (kind === OTHER || event.charCodeAt(at + 1) === COLON) return false;
  if (rules.cards && kind !== LETTER) {
    const from = Math.max(0, at - CARD_SPAN);
    if (openStart(event.slice(from, at), from === 0 ? 0 : 1, CARDS_ONLY) < at - from) return true;
  }
  return rules.keys && kind !== MARK && endsInPrefix(event, at);
}

const CARDS_ONLY: FormRules = { keys: false, cards: true };
const COLON = 58;
const BACKSLASH = 92;
const [OTHER, LETTER, DIGIT, MARK] = [0, 1, 2, 3];
/** What a character is good for, by its code: a word (with `_`), a number, or what stands between the groups of a card number. */
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const c = String.fromCharCode(code);
  return /[A-Za-z_]/.test(c) ? LETTER : /\d/.test(c) ? DIGIT : /[ .-]/.test(c) ? MARK : OTHER;
});

/** Every beginning of a prefix, but not all of it. */
const PREFIX_BEGINNINGS: ReadonlySet<string> = new Set(
  KEY_FORMS.flatMap(({ prefix }) => Array.from({ length: prefix.length - 1 }, (_, i) => prefix.slice(0, i + 1))),
);
const LONGEST_PREFIX = Math.max(...KEY_FORMS.map((f) => f.prefix.length));

function endsInPrefix(event: string, at: number): boolean {
  for (let start = at - 1; start >= 0 && at - start < LONGEST_PREFIX; start--) {
    const before = event.charCodeAt(start - 1);
    const kind = KINDS[before] ?? OTHER;
    const isBoundary = (kind !== LETTER && kind !== DIGIT) || before === UNDERSCORE;
    if (isBoundary && PREFIX_BEGINNINGS.has(event.slice(start, at))) return true;
    // Behind a backslash the first letters may belong to its escape.
    if (before === BACKSLASH) return true;
    if (isBoundary && before !== UNDERSCORE) return false;
  }
  return false;
}

const UNDERSCORE = 95;

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
    const value = m[0].replace(/[ \u0002-]/g, "");
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
const CARD_CHAR = /[\d .\u0002-]/;
/** A card number in its longest form, and the point after it. */
const CARD_SPAN = 32;

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
