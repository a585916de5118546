/** `model/synth.json`: what `synth` wrote, to tell whether a person has changed it since. */
import { concatBytes } from "../base/bytes.ts";
import { digest } from "../base/digest.ts";
import { VERSION } from "../base/version.ts";

/** The name of the file, beside symbols.json. */
export const STAMP_FILE = "synth.json";

/** The text of a stamp. `learned`: the ids of all takes. */
export function formatStamp(symbols: string, takes: string, learned: readonly string[]): string {
  return `${JSON.stringify({ wraith: 1, symbols: stampOf(symbols), takes, learned: rangesOf(learned) })}\n`;
}

/** Digest of symbols.json; git may have changed its line ends. */
export function stampOf(symbols: string): string {
  return digest(symbols.replaceAll("\r\n", "\n"), 64);
}

/**
 * Digest of all take files, in the order of the variants, and of the names of bodies, which say what is in them. The symbols that they speak of are in it, and the program that wrote them:
 * another one may know of more mistakes.
 */
export function stampOfTakes(symbols: string, files: readonly Uint8Array[], bodies: readonly string[]): string {
  const lengths = files.map((f) => f.length).join(" ");
  const head = `${VERSION} ${stampOf(symbols)} ${lengths} ${bodies.join(" ")}\n`;
  return digest(concatBytes([new TextEncoder().encode(head), ...files]), 64);
}

/** The ids of all takes that `synth` wrote, from the text of its stamp; empty where that does not tell. */
export function learnedIds(stamp: string): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const [session, ranges] of Object.entries(learnedField(stamp)))
    for (const range of typeof ranges === "string" ? ranges.split(" ") : []) {
      const [first = Number.NaN, last = first] = range.split("-").map(Number);
      for (let n = first; n <= last && ids.size < MAX_IDS; n++) ids.add(`${session}/${n}`);
    }
  return ids;
}

/** The file may have been changed by hand, as all others: a wrong number in it is not to fill the memory. */
const MAX_IDS = 10_000_000;

function learnedField(stamp: string): object {
  try {
    return (JSON.parse(stamp) as { learned?: object }).learned ?? {};
  } catch {
    return {};
  }
}

/** `SESSION/INDEX` as ranges by session: `{"s": "0-4 7"}`, sessions and numbers in order. */
function rangesOf(ids: readonly string[]): Readonly<Record<string, string>> {
  const bySession = new Map<string, number[]>();
  for (const id of ids.toSorted()) {
    const slash = id.lastIndexOf("/");
    const session = id.slice(0, slash);
    const numbers = bySession.get(session);
    if (numbers === undefined) bySession.set(session, [Number(id.slice(slash + 1))]);
    else numbers.push(Number(id.slice(slash + 1)));
  }
  return Object.fromEntries([...bySession].map(([session, numbers]) => [session, formatRanges(numbers)]));
}

function formatRanges(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const n of numbers.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === n - 1) range[1] = n;
    else ranges.push([n, n]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(" ");
}
