import { lastKey } from "../base/path.ts";
import type { HoleRule } from "../model/model.ts";
import { ID_NAME, isBase64OfText, isUuid, looksLikeId, looksRandom } from "./random-text.ts";

type Generated = Extract<HoleRule, { class: "generated" }>;
export type IdForm = Omit<Generated, "scope" | "nullable" | "class">;

/** By character code: letters, digits and what stands between them. */
const IS_ID_CHARACTER = Array.from({ length: 128 }, (_, code) => /[\w.:/+=-]/.test(String.fromCharCode(code)));
const [LEAST_ID, MOST_ID] = [4, 512];
const MAX_PREFIXES = 4;
/** Longer heads are data and no prefix. */
const PREFIX_REACH = 16;
/** Characters that must be seen before `-` and `_` can be said not to occur. */
const ENOUGH_SEEN = 150;

const ALPHABETS: readonly (readonly [Generated["alphabet"], RegExp])[] = [
  ["digits", /^\d+$/],
  ["hex", /^[0-9a-f]+$/],
  ["base62", /^[0-9A-Za-z]+$/],
  ["base64url", /^[\w-]+$/],
  ["printable", /^[!-~]+$/],
];

/** False for texts that no id looks like. */
export function mayBeId(text: string): boolean {
  if (text.length < LEAST_ID || text.length > MOST_ID) return false;
  for (let i = 0; i < text.length; i++) if (IS_ID_CHARACTER[text.charCodeAt(i)] !== true) return false;
  return true;
}

/**
 * Whether texts that may be ids are some, judged over the whole group: all look random; most do and all have one length; or each stream has its
 * own with a number in it, and it is called an id or is a word and a number. Bytes that say something are none, whatever they are called.
 */
export function areIds(texts: readonly string[], path: string, streams: number, ownEach: boolean): boolean {
  if (texts.every((text) => looksLikeId(text, path))) return true;
  const isOneLength = texts.every((text) => text.length === texts[0]!.length);
  const mayBeNumbered = ownEach && streams >= 2;
  if (!isOneLength && !mayBeNumbered) return false;
  if (areMost(texts, isBase64OfText)) return false;
  if (isOneLength && areMost(texts, looksRandom)) return true;
  if (!mayBeNumbered) return false;
  const named = ID_NAME.test(lastKey(path));
  return texts.every((text) => /\d/.test(text) && (named || /^[A-Za-z]+[-_]\d+$/.test(text)));
}

/** Texts of a large group that are looked at to tell what most of them are. */
const MOST_JUDGED = 1000;

/** Whether it holds for more than half of the texts; of many, those that stand at equal distances are asked. */
function areMost(texts: readonly string[], holds: (text: string) => boolean): boolean {
  const step = Math.ceil(texts.length / MOST_JUDGED);
  let judged = 0;
  let count = 0;
  for (let i = 0; i < texts.length; i += step) {
    judged++;
    if (holds(texts[i]!)) count++;
  }
  return count * 2 > judged;
}

/** Prefixes, alphabet and length of a group of ids; undefined where no alphabet has them all. */
export function idForm(texts: readonly string[]): IdForm | undefined {
  const distinct = [...new Set(texts)];
  if (distinct.every(isUuid)) return { alphabet: "uuid", length: 36 };
  const prefixes = idPrefixes(distinct);
  const tails = distinct.map((text) => text.slice(prefixes.find((p) => text.startsWith(p))?.length ?? 0));
  let [least, most] = [Infinity, 0];
  for (const { length } of tails) [least, most] = [Math.min(least, length), Math.max(most, length)];
  if (least === 0) return undefined;
  let alphabet = ALPHABETS.find(([, form]) => tails.every((tail) => form.test(tail)))?.[0];
  if (alphabet === undefined) return undefined;
  if (alphabet === "base62" && tails.length * most < ENOUGH_SEEN) alphabet = "base64url";
  return {
    ...(prefixes.length > 0 ? { prefix: prefixes } : {}),
    alphabet,
    length: least === most ? least : [least, most],
  };
}

/** What ids begin with, longest first: the part they share, or few words that each ends with `-` or `_`. */
function idPrefixes(texts: readonly string[]): readonly string[] {
  if (texts.length === 1) {
    const head = /^(?:[A-Za-z]+[-_])+/.exec(texts[0]!)?.[0] ?? "";
    return head === "" || head.length === texts[0]!.length ? [] : [head];
  }
  let shared = texts[0]!;
  for (const text of texts) {
    let i = 0;
    while (i < shared.length && shared[i] === text[i]) i++;
    shared = shared.slice(0, i);
  }
  shared = shared.slice(0, Math.max(shared.lastIndexOf("-", PREFIX_REACH), shared.lastIndexOf("_", PREFIX_REACH)) + 1);
  if (shared !== "") return [shared];
  const heads = new Set(texts.map((text) => /^[A-Za-z]+[-_]/.exec(text)?.[0] ?? ""));
  if (heads.has("") || heads.size > MAX_PREFIXES) return [];
  return [...heads].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}
