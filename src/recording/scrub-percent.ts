/** Texts that may be percent-encoded (RFC 3986, section 2.1): paths, addresses in headers, the message of a status. */
import { encodeSpelling } from "./scrub-spelling.ts";
import { applyEdits, scanText, type ScrubWork } from "./scrub-text.ts";

const ESCAPES = /(?:%[0-9a-fA-F]{2})+/g;

/**
 * The text with secrets replaced, looked for in what it means: `key%20sk-...` has a key in it, which the `0` before it hides in the
 * spelling. All else keeps its spelling; escapes that mean nothing stay for themselves.
 */
export function scrubPercent(raw: string, work: ScrubWork): string {
  if (!raw.includes("%")) return applyEdits(raw, scanText(raw, "plain", work));
  let meant = "";
  /** Where each character of the meaning begins in the spelling. */
  const offsets: number[] = [];
  const add = (text: string, at: number, lengthOf: (c: string) => number): void => {
    let offset = at;
    for (const c of text) {
      for (let unit = 0; unit < c.length; unit++) offsets.push(offset);
      offset += lengthOf(c);
    }
    meant += text;
  };
  let at = 0;
  for (const { 0: run, index } of raw.matchAll(ESCAPES)) {
    add(raw.slice(at, index), at, (c) => c.length);
    const decoded = decodeRun(run);
    add(decoded ?? run, index, (c) => (decoded === undefined ? c.length : utf8Length(c) * 3));
    at = index + run.length;
  }
  add(raw.slice(at), at, (c) => c.length);
  offsets.push(raw.length);
  const edits = scanText(meant, "plain", work).map((e) => ({
    start: offsets[e.start]!,
    end: offsets[e.end]!,
    text: encodeSpelling(e.text, "form"),
  }));
  return applyEdits(raw, edits);
}

function decodeRun(run: string): string | undefined {
  try {
    return decodeURIComponent(run);
  } catch {
    return undefined;
  }
}

function utf8Length(c: string): number {
  const code = c.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
