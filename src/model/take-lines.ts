/**
 * Takes as lines of JSON (docs/model-format.md):
 *
 *     {"take": "SESSION/0", "request": "9f...", "features": {"body.model": "m"}, "startedAt": "2026-11-22T10:00:00.000812Z",
 *      "shapes": "role content*8 finish done", "holes": {"id": "chatcmpl-1", "content": ["Hel", "lo", ...]},
 *      "gapsUs": [900, 20, ...], "end": {"shape": "clean", "by": "server"}}
 *
 * `gapsUs` has the head's time, then the gap before each event, then the one before the end. Left out where there is nothing to
 * say: `features`, `head` and `trailers` (0), `eager`, `filler`, `informational`.
 */
import { WraithError } from "../base/errors.ts";
import type { FindBody, KeepBody } from "./bodies.ts";
import type { HeaderList } from "../base/http.ts";
import {
  invalidAt,
  openJson,
  rawOf,
  readEntries,
  readFields,
  readItems,
  readNumber,
  readScalars,
  readString,
  readTrue,
  readWhole,
  type Fields,
  type JsonPlace,
} from "./json-document.ts";
import type { Route, Take, Variant } from "./model.ts";
import { isJsonValue } from "./raw-value.ts";
import { placesOfRow, rowOfTake } from "./take-row.ts";
import { formatHoleValues, parseRuns, readHoleValues, runsOf } from "./take-values.ts";
import { formatTermination, readTermination } from "./termination-text.ts";

/** The line of a take in its `.jsonl` file, without the line end; `keep` takes its bodies. Deterministic. Throws WraithError MODEL_INVALID (see `rowOfTake`). */
export function formatTake(route: Route, variant: Variant, take: Take, keep?: KeepBody): string {
  const out = [`"take": ${JSON.stringify(take.id)}`, `"request": ${JSON.stringify(take.request)}`];
  const features = [...take.features].map(([path, raw]) => `${JSON.stringify(path)}: ${formatFeature(raw)}`);
  if (features.length > 0) out.push(`"features": {${features.join(", ")}}`);
  out.push(`"startedAt": ${JSON.stringify(formatStart(take.startedMs))}`);
  if (take.head !== 0) out.push(`"head": ${take.head}`);
  if (take.trailers !== 0) out.push(`"trailers": ${take.trailers}`);
  if (take.eager === true) out.push('"eager": true');
  const row = runsOf(take.shapes).map(([name, count]) => (count > 1 ? `${name}*${count}` : name));
  out.push(`"shapes": ${JSON.stringify(row.join(" "))}`);
  const places = placesOfRow(rowOfTake(route, variant, take));
  const holes = [...take.holes].map(([hole, values]) => {
    const isCounter = route.holes.get(hole)?.class === "counter";
    return `${JSON.stringify(hole)}: ${formatHoleValues(values, places.get(hole)?.spelling ?? "json", !isCounter, keep)}`;
  });
  out.push(`"holes": {${holes.join(", ")}}`);
  out.push(`"gapsUs": [${formatGaps(take.timesUs)}]`);
  if (take.filler.length > 0) {
    const filler = take.filler.map(
      (f) => `{"before": ${f.before}, "atUs": ${f.atUs}, "text": ${JSON.stringify(f.text)}}`,
    );
    out.push(`"filler": [${filler.join(", ")}]`);
  }
  if (take.informational.length > 0) {
    const heads = take.informational.map(
      (i) => `{"status": ${i.status}, "atUs": ${i.atUs}, "headers": ${JSON.stringify(i.headers)}}`,
    );
    out.push(`"informational": [${heads.join(", ")}]`);
  }
  out.push(`"end": ${formatTermination(take.end)}`);
  return `{${out.join(", ")}}`;
}

/** Raw JSON as it stands; a digest as `{"digest": "..."}`. */
function formatFeature(raw: string): string {
  if (raw.startsWith("#")) return `{"digest": ${JSON.stringify(raw.slice(1))}}`;
  return isJsonValue(raw) && !raw.startsWith("{") && raw.isWellFormed() ? raw : `{"raw": ${JSON.stringify(raw)}}`;
}

function readFeature(place: JsonPlace): string {
  if (place.node.kind !== "object") return rawOf(place);
  const fields = readFields(place, ["digest", "raw"]);
  const digest = fields.find("digest");
  return digest === undefined ? readString(fields.need("raw")) : `#${readString(digest)}`;
}

/** ISO 8601 with microseconds, UTC; with more digits where a time has more. */
function formatStart(ms: number): string {
  const whole = Math.floor(ms / 1000) * 1000;
  const second = new Date(whole).toISOString().slice(0, 19);
  const fraction = ((ms - whole) * 1000).toFixed(0).padStart(6, "0");
  const text = `${second}.${fraction}Z`;
  if (fraction.length === 6 && parseStart(text) === ms) return text;
  const [whole2, rest = ""] = String(ms - whole).split(".");
  return `${second}.${whole2!.padStart(3, "0")}${rest}Z`;
}

function parseStart(text: string): number {
  const m = /^(\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})(\d*)Z$/.exec(text);
  return m === null ? Number.NaN : Date.parse(`${m[1]}Z`) + Number(`${m[2]}.${m[3]}`);
}

function formatGaps({ head, events, end }: Take["timesUs"]): string {
  let text = String(head);
  let last = head;
  for (const at of events) {
    text += `, ${at - last}`;
    last = at;
  }
  return `${text}, ${end - last}`;
}

const FIELDS = [
  "take",
  "request",
  "features",
  "startedAt",
  "head",
  "trailers",
  "eager",
  "shapes",
  "holes",
  "gapsUs",
  "filler",
  "informational",
  "end",
];

/** Reads the takes of a variant. Throws WraithError MODEL_INVALID with file, line and field; unknown shape or hole names included. */
export function parseTakes(
  text: string,
  file: string,
  route: Route,
  variant: Variant,
  findBody: FindBody = () => undefined,
): readonly Take[] {
  const takes: Take[] = [];
  const ids = new Set<string>();
  let number = 0;
  for (const line of text.split("\n")) {
    number++;
    if (line.trim() === "") continue;
    const place = openJson({ file, text: line, firstLine: number });
    const take = readTake(place, route, variant, findBody);
    if (ids.has(take.id)) throw invalidAt(place, `the take ${take.id} stands here twice`);
    ids.add(take.id);
    takes.push(take);
  }
  return takes;
}

function readTake(place: JsonPlace, route: Route, variant: Variant, findBody: FindBody): Take {
  const fields = readFields(place, FIELDS);
  const optional = <T>(name: string, fallback: T, read: (at: JsonPlace) => T): T => {
    const at = fields.find(name);
    return at === undefined ? fallback : read(at);
  };
  const startPlace = fields.need("startedAt");
  const startedMs = parseStart(readString(startPlace));
  if (Number.isNaN(startedMs)) throw invalidAt(startPlace, "a time as 2026-11-22T10:00:00.000000Z is wanted here");
  const shapes = readRow(fields.need("shapes"));
  const base = {
    id: readString(fields.need("take")),
    request: readString(fields.need("request")),
    features: optional(
      "features",
      new Map<string, string>(),
      (at) => new Map([...readEntries(at)].map(([path, f]) => [path, readFeature(f)])),
    ),
    startedMs,
    head: optional("head", 0, (at) => readWhole(at)),
    trailers: optional("trailers", 0, (at) => readWhole(at)),
    shapes,
  };
  return {
    ...base,
    holes: readHoles(fields, base, route, variant, findBody),
    timesUs: readTimes(fields.need("gapsUs"), shapes.length),
    filler: optional("filler", [], (at) => readItems(at).map((item) => readFiller(item, shapes.length))),
    informational: optional("informational", [], (at) => readItems(at).map(readInformational)),
    end: readTermination(fields.need("end")),
    ...(fields.find("eager") && { eager: readTrue(fields.need("eager")) }),
  };
}

function readRow(place: JsonPlace): readonly string[] {
  const text = readString(place);
  return parseRuns(text, (message) => invalidAt(place, message));
}

/** The values of all holes; each hole of the row has its values, or a rule that makes them. */
function readHoles(
  fields: Fields,
  base: Pick<Take, "id" | "head" | "trailers" | "shapes">,
  route: Route,
  variant: Variant,
  findBody: FindBody,
): ReadonlyMap<string, readonly string[]> {
  const place = fields.need("holes");
  let places: ReturnType<typeof placesOfRow>;
  try {
    places = placesOfRow(rowOfTake(route, variant, base));
  } catch (error) {
    if (!(error instanceof WraithError)) throw error;
    throw invalidAt(fields.find(error.place.field ?? "") ?? place, error.message);
  }
  const holes = new Map<string, readonly string[]>();
  for (const [hole, at] of readEntries(place)) {
    if (!route.holes.has(hole)) throw invalidAt(at, `the route has no hole ${JSON.stringify(hole)}`);
    const expected = places.get(hole);
    if (expected === undefined) throw invalidAt(at, `no event of this take has the hole ${JSON.stringify(hole)}`);
    holes.set(hole, readHoleValues(at, hole, expected, findBody));
  }
  for (const [hole, { count }] of places) {
    const rule = route.holes.get(hole);
    const isMade = rule?.class === "echoed" || (rule?.class === "counter" && rule.start !== undefined);
    if (!holes.has(hole) && !isMade)
      throw invalidAt(place, `the values of the hole ${JSON.stringify(hole)} are missing (${count} expected)`);
  }
  return holes;
}

function readTimes(place: JsonPlace, events: number): Take["timesUs"] {
  const gaps = readScalars(place, (node) => (node.kind === "number" ? Number(node.raw) : undefined), readNumber);
  if (gaps.length !== events + 2)
    throw invalidAt(
      place,
      `${events + 2} gaps are expected (head, ${events} events, end), and ${gaps.length} stand here`,
    );
  let at = 0;
  const times = gaps.map((gap) => (at += gap));
  return { head: times[0]!, events: times.slice(1, -1), end: times.at(-1)! };
}

function readFiller(place: JsonPlace, events: number): Take["filler"][number] {
  const fields = readFields(place, ["before", "atUs", "text"]);
  const before = readWhole(fields.need("before"));
  if (before > events) throw invalidAt(fields.need("before"), `the take has ${events} events`);
  return { before, text: readString(fields.need("text")), atUs: readNumber(fields.need("atUs")) };
}

function readInformational(place: JsonPlace): Take["informational"][number] {
  const fields = readFields(place, ["status", "atUs", "headers"]);
  return {
    status: readWhole(fields.need("status"), 100),
    headers: readHeaderList(fields.need("headers")),
    atUs: readNumber(fields.need("atUs")),
  };
}

function readHeaderList(place: JsonPlace): HeaderList {
  return readItems(place).map((pair) => {
    const [name, value, ...more] = readItems(pair);
    if (name === undefined || value === undefined || more.length > 0)
      throw invalidAt(pair, "a header is [name, value]");
    return [readString(name), readString(value)] as const;
  });
}
