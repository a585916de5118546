/**
 * Looks for secrets in a text that arrives in pieces: those of known form, and what the user's expressions say. What is found does not
 * depend on how the text was cut. Only what a secret might still continue stays undecided:
 *
 *   - of known forms, what has the form of their beginning (`sk-`, or half of a card number);
 *   - where there are expressions of the user, the run of characters without white space or quotes that is open; the line, where an
 *     expression says something of white space or quotes. A run above 4 KiB is cut there, for an expression cannot say how long it is.
 */
import { MAX_SECRET_CHARS, type Replacer, type ScrubAction } from "./scrub-tokens.ts";
import { findForms, mayHaveForms, openStart, type FormRules } from "./scrub-forms.ts";
import {
  cutBeforeEscape,
  decodeSpelling,
  encodeSpelling,
  spelledOffset,
  withoutEscapes,
  type Spelling,
} from "./scrub-spelling.ts";

/** `text` instead of what stands from `start` to `end`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** An expression of the user. With a group, the first group is the secret, else all of it. */
export interface TextPattern {
  readonly name: string;
  readonly action: ScrubAction;
  /** With the flags g and d. */
  readonly pattern: RegExp;
}

export interface TextRules extends FormRules {
  readonly patterns: readonly TextPattern[];
  /** An expression may match white space or quotes. */
  readonly isWide: boolean;
}

/** What a scanner works with. */
export interface ScrubWork {
  readonly text: TextRules;
  readonly replacer: Replacer;
  /** Names of the rules that fired. */
  readonly fired: Set<string>;
}

/** A document, or a piece of one, that arrives in pieces. All offsets count from its beginning. */
export interface Scanner {
  push(text: string): void;
  /** No more follows: everything is decided then. */
  end(): void;
  /** Everything before this offset is decided. */
  settled(): number;
  /** Edits since the last call, in order, none over another; they may reach beyond `settled` by nothing. */
  takeEdits(): readonly Edit[];
}

/** The scanner of one text. */
export interface TextScanner extends Scanner {
  /** Decides at once. A secret of known form that reaches to the end is replaced, and what goes on with it is left out. */
  force(): void;
  /** Whether what follows may have to be left out: the rest of a secret that was replaced. */
  swallows(): boolean;
}

/** All edits of a whole text. */
export function scanText(raw: string, spelling: Spelling, work: ScrubWork): readonly Edit[] {
  const { text } = work;
  if (raw === "" || (text.patterns.length === 0 && !mayHaveForms(raw, text))) return [];
  const scanner = createTextScanner(spelling, work);
  scanner.push(raw);
  scanner.end();
  return scanner.takeEdits();
}

/** The text with its edits made. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  let out = "";
  let at = 0;
  for (const edit of edits) {
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + text.slice(at);
}

/** A scanner of one text. Pieces must not end within an escape of their spelling. */
export function createTextScanner(spelling: Spelling, work: ScrubWork): TextScanner {
  const forms = createFormScanner(spelling, work);
  return work.text.patterns.length === 0 ? forms : joinScanners(forms, createPatternScanner(spelling, work));
}

function createFormScanner(spelling: Spelling, { text: rules, replacer, fired }: ScrubWork): TextScanner {
  let held = "";
  /** Offset of `held`, and the character before it: it says whether a word begins. */
  let settled = 0;
  let before = "";
  let edits: Edit[] = [];
  /** The rest of a secret that is longer than what is kept of one. */
  let swallowed: RegExp | undefined;

  const swallow = (raw: string): string => {
    if (swallowed === undefined || raw === "") return raw;
    swallowed.lastIndex = 0;
    const length = swallowed.exec(raw)?.[0].length ?? 0;
    if (length > 0) {
      edits.push({ start: settled, end: settled + length, text: "" });
      before = raw[length - 1]!;
      settled += length;
    }
    if (length < raw.length) swallowed = undefined;
    return raw.slice(length);
  };
  const scan = (raw: string, how: "goes on" | "ends" | "is cut"): void => {
    held += swallow(raw);
    if (held === "") return;
    const scanned = before + withoutEscapes(held, spelling);
    const shift = before.length;
    let open = how === "goes on" ? openStart(scanned, shift, rules) : scanned.length;
    for (const found of findForms(scanned, shift, rules)) {
      const isTooLong =
        found.end === scanned.length &&
        how !== "ends" &&
        (how === "is cut" || found.end - found.start > MAX_SECRET_CHARS);
      if (found.end > open && !isTooLong) {
        open = Math.min(open, found.start);
        break;
      }
      fired.add(found.rule);
      const at = settled - shift;
      edits.push({ start: at + found.start, end: at + found.end, text: replacer.replace("tokenize", found.value) });
      if (!isTooLong) continue;
      swallowed = found.more;
      open = found.end;
    }
    before = scanned.slice(open - 1, open);
    held = held.slice(open - shift);
    settled += open - shift;
  };
  return {
    push: (raw) => scan(raw, "goes on"),
    end: () => scan("", "ends"),
    force: () => scan("", "is cut"),
    settled: () => settled,
    swallows: () => swallowed !== undefined,
    takeEdits() {
      const taken = edits;
      edits = [];
      return taken;
    },
  };
}

/** Where a run of characters ends, by spelling: at white space or a quote, or (wide) at the end of the line. */
const NARROW_ENDS: Readonly<Record<Spelling, RegExp>> = {
  plain: /[\s"'`]/g,
  json: /(?:[^\\\s'`]|\\[^"nrt])*(?:[\s'`]|\\["nrt])/y,
  form: /[\s"'`+]|%(?:0[9aAdD]|2[027]|60)/g,
};
const WIDE_ENDS: Readonly<Record<Spelling, RegExp>> = {
  plain: /[\r\n]/g,
  json: /(?:[^\\\r\n]|\\[^nr])*(?:[\r\n]|\\[nr])/y,
  form: /[\r\n]|%0[aAdD]/g,
};

/** A run above 4 KiB is cut there, whether its end is known or not; the longest escape must be in sight then. */
const LONGEST_LOOK = MAX_SECRET_CHARS + 12;

function createPatternScanner(spelling: Spelling, work: ScrubWork): TextScanner {
  const ends = (work.text.isWide ? WIDE_ENDS : NARROW_ENDS)[spelling];
  let held = "";
  let settled = 0;
  let edits: Edit[] = [];
  /** Up to here the open run is known to go on. */
  const take = (length: number): void => {
    edits.push(...patternEdits(held.slice(0, length), spelling, work, settled));
    held = held.slice(length);
    settled += length;
  };
  const scan = (isLast: boolean): void => {
    for (;;) {
      ends.lastIndex = 0;
      const isFound = ends.test(held.length > LONGEST_LOOK ? held.slice(0, LONGEST_LOOK) : held);
      const end = isFound ? ends.lastIndex : held.length;
      if (end > MAX_SECRET_CHARS && (isFound || isLast || end >= LONGEST_LOOK))
        take(cutBeforeEscape(held, MAX_SECRET_CHARS, spelling));
      else if (isFound) take(end);
      else break;
    }
    if (isLast) take(held.length);
  };
  return {
    push(raw) {
      held += raw;
      scan(false);
    },
    end: () => scan(true),
    force: () => scan(true),
    swallows: () => false,
    settled: () => settled,
    takeEdits() {
      const taken = edits;
      edits = [];
      return taken;
    },
  };
}

/** Edits that the user's expressions make in one run; where two overlap, the first one counts. */
function patternEdits(
  raw: string,
  spelling: Spelling,
  { text, replacer, fired }: ScrubWork,
  shift: number,
): readonly Edit[] {
  if (raw === "") return [];
  const meant = decodeSpelling(raw, spelling);
  const found: Edit[] = [];
  for (const { name, action, pattern } of text.patterns)
    for (const match of meant.matchAll(pattern)) {
      const [from, to] = match.indices?.[1] ?? match.indices?.[0] ?? [0, 0];
      const value = meant.slice(from, to);
      const instead = replacer.replace(action, value);
      if (from === to || instead === value) continue;
      fired.add(name);
      const start = spelledOffset(raw, spelling, from);
      found.push({ start, end: spelledOffset(raw, spelling, to), text: encodeSpelling(instead, spelling) });
    }
  return mergeEdits(found).map((e) => ({ ...e, start: e.start + shift, end: e.end + shift }));
}

/** Edits in order and apart: where some overlap, the first of them takes the place of all. */
function mergeEdits(edits: readonly Edit[]): readonly Edit[] {
  if (edits.length < 2) return edits;
  const out: Edit[] = [];
  for (const edit of [...edits].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = out.at(-1);
    if (last === undefined || edit.start >= last.end) out.push(edit);
    else if (edit.end > last.end) out[out.length - 1] = { ...last, end: edit.end };
  }
  return out;
}

/** Two looks at one text: what one of them has not decided is not decided, and where both replace something, the first edit counts. */
function joinScanners(a: TextScanner, b: TextScanner): TextScanner {
  let waiting: Edit[] = [];
  let settled = 0;
  let ready: Edit[] = [];
  const settle = (): void => {
    waiting = [...mergeEdits([...waiting, ...a.takeEdits(), ...b.takeEdits()])];
    settled = Math.min(a.settled(), b.settled());
    // An edit that reaches into what is undecided may still grow together with another one.
    const crossing = waiting.find((e) => e.end > settled);
    if (crossing !== undefined) settled = Math.min(settled, crossing.start);
    ready.push(...waiting.filter((e) => e.end <= settled));
    waiting = waiting.filter((e) => e.end > settled);
  };
  return {
    push(raw) {
      a.push(raw);
      b.push(raw);
      settle();
    },
    end() {
      a.end();
      b.end();
      settle();
    },
    force() {
      a.force();
      b.force();
      settle();
    },
    swallows: () => a.swallows() || b.swallows(),
    settled: () => settled,
    takeEdits() {
      const taken = ready;
      ready = [];
      return taken;
    },
  };
}
