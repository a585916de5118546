/** Finds ids inside other text, all of them in one pass, however many there are. */

/** Finds known ids in texts and puts others in their places. */
export interface IdScanner {
  /** From now on `from` (at least 6 characters) is replaced by `to`. */
  add(from: string, to: string): void;
  /** The text with every id in it replaced; what was put in is not looked at again. Of two ids at one place the longer counts. */
  replace(text: string): string;
}

/** An id is looked for by a hash of its first characters. */
const ANCHOR = 6;
/** Shorter ids could be a part of anything: they must stand apart, or behind a prefix of theirs. */
const SURE = 12;

/** `prefixes`: what ids may begin with that is not theirs alone. */
export function createIdScanner(prefixes: ReadonlySet<string>): IdScanner {
  const replacements = new Map<string, string>();
  /** Lengths of the ids that begin with these characters, longest first. */
  const lengthsByAnchor = new Map<number, number[]>();
  /** Which hashes cannot be an id's: most places of most texts are done with here. */
  const mayBegin = new Uint8Array(FILTER);
  let shortest = Number.POSITIVE_INFINITY;

  const findAt = (text: string, at: number, hash: number): string | undefined => {
    for (const length of lengthsByAnchor.get(hash) ?? []) {
      const candidate = text.slice(at, at + length);
      if (replacements.has(candidate) && (length >= SURE || standsApart(text, at, at + length, prefixes)))
        return candidate;
    }
    return undefined;
  };
  return {
    add(from, to) {
      replacements.set(from, to);
      shortest = Math.min(shortest, from.length);
      const hash = hashAt(from, 0);
      mayBegin[filterAt(hash)] = 1;
      const lengths = lengthsByAnchor.get(hash);
      if (lengths === undefined) lengthsByAnchor.set(hash, [from.length]);
      else if (!lengths.includes(from.length)) {
        lengths.push(from.length);
        lengths.sort((a, b) => b - a);
      }
    },
    replace(text) {
      if (text.length < shortest) return text;
      let out = "";
      let copied = 0;
      let at = 0;
      const last = text.length - ANCHOR;
      let hash = hashAt(text, 0);
      while (at <= last) {
        const found = mayBegin[filterAt(hash)] === 1 ? findAt(text, at, hash) : undefined;
        if (found !== undefined) {
          out += text.slice(copied, at) + replacements.get(found)!;
          at += found.length;
          copied = at;
          if (at <= last) hash = hashAt(text, at);
          continue;
        }
        // Reading behind the end would give NaN, and turn the whole loop into slow arithmetic.
        if (at === last) break;
        hash =
          (Math.imul((hash - Math.imul(text.charCodeAt(at), FIRST_WEIGHT)) | 0, BASE) + text.charCodeAt(at + ANCHOR)) |
          0;
        at++;
      }
      return copied === 0 ? text : out + text.slice(copied);
    },
  };
}

/** A rolling hash (Rabin and Karp): the next place's follows from this one's without reading all characters again. */
const BASE = 16777619;
const FIRST_WEIGHT = Array.from({ length: ANCHOR - 1 }).reduce<number>((weight) => Math.imul(weight, BASE), 1);

const FILTER = 4096;

function filterAt(hash: number): number {
  return (hash ^ (hash >>> 16)) & (FILTER - 1);
}

function hashAt(text: string, at: number): number {
  let hash = 0;
  for (let i = at; i < at + ANCHOR; i++) hash = (Math.imul(hash, BASE) + text.charCodeAt(i)) | 0;
  return hash;
}

function standsApart(text: string, start: number, end: number, prefixes: ReadonlySet<string>): boolean {
  if (end < text.length && isWordCharacter(text.charCodeAt(end))) return false;
  if (start === 0 || !isWordCharacter(text.charCodeAt(start - 1))) return true;
  // Behind an escape (`\n`, `\u0020`) begins a word as well.
  if (text.charCodeAt(start - 2) === 92 || text.charCodeAt(start - 6) === 92) return true;
  for (const prefix of prefixes) if (text.endsWith(prefix, start)) return true;
  return false;
}

function isWordCharacter(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c > 127;
}
