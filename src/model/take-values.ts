/**
 * The values of a hole in a take's line. JSON stands as it is on the wire, plain text (header values, lines) as a JSON string:
 *
 *     "chatcmpl-1"                      one value, at all places
 *     ["Hel", "lo", 1.0]                one value a place
 *     {"runs": [["a", 5], ["b", 2]]}    values that repeat, where that is shorter
 *     {"raw": ...}                      one of these, with the raw value of each place as a JSON string
 *     {"body": "9f86d0..."}             one long value, at all places, that lies in model/bodies
 *
 * The last is for holes that stand at places of both sorts, and for JSON that has line ends in it. A value that is an array or an
 * object stands in an array even if it is the only one.
 */
import type { WraithError } from "../base/errors.ts";
import { bodyOfValue, type FindBody, type KeepBody } from "./bodies.ts";
import {
  invalidAt,
  rawOf,
  readFields,
  readItems,
  readScalars,
  readString,
  readWhole,
  type JsonPlace,
} from "./json-document.ts";
import { isJsonValue } from "./raw-value.ts";
import type { HolePlaces } from "./take-row.ts";

/** A row with neighbours that are equal told once: [value, how often]. */
export function runsOf(row: readonly string[]): readonly (readonly [string, number])[] {
  const runs: [string, number][] = [];
  for (const value of row) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] === value) last[1]++;
    else runs.push([value, 1]);
  }
  return runs;
}

function countRuns(row: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < row.length; i++) if (i === 0 || row[i] !== row[i - 1]) count++;
  return count;
}

/** More events than any recording has; a slip of the pen must not fill the memory. */
const MAX_ROW = 50_000_000;

/** A row of names as `role content*8 done`. `refuse` makes the error that is thrown. */
export function parseRuns(text: string, refuse: (message: string) => WraithError): readonly string[] {
  const row: string[] = [];
  for (const word of text.split(" ")) {
    if (word === "") continue;
    const m = /^([^*]+)\*([1-9]\d{0,8})$/.exec(word);
    if (m === null && word.includes("*")) throw refuse(`${JSON.stringify(word)} is no shape and no shape*number`);
    const count = m === null ? 1 : Number(m[2]);
    if (row.length + count > MAX_ROW) throw refuse(`more than ${MAX_ROW} events`);
    for (let i = 0; i < count; i++) row.push(m?.[1] ?? word);
  }
  return row;
}

/** `mayFold`: equal values may be told once (not for counters, whose only value is their start). Without `keep` all stands in the line. */
export function formatHoleValues(
  values: readonly string[],
  spelling: HolePlaces["spelling"],
  mayFold: boolean,
  keep?: KeepBody,
): string {
  const body = keep === undefined || values.length !== 1 ? undefined : bodyOfValue(values[0]!);
  if (keep !== undefined && body !== undefined) return `{"body": ${JSON.stringify(keep(body))}}`;
  const isRaw = spelling === "mixed" || (spelling === "json" && !values.every(standsInLine));
  const quoted = isRaw || spelling === "text";
  const text = formatList(quoted ? values.map((v) => JSON.stringify(v)) : values, mayFold);
  return isRaw ? `{"raw": ${text}}` : text;
}

/** Whether a raw value can stand in a line of JSON as it is. */
function standsInLine(raw: string): boolean {
  if (!isJsonValue(raw) || !raw.isWellFormed()) return false;
  // White space, and so a line end, has a place in objects and arrays only.
  const c = raw.charCodeAt(0);
  return (c !== 91 && c !== 123) || !/[\r\n]/.test(raw);
}

function formatList(values: readonly string[], mayFold: boolean): string {
  const count = countRuns(values);
  if (count === 1 && (mayFold || values.length === 1)) {
    const only = values[0]!;
    return /^[[{]/.test(only) ? `[${only}]` : only;
  }
  const plain = `[${values.join(", ")}]`;
  if (count * 2 > values.length) return plain;
  const runs = runsOf(values);
  const told = `{"runs": [${runs.map(([value, count]) => `[${value}, ${count}]`).join(", ")}]}`;
  return told.length < plain.length ? told : plain;
}

/** Raw values of a hole: one, or one a place. Throws WraithError MODEL_INVALID, with the counts where they do not fit. */
export function readHoleValues(
  place: JsonPlace,
  hole: string,
  places: HolePlaces,
  findBody: FindBody,
): readonly string[] {
  const { node } = place;
  if (node.kind === "object" && node.keys.includes('"body"')) {
    const at = readFields(place, ["body"]).need("body");
    const body = findBody(readString(at));
    if (body === undefined) throw invalidAt(at, "model/bodies has no file of this name");
    return [body];
  }
  const isRaw = node.kind === "object" && node.keys.includes('"raw"');
  const inner = isRaw ? readFields(place, ["raw"]).need("raw") : place;
  if (places.spelling === "mixed" && !isRaw)
    throw invalidAt(
      place,
      `the hole ${JSON.stringify(hole)} stands in JSON and in text, so its values stand as {"raw": ...}`,
    );
  const isText = isRaw || places.spelling === "text";
  const values = readList(inner, hole, places.count, isText);
  if (values.length !== 1 && values.length !== places.count)
    throw wrongCount(inner, hole, places.count, String(values.length));
  return values;
}

function readList(place: JsonPlace, hole: string, expected: number, isText: boolean): readonly string[] {
  const read = isText ? readString : rawOf;
  if (place.node.kind === "array")
    return readScalars(place, (node) => (!isText && "raw" in node ? node.raw : undefined), read);
  if (place.node.kind !== "object") return [read(place)];
  const values: string[] = [];
  for (const run of readItems(readFields(place, ["runs"]).need("runs"))) {
    const [value, count, ...more] = readItems(run);
    if (value === undefined || count === undefined || more.length > 0)
      throw invalidAt(run, "a run is [value, how often]");
    const raw = read(value);
    const times = readWhole(count, 1);
    if (values.length + times > expected) throw wrongCount(place, hole, expected, "more");
    for (let i = 0; i < times; i++) values.push(raw);
  }
  return values;
}

function wrongCount(place: JsonPlace, hole: string, expected: number, found: string): WraithError {
  return invalidAt(
    place,
    `the events of this take have ${expected} places for the hole ${JSON.stringify(hole)}, and ${found} values stand here`,
  );
}
