import { digest } from "../base/digest.ts";
import { parseJson } from "../base/json.ts";
import { pathPattern } from "../base/path.ts";
import type { Termination } from "../base/http.ts";
import type { Codec, Formats } from "../formats/format.ts";
import { codecOfRoute } from "../model/loaded-model.ts";
import type { HoleClass, HoleRule, Route, Shape, StreamRule, Take, Variant } from "../model/model.ts";
import { inferTiming } from "./bands.ts";
import { requestTexts } from "./echo.ts";
import { groupHeads, headerTemplate, type Head } from "./heads.ts";
import { inferHoles, type InferredHoles, type WireWalk } from "./holes.ts";
import { nameShapes } from "./names.ts";
import type { Place, RouteEvidence } from "./places.ts";
import { clusterEvents, type FormatEvents } from "./route-events.ts";
import { pathParameters, type RoutePattern } from "./routes.ts";
import type { Sample } from "./sample.ts";
import { inferStreamRule } from "./stream-rule.ts";
import { takeOf } from "./takes.ts";
import { inferVariants, type VariantDraft } from "./variants.ts";

/** A route as learned, with what is to be said about it. */
export interface LearnedRoute {
  readonly route: Route;
  readonly takes: ReadonlyMap<Variant, readonly Take[]>;
  /** The take of each sample, in the order of the samples. */
  readonly performed: readonly { readonly sample: Sample; readonly variant: Variant; readonly take: Take }[];
  /** Variants that nothing in the request separates from another: name and name of the other. */
  readonly hidden: readonly { readonly variant: string; readonly by: string }[];
  /** Paths of holes of class json. */
  readonly opaqueHoles: readonly string[];
  /** Classes set by hand that the recordings contradict. */
  readonly refused: readonly { readonly path: string; readonly wanted: HoleClass; readonly learned: HoleClass }[];
}

/** Learns one route from its samples, which are in the order in which they were recorded. */
export function learnRoute(
  { method, pattern }: RoutePattern,
  samples: readonly Sample[],
  formats: Formats,
  fields: Readonly<Record<string, string>>,
): LearnedRoute {
  const byHand = createHandMade(fields);
  const evidence: RouteEvidence = {
    startedMs: samples.map((sample) => sample.startedMs),
    requests: samples.map(({ view }) => requestTexts(view, pathParameters(pattern, view.path))),
  };
  const events = eventsByFormat({ method, pattern }, samples, formats, byHand.opaque);
  const variants = inferVariants(samples).map((draft) => withHeads(draft, samples));
  const places = [
    ...variants.flatMap((v) => placesOfHeads(v.heads)),
    ...[...events.values()].flatMap((e) => e.places.flat()),
    ...variants.flatMap((v) => placesOfHeads(v.trailers)),
  ];
  const found = inferHoles(places, evidence, wireWalk(samples, variants, events), (place) =>
    byHand.classOf(place.pattern),
  );
  const { shapes, nameOf } = createShapes([...events.values()], found);
  const route: Route = {
    route: `${method} ${pattern}`,
    method,
    pattern,
    format: mostCommon(samples.map((sample) => sample.format.id)),
    holes: new Map(found.holes.map(({ name, rule }): [string, HoleRule] => [name, rule])),
    shapes,
    variants: [],
  };
  const folder = `${slugOf(route.route)}-${digest(route.route, 8)}`;
  const takes = new Map<Variant, readonly Take[]>();
  const performed: { sample: Sample; variant: Variant; take: Take }[] = [];
  for (const draft of variants) {
    const heads = headNumbers(draft.heads);
    const trailers = headNumbers(draft.trailers);
    const rows = draft.samples.map((number) => rowOf(number, samples[number]!, events, nameOf));
    const variant = createVariant(draft, samples, rows, found, folder);
    const list = draft.samples.map((number, i): Take => {
      const take = takeOf(
        samples[number]!,
        {
          number,
          head: heads.get(number) ?? 0,
          trailers: trailers.get(number) ?? 0,
          shapes: rows[i]!,
        },
        found.holes,
        evidence.requests,
      );
      performed[number] = { sample: samples[number]!, variant, take };
      return take;
    });
    takes.set(variant, list);
  }
  return {
    route: { ...route, variants: [...takes.keys()] },
    takes,
    performed,
    hidden: variants.flatMap((v) => (v.hiddenBy === undefined ? [] : [{ variant: v.name, by: v.hiddenBy }])),
    opaqueHoles: found.holes.flatMap(({ rule, path }) => (rule.class === "json" ? [path] : [])),
    refused: found.holes.flatMap(({ refused, path, rule }) =>
      refused === undefined ? [] : [{ path, wanted: refused, learned: rule.class }],
    ),
  };
}

interface HandMade {
  readonly opaque: ReadonlySet<string>;
  classOf(pattern: string): HoleClass | undefined;
}

/** `[diff.fields]`: paths inside an event (a leading `events[].` or `body.` does no harm), indices left open, and their classes. */
function createHandMade(fields: Readonly<Record<string, string>>): HandMade {
  const classes = new Map<string, HoleClass>();
  for (const [path, name] of Object.entries(fields))
    classes.set(pathPattern(path.replaceAll("[*]", "[]")).replace(/^(?:events\[\]|body)\.?/, ""), name as HoleClass);
  return {
    opaque: new Set([...classes].flatMap(([path, name]) => (name === "json" ? [path] : []))),
    classOf: (path) => classes.get(path),
  };
}

function eventsByFormat(
  pattern: RoutePattern,
  samples: readonly Sample[],
  formats: Formats,
  opaque: ReadonlySet<string>,
): ReadonlyMap<string, FormatEvents> {
  const lists = new Map<string, (readonly [number, Sample])[]>();
  samples.forEach((sample, number) => {
    const list = lists.get(sample.format.id);
    if (list === undefined) lists.set(sample.format.id, [[number, sample]]);
    else list.push([number, sample]);
  });
  const out = new Map<string, FormatEvents>();
  for (const [id, list] of lists) out.set(id, clusterEvents(id, codecOfRoute(pattern, id, formats), list, opaque));
  return out;
}

interface VariantWithHeads extends VariantDraft {
  readonly heads: readonly Head[];
  readonly trailers: readonly Head[];
}

function withHeads(draft: VariantDraft, samples: readonly Sample[]): VariantWithHeads {
  const inputs = (pick: "headers" | "trailers") =>
    draft.samples.map((sample) => {
      const { projection, bodyBytes } = samples[sample]!;
      return { sample, headers: projection[pick], hasBody: bodyBytes > 0 };
    });
  return {
    ...draft,
    heads: groupHeads(inputs("headers"), "headers"),
    trailers: groupHeads(inputs("trailers"), "trailers"),
  };
}

function placesOfHeads(heads: readonly Head[]): readonly Place[] {
  return heads.flatMap((head) => head.places.filter((place) => place !== undefined));
}

/** The number of the head of each sample that has one. */
function headNumbers(heads: readonly Head[]): ReadonlyMap<number, number> {
  const out = new Map<number, number>();
  heads.forEach((head, n) => {
    for (const sample of head.samples) if (!out.has(sample)) out.set(sample, n);
  });
  return out;
}

/** The order of the wire: head, events, trailers. */
function wireWalk(
  samples: readonly Sample[],
  variants: readonly VariantWithHeads[],
  events: ReadonlyMap<string, FormatEvents>,
): WireWalk {
  return (numberOf, visit) => {
    const heads = headIndex(variants, (v) => v.heads);
    const trailers = headIndex(variants, (v) => v.trailers);
    const open = new Map([...events.values()].map((e) => [e, e.places.map((list) => numbered(list, numberOf))]));
    const cursors = new Map([...events.values()].map((e) => [e, new Int32Array(e.clusters.length)]));
    samples.forEach((sample, number) => {
      const values: { raws: string[]; count: number }[] = [];
      const push = (n: number, raw: string): void => {
        const found = values[n];
        if (found === undefined) values[n] = { raws: [raw], count: 1 };
        else pushValue(found, raw);
      };
      const pushHead = (at: HeadAt | undefined): void => {
        for (const { n, place } of numbered(at?.head.places ?? [], numberOf))
          push(n, place.column?.[at!.occurrence] ?? place.first);
      };
      pushHead(heads.get(number));
      const list = events.get(sample.format.id)!;
      const [cursor, wanted, first] = [cursors.get(list)!, open.get(list)!, list.firstEvent.get(number)!];
      for (let event = first; event < first + sample.projection.events.length; event++) {
        const shape = list.clusterOf[event]!;
        const at = cursor[shape]!++;
        for (const { n, place } of wanted[shape]!)
          push(n, place.column === undefined ? place.first : place.column[at]!);
      }
      pushHead(trailers.get(number));
      visit(number, values);
    });
  };
}

/** Most holes say one thing throughout a stream: that is kept once. */
function pushValue(found: { raws: string[]; count: number }, raw: string): void {
  const { raws, count } = found;
  found.count++;
  if (raws.length === count && count > 1) raws.push(raw);
  else if (raw !== raws[0]) {
    for (let i = 1; i < count; i++) raws.push(raws[0]!);
    raws.push(raw);
  }
}

/** The places that have a number, in their order. */
function numbered(
  places: readonly (Place | undefined)[],
  numberOf: (place: Place) => number | undefined,
): readonly { readonly n: number; readonly place: Place }[] {
  return places.flatMap((place) => {
    const n = place && numberOf(place);
    return n === undefined ? [] : [{ n, place: place! }];
  });
}

interface HeadAt {
  readonly head: Head;
  readonly occurrence: number;
}

function headIndex(
  variants: readonly VariantWithHeads[],
  pick: (variant: VariantWithHeads) => readonly Head[],
): ReadonlyMap<number, HeadAt> {
  const out = new Map<number, HeadAt>();
  for (const variant of variants)
    for (const head of pick(variant))
      head.samples.forEach((sample, occurrence) => out.set(sample, { head, occurrence }));
  return out;
}

/** Indentation of a shape in `symbols.json`. */
const INDENT = "        ";

/** Compiles each shape from its own text in `symbols.json`, so that what stands there is what is used. */
function createShapes(
  events: readonly FormatEvents[],
  found: InferredHoles,
): { shapes: ReadonlyMap<string, Shape>; nameOf: (format: FormatEvents, cluster: number) => string } {
  const names = nameShapes(
    events.flatMap(({ clusters, format, samples }) => clusters.map((cluster) => ({ cluster, format, samples }))),
  );
  const shapes = new Map<string, Shape>();
  const offsets = new Map<FormatEvents, number>();
  let offset = 0;
  for (const e of events) {
    offsets.set(e, offset);
    e.clusters.forEach(({ dissection }, i) => {
      const name = names[offset + i]!;
      const places = e.places[i]!;
      const filling = dissection.leaves.map(({ raw }, k) => {
        const hole = found.holeAt(places[k]!);
        return hole === undefined ? { raw } : { hole: hole.name };
      });
      const isSeenOnce = isOfOneSample(e, i);
      shapes.set(
        name,
        compileShape(name, e.format, e.codec, e.codec.formatShape(dissection, filling, INDENT), isSeenOnce),
      );
    });
    offset += e.clusters.length;
  }
  return { shapes, nameOf: (format, i) => names[offsets.get(format)! + i]! };
}

function compileShape(name: string, format: string, codec: Codec, source: string, isSeenOnce: boolean): Shape {
  const node = parseJson(source);
  if (node === undefined) throw new Error(`shape ${name} of ${format} is not JSON`);
  return { name, format, parts: codec.compileShape(node), source, ...(isSeenOnce ? { seen: 1 } : {}) };
}

/** Whether one recording alone has this shape. */
function isOfOneSample(e: FormatEvents, i: number): boolean {
  const { events } = e.clusters[i]!;
  return e.samples[events[0]!] === e.samples[events.at(-1)!];
}

function rowOf(
  number: number,
  sample: Sample,
  events: ReadonlyMap<string, FormatEvents>,
  nameOf: (format: FormatEvents, cluster: number) => string,
): readonly string[] {
  const list = events.get(sample.format.id)!;
  const first = list.firstEvent.get(number)!;
  return sample.projection.events.map((_, i) => nameOf(list, list.clusterOf[first + i]!));
}

function createVariant(
  draft: VariantWithHeads,
  samples: readonly Sample[],
  rows: readonly (readonly string[])[],
  found: InferredHoles,
  folder: string,
): Variant {
  const own = draft.samples.map((number) => samples[number]!);
  const holeName = (place: Place): string | undefined => found.holeAt(place)?.name;
  const isUnary = own[0]!.format.unary;
  const stream: StreamRule | undefined = isUnary
    ? undefined
    : inferStreamRule(rows.map((shapes, i) => ({ shapes, whole: own[i]!.projection.termination.shape === "clean" })));
  const coding = mostCommon(own.map((sample) => sample.projection.coding ?? ""));
  return {
    name: draft.name,
    format: draft.format,
    guard: draft.guard,
    status: draft.status,
    headers: draft.heads.map((head) => headerTemplate(head, holeName) ?? []),
    trailers: draft.trailers.map((head) => headerTemplate(head, holeName)),
    ...(stream === undefined ? { body: [...new Set(rows.flat())] } : { stream }),
    termination: terminationsOf(own),
    ...(coding === "" ? {} : { coding }),
    timing: inferTiming(own.map((sample) => sample.projection)),
    takesFile: `${folder}/${draft.name}`,
  };
}

/** Ways to end, the commonest first; what was said about one is the take's. */
function terminationsOf(samples: readonly Sample[]): readonly Termination[] {
  const counts = new Map<string, { readonly end: Termination; count: number }>();
  for (const { projection } of samples) {
    const { shape, by, code } = projection.termination;
    const end: Termination = { shape, by, ...(code === undefined ? {} : { code }) };
    const seen = counts.get(JSON.stringify(end));
    if (seen === undefined) counts.set(JSON.stringify(end), { end, count: 1 });
    else seen.count++;
  }
  return [...counts.values()].sort((a, b) => b.count - a.count).map(({ end }) => end);
}

/** The value that comes most often; of several the first. */
function mostCommon(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best = "";
  let most = 0;
  for (const [value, count] of counts)
    if (count > most) {
      best = value;
      most = count;
    }
  return best;
}

/** `post_v1_chat_completions`: for people; the digest beside it makes it unique. */
function slugOf(route: string): string {
  return route
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 48);
}
