import { pathKey, pathSegments } from "../base/path.ts";
import { keyText } from "../formats/json-leaves.ts";
import type { Condition } from "../model/model.ts";
import { requestFeatures, type RequestView } from "../model/request-view.ts";

/** A condition that a guard may have, and which samples it holds for. */
export interface Candidate {
  readonly condition: Condition;
  readonly holds: ReadonlySet<number>;
  /** Sorts candidates: the one that says it most plainly comes first. */
  readonly rank: readonly (number | string)[];
  /** Whether one request alone is evidence enough: what it says, not that it says something. */
  readonly isTelling: boolean;
}

/** Longer strings are text. */
const LONGEST_WORD = 40;
const WORD = /^"[^\s"\\]*"$/;
/** A key with more values says something of its own in each request. */
const MOST_VALUES = 12;
/** So few values may also be told by a handful of requests. */
const FEW_VALUES = 3;
const MOST_HEADER_VALUES = 4;

/** Headers whose values choose between answers. */
const NEGOTIATION = new Set(["accept", "content-type"]);
/**
 * Headers whose mere presence decides what a server answers: credentials, without which it refuses; conditions, under which it sends
 * nothing new; a range, of which it sends only that.
 */
const DECISIVE = new Set(
  (
    "authorization x-api-key api-key x-goog-api-key cookie " +
    "if-match if-none-match if-modified-since if-unmodified-since range"
  ).split(" "),
);
/** Headers that tell clients and connections apart, not what is asked. */
const NOISE =
  /^(?:host|connection|content-length|content-encoding|accept-(?:encoding|language)|transfer-encoding|te|user-agent|cache-control|pragma|expect|origin|referer|date|dnt|via|forwarded|priority|upgrade(?:-.*)?|keep-alive|traceparent|tracestate|baggage|x-(?:stainless|forwarded|b3|request|wraith)-.*|x-real-ip|sec-.*|.*-(?:timeout|encoding|(?:trace|tags)-bin))$/;

/** All conditions that the requests of a route could be told apart by, the plainest first. */
export function findCandidates(views: readonly RequestView[]): readonly Candidate[] {
  const present = new Map<string, Set<number>>();
  const equal = new Map<string, Map<string, Set<number>>>();
  const containers = new Set<string>();
  const see = (path: string, sample: number, raw?: string): void => {
    addTo(present, path, sample);
    if (raw === undefined) return;
    let values = equal.get(path);
    if (values === undefined) equal.set(path, (values = new Map()));
    addTo(values, raw, sample);
  };
  views.forEach((view, sample) => {
    for (const [path, raw] of requestFeatures(view)) if (path !== "body") see(path, sample, raw);
    const body = view.payload.json;
    if (body?.kind === "object")
      body.values.forEach((value, i) => {
        const path = pathKey("body", keyText(body.keys[i]!));
        if ("values" in value) containers.add(path);
        addTo(present, path, sample);
      });
    for (const [name, value] of view.headers) {
      const key = name.toLowerCase();
      if (!NOISE.test(key))
        see(pathKey("headers", key), sample, NEGOTIATION.has(key) ? JSON.stringify(value) : undefined);
    }
  });
  const out: Candidate[] = [];
  const everyone = views.map((_, sample) => sample);
  for (const [path, holds] of present) {
    const depth = depthOf(path) + (containers.has(path) ? 1 : 0);
    const isDecisive = DECISIVE.has(path.slice("headers.".length));
    const add = (condition: Condition, samples: ReadonlySet<number>, isTelling: boolean): void => {
      const order = ["equals", "present", "absent"].indexOf(condition.test);
      const text = condition.test === "equals" ? condition.value : "";
      out.push({ condition, holds: samples, isTelling, rank: [depth, order, path.length, path, text] });
    };
    for (const [raw, samples] of tellingValues(path, equal.get(path), views))
      add({ path, test: "equals", value: path.startsWith("body") ? raw : (JSON.parse(raw) as string) }, samples, true);
    add({ path, test: "present" }, holds, isDecisive);
    if (holds.size === views.length) continue;
    if (path.startsWith("headers."))
      add({ path, test: "absent" }, new Set(everyone.filter((sample) => !holds.has(sample))), isDecisive);
  }
  return out.sort((a, b) => compareRanks(a.rank, b.rank));
}

function addTo(map: Map<string, Set<number>>, key: string, sample: number): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([sample]));
  else set.add(sample);
}

/** Keys below the body or query; headers come after all of these. */
function depthOf(path: string): number {
  const depth = (pathSegments(path)?.length ?? 9) - 1;
  return path.startsWith("headers") ? 10 + depth : depth;
}

/** Booleans, and short words of a key that has few values: told by requests, not by how often they were sent. */
function* tellingValues(
  path: string,
  values: ReadonlyMap<string, ReadonlySet<number>> | undefined,
  views: readonly RequestView[],
): Generator<readonly [string, ReadonlySet<number>]> {
  if (values === undefined) return;
  const words = [...values.keys()].filter((raw) => raw.startsWith('"') || raw.startsWith("#"));
  const requests = new Set<string>();
  for (const raw of words) for (const sample of values.get(raw)!) requests.add(views[sample]!.digest);
  const isWord = (raw: string): boolean => WORD.test(raw) && raw.length <= LONGEST_WORD + 2;
  const isInArray = /\[\d+\]/.test(path);
  const isHeader = path.startsWith("headers");
  const recurs = words.length * 2 <= requests.size;
  const isFew = words.length <= FEW_VALUES && words.every(isWord);
  const wordsTell = isHeader
    ? words.length <= MOST_HEADER_VALUES
    : words.length <= MOST_VALUES && (isInArray ? isFew && recurs : recurs || isFew);
  for (const [raw, samples] of values)
    if (raw === "true" || raw === "false" || (wordsTell && (isHeader || isWord(raw)))) yield [raw, samples];
}

function compareRanks(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return 0;
}
