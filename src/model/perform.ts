import { WraithError } from "../base/errors.ts";
import type { HeaderList } from "../base/http.ts";
import type { Draw } from "../base/rng.ts";
import type { LeafKind } from "../formats/format.ts";
import { createFreshIds, type FreshIds, type RecordedId } from "./fresh-ids.ts";
import { shiftTime } from "./fresh-times.ts";
import type { HeaderTemplate, HoleRule, Route, Take, Template, Variant } from "./model.ts";
import { emptyValue, fitValue, isTextKind, plainValue } from "./raw-value.ts";
import { requestValue, type RequestView } from "./request-view.ts";
import { placesOfRow, rowOfTake } from "./take-row.ts";

/** Where the values of holes come from. `own`: the take's, so that the bytes equal the recording. */
export type Values =
  | { readonly kind: "own" }
  /**
   * SPEC section 6: one seeded substitution for each random id in the whole answer, one shift for all times (in whole seconds:
   * what is exact to a second only moves as all others), echoes from the request.
   */
  | { readonly kind: "fresh"; readonly draw: Draw; readonly shiftMs: number };

/** A take with its holes filled: events, one per name in `take.shapes`. */
export interface Performance<Event = string> {
  readonly status: number;
  readonly headers: HeaderList;
  readonly events: readonly Event[];
  readonly trailers?: HeaderList | undefined;
}

/** Makes an event of a template and the values of its holes, which are not to be kept. */
export type Express<Event> = (template: Template, values: readonly string[]) => Event;

/**
 * Fills a take's holes. Echoes come from `request` with either kind of values (they are not in the take); where the request lacks
 * the field, from the request that was recorded, and else they are empty. A counter's only value in the take is its start.
 * Throws WraithError MODEL_INVALID where the take names a shape or lacks a value that its shapes need.
 */
export function performTake(
  route: Route,
  variant: Variant,
  take: Take,
  request: RequestView,
  params: ReadonlyMap<string, string>,
  values: Values,
): Performance {
  return performWith(route, variant, take, request, params, values, () => undefined);
}

/** `performTake` with something else than texts for events, where `expressOf` gives what makes them, for an answer with these headers. */
export function performWith<Event>(
  route: Route,
  variant: Variant,
  take: Take,
  request: RequestView,
  params: ReadonlyMap<string, string>,
  values: Values,
  expressOf: (headers: HeaderList) => Express<Event> | undefined,
): Performance<Event | string> {
  const row = rowOfTake(route, variant, take);
  const rewrite = values.kind === "own" ? undefined : createRewriting(route, take, values);
  const sourceByHole = new Map<string, HoleSource>();
  const sourceOf = (hole: string): HoleSource => {
    let source = sourceByHole.get(hole);
    if (source === undefined) {
      const echo = (from: string): string | undefined => requestValue(request, from, params);
      sourceByHole.set(hole, (source = createSource(hole, route, take, echo, rewrite)));
    }
    return source;
  };
  const fillHeaders = (template: HeaderTemplate): HeaderList =>
    template.map(([name, value]) => [
      name,
      typeof value === "string" ? value : headerText(sourceOf(value.hole).next("line")),
    ]);
  const expressEvent = (express: Express<Event>): ((template: Template) => Event) => {
    const known = new Map<Template, readonly HoleSource[]>();
    return (template) => {
      let sources = known.get(template);
      if (sources === undefined) known.set(template, (sources = template.holes.map(sourceOf)));
      const row: string[] = [];
      for (let i = 0; i < sources.length; i++) row.push(sources[i]!.next(template.kinds[i]!));
      return express(template, row);
    };
  };
  const folded = new Map<Template, FoldedTemplate>();
  const fillEvent = (template: Template): string => {
    let fold = folded.get(template);
    if (fold === undefined) folded.set(template, (fold = foldTemplate(template, sourceOf)));
    const { literals, open } = fold;
    let text = literals[0]!;
    for (let i = 0; i < open.length; i++) text += open[i]!.source.next(open[i]!.kind) + literals[i + 1]!;
    return text;
  };
  const headers = fillHeaders(row.headers);
  const express = expressOf(headers);
  const events = express === undefined ? row.events.map(fillEvent) : row.events.map(expressEvent(express));
  return { status: variant.status, headers, events, trailers: row.trailers && fillHeaders(row.trailers) };
}

/** Paths of the request that a take's answer repeats, whatever its values: two requests that agree in them get equal bytes. */
export function echoesOfTake(route: Route, variant: Variant, take: Take): readonly string[] {
  const paths = new Set<string>();
  for (const hole of placesOfRow(rowOfTake(route, variant, take)).keys()) {
    const rule = route.holes.get(hole);
    if (rule?.class === "echoed" && !take.holes.has(hole)) paths.add(rule.from);
  }
  return [...paths];
}

/** Gives a hole's values one after the other, each in the spelling of its place. */
interface HoleSource {
  next(kind: LeafKind): string;
  /** It always gives the same. */
  readonly isSteady: boolean;
}

/** A template in one answer: what is the same in all events that have it stands in the literals. */
interface FoldedTemplate {
  readonly literals: readonly string[];
  readonly open: readonly { readonly source: HoleSource; readonly kind: LeafKind }[];
}

function foldTemplate({ segments, holes, kinds }: Template, sourceOf: (hole: string) => HoleSource): FoldedTemplate {
  const literals: string[] = [];
  const open: { readonly source: HoleSource; readonly kind: LeafKind }[] = [];
  let pieces = [segments[0]!];
  holes.forEach((hole, i) => {
    const source = sourceOf(hole);
    const kind = kinds[i]!;
    if (source.isSteady) pieces.push(source.next(kind));
    else {
      literals.push(pieces.join(""));
      open.push({ source, kind });
      pieces = [];
    }
    pieces.push(segments[i + 1]!);
  });
  literals.push(pieces.join(""));
  return { literals, open };
}

/** What fresh values make of a recorded one; a null is no id and no time, and stays. */
type Rewriting = (rule: HoleRule, raw: string) => string;

function createRewriting(route: Route, take: Take, values: Extract<Values, { kind: "fresh" }>): Rewriting {
  const seconds = Math.round(values.shiftMs / 1000);
  const ids: FreshIds = createFreshIds(idsOfTake(route, take), values.draw);
  return (rule, raw): string => {
    switch (rule.class) {
      case "generated":
        return ids.value(raw, rule);
      case "timestamp":
        return shiftTime(raw, rule.unit, seconds);
      case "text":
      case "json":
        return ids.inside(raw);
      case "number":
        return ids.number(raw);
      // Counts, words and truth values are the take's; echoes have been dealt with.
      default:
        return raw;
    }
  };
}

/** In the order of the route's holes, which a take's line cannot change. */
function* idsOfTake(route: Route, take: Take): Generator<RecordedId> {
  for (const [hole, rule] of route.holes) {
    if (rule.class !== "generated") continue;
    let last: string | undefined;
    for (const raw of take.holes.get(hole) ?? []) {
      if (raw !== last && !(raw === "null" && rule.nullable === true)) yield { raw, rule };
      last = raw;
    }
  }
}

function createSource(
  hole: string,
  route: Route,
  take: Take,
  echo: (from: string) => string | undefined,
  rewrite: Rewriting | undefined,
): HoleSource {
  const rule = route.holes.get(hole);
  if (rule === undefined) throw invalid(take, hole, "the route has no rule for it");
  const own = take.holes.get(hole);
  if (rule.class === "counter" && (own === undefined || own.length === 1))
    return counterSource(hole, take, rule, own?.[0]);
  if (rule.class === "echoed" && (own === undefined || rewrite !== undefined)) {
    // The request's word counts; values of the take are there because its own request's did not.
    const asked = echo(rule.from);
    if (own === undefined) return echoSource(asked ?? featureOf(take, rule.from));
    if (asked !== undefined) return echoUnlessNull(own, rule, take, hole, asked);
  }
  if (own === undefined || own.length === 0) throw invalid(take, hole, "it has no values for it");
  const made = (raw: string): string => (rewrite === undefined ? raw : rewrite(rule, raw));
  if (own.length === 1) {
    const only = made(own[0]!);
    return { next: () => only, isSteady: true };
  }
  let at = 0;
  let last: string | undefined;
  let lastMade = "";
  const next = (): string => {
    const raw = own[at++];
    if (raw === undefined) throw tooFew(take, hole, own);
    if (raw !== last) {
      lastMade = made(raw);
      last = raw;
    }
    return lastMade;
  };
  return { next, isSteady: false };
}

function echoSource(raw: string | undefined): HoleSource {
  const next = (kind: LeafKind): string => (raw === undefined ? undefined : fitValue(raw, kind)) ?? emptyValue(kind);
  return { next, isSteady: true };
}

function echoUnlessNull(own: readonly string[], rule: HoleRule, take: Take, hole: string, asked: string): HoleSource {
  const fill = echoSource(asked);
  let at = 0;
  const next = (kind: LeafKind): string => {
    const raw = own.length === 1 ? own[0] : own[at++];
    if (raw === undefined) throw tooFew(take, hole, own);
    return raw === "null" && rule.nullable === true && !isTextKind(kind) ? raw : fill.next(kind);
  };
  return { next, isSteady: own.length === 1 };
}

/** The recorded request's value, unless it was too long to be kept. */
function featureOf(take: Take, path: string): string | undefined {
  const raw = take.features.get(path);
  return raw?.startsWith("#") === true ? undefined : raw;
}

function counterSource(
  hole: string,
  take: Take,
  rule: Extract<HoleRule, { class: "counter" }>,
  own: string | undefined,
): HoleSource {
  const { start, step } = rule;
  if (own === undefined && start === undefined) throw invalid(take, hole, "it has no start for this counter");
  const first = own === undefined ? String(start) : plainValue(own);
  const isWhole = /^-?\d+$/.test(first) && Number.isSafeInteger(step);
  const [from, by] = isWhole ? [BigInt(first), BigInt(step)] : [0n, 0n];
  let n = 0;
  const next = (kind: LeafKind): string => {
    const text = n === 0 ? first : isWhole ? String(from + BigInt(n) * by) : String(Number(first) + n * step);
    n++;
    // The take's own start keeps its spelling.
    return (n === 1 ? own : undefined) ?? fitValue(text, kind) ?? emptyValue(kind);
  };
  return { next, isSteady: false };
}

/** A value that came from a request's body may hold what no header can (RFC 9110, 5.5). */
function headerText(text: string): string {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text) ? text : text.replace(/[^\t\x20-\x7e\x80-\xff]/g, "?");
}

function tooFew(take: Take, hole: string, own: readonly string[]): WraithError {
  return invalid(take, hole, `it has ${own.length} values, and its events need more`);
}

function invalid(take: Take, hole: string, message: string): WraithError {
  return new WraithError("MODEL_INVALID", `take ${take.id}, hole ${JSON.stringify(hole)}: ${message}`, {
    field: `holes.${hole}`,
  });
}
