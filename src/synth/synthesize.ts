import type { Formats } from "../formats/format.ts";
import type { HoleClass, Model, Take, Variant } from "../model/model.ts";
import { exchangeId, type Exchange, type Session, type SessionHead } from "../recording/exchange.ts";
import { learnRoute, type LearnedRoute } from "./learn-route.ts";
import { formatGuard, measureRoute, type RouteMeasure } from "./report.ts";
import { inferRoutes, type RoutePattern } from "./routes.ts";
import { compareStarts, sampleOf, type Sample } from "./sample.ts";

/** What `synth` prints (SPEC sections 5 and issue bars): counts, and what it could not learn. */
export interface SynthReport {
  readonly sessions: number;
  readonly exchanges: number;
  readonly events: number;
  /** Events whose rendering gives the recorded bytes. */
  readonly exactEvents: number;
  /** Bytes of takes and of the response bodies they were learned from. */
  readonly takeBytes: number;
  readonly recordedBytes: number;
  /** Share of recorded body bytes that constants of the model account for, 0 to 1 (measured on event texts, in characters). */
  readonly constantShare: number;
  readonly routes: readonly RouteReport[];
  /** Sentences for people: variants that nothing separates, exchanges left out and why, warnings. */
  readonly notes: readonly string[];
}

export interface RouteReport {
  readonly route: string;
  readonly exchanges: number;
  readonly events: number;
  readonly exactEvents: number;
  readonly shapes: number;
  readonly shapeNames: readonly string[];
  readonly holes: number;
  readonly holeClasses: readonly { readonly hole: string; readonly class: HoleClass }[];
  readonly opaqueHoles: readonly string[];
  /** Shapes that rest on one recording. */
  readonly seenOnce: readonly string[];
  readonly variants: readonly { readonly variant: string; readonly guard: string; readonly exchanges: number }[];
}

export interface Synthesis {
  readonly model: Model;
  readonly takes: ReadonlyMap<Variant, readonly Take[]>;
  /** The takes as lines of their files. */
  readonly takeLines: ReadonlyMap<Variant, readonly string[]>;
  /** Long values that the lines refer to, by name (`model/bodies`). */
  readonly bodies: ReadonlyMap<string, Uint8Array>;
  readonly report: SynthReport;
}

type ReadSession = Pick<Session, "head" | "badLines">;

/** Gathers exchanges, and learns from all of them. Deterministic: the same sessions in any order give the same model. */
export interface Learner {
  /** Exchanges of a session in the order in which they began; nothing of their bodies is kept but what is learned from. */
  add(session: SessionHead, exchange: Exchange): void;
  /** A session whose exchanges have all been added. */
  end(session: ReadSession): void;
  /** Sessions that have ended, exchanges that were added, and those of them that have an answer. */
  readonly counts: { readonly sessions: number; readonly exchanges: number; readonly answered: number };
  learn(): Synthesis;
}

/** `fields` are classes set by hand. */
export function createLearner(
  twin: string,
  formats: Formats,
  { fields }: { readonly fields: Readonly<Record<string, string>> },
): Learner {
  const bySession = new Map<SessionHead, Sample[]>();
  const unanswered: (readonly [SessionHead, string])[] = [];
  const sessions: ReadSession[] = [];
  const counts = { sessions: 0, exchanges: 0, answered: 0 };
  return {
    counts,
    add(session, exchange) {
      counts.exchanges++;
      const sample = sampleOf(session, exchange, formats);
      if (sample === undefined) {
        unanswered.push([session, exchangeId(exchange)]);
        return;
      }
      counts.answered++;
      const samples = bySession.get(session);
      if (samples === undefined) bySession.set(session, [sample]);
      else samples.push(sample);
    },
    end(session) {
      counts.sessions++;
      sessions.push(session);
    },
    learn() {
      const samples = [...bySession].sort(([a], [b]) => compareStarts(a, b)).flatMap(([, list]) => list);
      const left = unanswered.sort(([a], [b]) => compareStarts(a, b)).map(([, id]) => id);
      const read = sessions.sort((a, b) => compareStarts(a.head, b.head));
      return learnFrom(twin, samples, formats, fields, { sessions: read, unanswered: left });
    },
  };
}

/** Learns a model from whole sessions. */
export function synthesize(
  twin: string,
  sessions: readonly Session[],
  formats: Formats,
  options: { fields: Readonly<Record<string, string>> },
): Synthesis {
  const learner = createLearner(twin, formats, options);
  for (const session of sessions) {
    for (const exchange of session.exchanges) learner.add(session.head, exchange);
    learner.end(session);
  }
  return learner.learn();
}

function learnFrom(
  twin: string,
  samples: readonly Sample[],
  formats: Formats,
  fields: Readonly<Record<string, string>>,
  { sessions, unanswered }: { readonly sessions: readonly ReadSession[]; readonly unanswered: readonly string[] },
): Synthesis {
  const takes = new Map<Variant, readonly Take[]>();
  const takeLines = new Map<Variant, readonly string[]>();
  const bodies = new Map<string, Uint8Array>();
  const learned: LearnedRoute[] = [];
  const measures: RouteMeasure[] = [];
  for (const [pattern, list] of groupByRoute(samples)) {
    const route = learnRoute(pattern, list, formats, fields);
    for (const [variant, own] of route.takes) takes.set(variant, own);
    learned.push(route);
    const measure = measureRoute(route, bodies);
    for (const [variant, lines] of measure.lines) takeLines.set(variant, lines);
    measures.push(measure);
  }
  const total = (pick: (m: RouteMeasure) => number): number => measures.reduce((sum, m) => sum + pick(m), 0);
  const report: SynthReport = {
    sessions: sessions.length,
    exchanges: samples.length,
    events: total((m) => m.events),
    exactEvents: total((m) => m.exactEvents),
    takeBytes: total((m) => m.takeBytes),
    recordedBytes: samples.reduce((sum, sample) => sum + sample.bodyBytes, 0),
    constantShare:
      total((m) => m.constantCharacters) /
      Math.max(
        1,
        total((m) => m.characters),
      ),
    routes: learned.map((route, i) => reportRoute(route, measures[i]!)),
    notes: [],
  };
  return {
    model: { twin, routes: learned.map(({ route }) => route) },
    takes,
    takeLines,
    bodies,
    report: { ...report, notes: [...damageOf(sessions), ...notesOf(learned, measures, report, unanswered)] },
  };
}

/** Samples by route, routes in the order of their names. */
function groupByRoute(samples: readonly Sample[]): readonly (readonly [RoutePattern, readonly Sample[]])[] {
  const patterns = inferRoutes(samples.map((sample) => sample.view));
  const groups = new Map<string, [RoutePattern, Sample[]]>();
  samples.forEach((sample, i) => {
    const pattern = patterns[i]!;
    const key = `${pattern.pattern} ${pattern.method}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [pattern, [sample]]);
    else group[1].push(sample);
  });
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

function reportRoute({ route, takes, opaqueHoles }: LearnedRoute, measure: RouteMeasure): RouteReport {
  const variants = route.variants.map((variant) => ({
    variant: variant.name,
    guard: formatGuard(variant.guard),
    exchanges: takes.get(variant)!.length,
  }));
  return {
    route: route.route,
    exchanges: variants.reduce((sum, v) => sum + v.exchanges, 0),
    events: measure.events,
    exactEvents: measure.exactEvents,
    shapes: route.shapes.size,
    shapeNames: [...route.shapes.keys()],
    holes: route.holes.size,
    holeClasses: [...route.holes].map(([hole, rule]) => ({ hole, class: rule.class })),
    opaqueHoles,
    seenOnce: [...route.shapes.values()].flatMap((shape) => (shape.seen === 1 ? [shape.name] : [])),
    variants,
  };
}

/** A model whose constants are less than this share of what was said holds little of it. */
const LITTLE = 0.25;
/** Less than this many bytes say nothing about that. */
const ENOUGH_BYTES = 20_000;

/** What of the recordings could not be read: it is learned from what is left, and the operator is to know. */
function damageOf(sessions: readonly ReadSession[]): readonly string[] {
  return sessions
    .filter(({ badLines }) => badLines.length > 0)
    .map(({ head, badLines }) => {
      const { line, reason } = badLines[0]!;
      const more = badLines.length === 1 ? "" : `, and ${count(badLines.length - 1, "more line")}`;
      return `Line ${line} of ${head.session} cannot be read (${reason})${more}: what was open there is learned as cut short.`;
    });
}

function notesOf(
  learned: readonly LearnedRoute[],
  measures: readonly RouteMeasure[],
  report: Omit<SynthReport, "notes">,
  unanswered: readonly string[],
): readonly string[] {
  const notes: string[] = [];
  if (unanswered.length > 0)
    notes.push(
      `${count(unanswered.length, "exchange")} without an answer ${unanswered.length === 1 ? "was" : "were"} left out: ${some(unanswered)}.`,
    );
  learned.forEach(({ route, hidden, refused }, i) => {
    for (const { variant, by } of hidden)
      notes.push(
        `${route.route}: nothing in the request separates ${variant} from ${by}. Equal requests get their answers in recorded order, others those of ${by}.`,
      );
    for (const { path, wanted, learned: found } of refused)
      notes.push(
        `${route.route}: [diff.fields] says that ${path} is ${wanted}, but its recorded values are not; it was learned as ${found}.`,
      );
    const { events, exactEvents, defects } = measures[i]!;
    if (exactEvents < events)
      notes.push(
        `${route.route}: ${count(events - exactEvents, "event")} of ${events} cannot be rendered byte by byte.`,
      );
    for (const defect of defects) notes.push(`${route.route}: ${defect}.`);
  });
  if (report.recordedBytes > ENOUGH_BYTES && report.constantShare < LITTLE) {
    const opaque = report.routes.flatMap((route) => route.opaqueHoles);
    notes.push(
      `Only ${Math.round(report.constantShare * 100)} % of what was said are constants of the model: checks see little of the rest` +
        (opaque.length === 0 ? "." : `, which is data to it (${some(opaque)}).`),
    );
  }
  return notes;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

function some(list: readonly string[]): string {
  return list.length <= 3 ? list.join(", ") : `${list.slice(0, 3).join(", ")} and ${list.length - 3} more`;
}
