import type { ResponseBytes } from "../recording/project.ts";
import { project } from "../recording/project.ts";
import type { Projection } from "../recording/projection.ts";
import type { IncomingRequest, Twin } from "../twin/twin.ts";
import type { ResponsePlan } from "../twin/plan.ts";
import { compareProjections, formatEnd } from "./compare.ts";
import { divergenceFrom, type Divergence, type Found } from "./divergence.ts";
import { cutOfHeldStream, performPlan } from "./perform-plan.ts";
import { projectAnswer } from "./project-answer.ts";
import { rulesFor, type CheckBase, type Learned, type Subject } from "./subject.ts";
import { compareOrigin } from "./take-origin.ts";
import { compareTake } from "./take-row.ts";
import { compareTiming } from "./timing.ts";

/** What became of one exchange. */
export interface ExchangeVerdict {
  readonly session: string;
  readonly exchange: number;
  readonly route: string;
  readonly variant: string;
  /** False: the model did not learn from it, so that it counts in no score. */
  readonly learned: boolean;
  /** Events of the recording. */
  readonly events: number;
  readonly divergences: readonly Divergence[];
}

/** Whose values an answer has. */
export type ValueKind = "own" | "fresh";

/** An answer as it came, or why none did. */
export type Answer = ResponseBytes | { readonly failure: string };

/** What the twin chose and said. */
export interface Answers {
  /** Route and variant that its guards chose. */
  readonly chosen: Pick<ResponsePlan, "route" | "variant">;
  /** The answers by values; what was not asked is absent. */
  readonly own?: Answer | undefined;
  readonly fresh?: Answer | undefined;
  /** `SESSION/INDEX` of the take that answered, for what was not learned. */
  readonly servedBy?: string | undefined;
}

/** What is lost on an answer's way: a client on the wire has a say in codings, and times are not as planned. */
export type Channel = "memory" | "wire";

/** The request of a subject as the twin gets it: one take's own or fresh values; for what was not learned, any take's. */
export function incomingFor(subject: Subject, values: ValueKind): IncomingRequest {
  const { request: head, body, view } = subject;
  return { head, body, view, session: "", take: subject.learned?.take.id, values };
}

/** Asks the twin in memory and compares. Throws WraithError MODEL_INVALID where a take cannot be performed. */
export function checkInMemory(base: CheckBase, twin: Twin, subject: Subject): ExchangeVerdict {
  const held = cutOfHeldStream(subject.exchange.close);
  const perform = (plan: ResponsePlan): Answer | undefined =>
    plan.provenance === "miss" ? undefined : performPlan(plan, subject.request, held);
  const fresh = twin.respond(incomingFor(subject, "fresh"));
  if (subject.learned === undefined)
    return judgeAnswers(base, subject, { chosen: fresh, fresh: perform(fresh), servedBy: fresh.exchange }, "memory");
  const own = twin.respond(incomingFor(subject, "own"));
  return judgeAnswers(base, subject, { chosen: own, own: perform(own), fresh: perform(fresh) }, "memory");
}

/** Compares what the twin said with the recording (SPEC section 7). */
export function judgeAnswers(base: CheckBase, subject: Subject, answers: Answers, channel: Channel): ExchangeVerdict {
  const { learned } = subject;
  const found = new Map<ValueKind, Found[]>();
  const served = learned ?? (answers.servedBy === undefined ? undefined : base.takes.get(answers.servedBy));
  if (learned !== undefined)
    found.set("own", [
      ...judgeSelection(subject, learned, answers),
      ...compareTake(learned.take, learned.variant),
      ...compareOrigin(learned.take, subject),
    ]);
  else if (served === undefined) found.set("fresh", [nothingFits(subject, answers)]);
  for (const values of ["own", "fresh"] as const) {
    const answer = answers[values];
    if (answer === undefined || served === undefined) continue;
    const before = found.get(values) ?? [];
    found.set(values, [...before, ...judgeAnswer(base, subject, values, answer, served, channel)]);
  }
  return verdictOf(subject, found, answers.chosen);
}

function judgeAnswer(
  base: CheckBase,
  subject: Subject,
  values: ValueKind,
  answer: Answer,
  served: Learned,
  channel: Channel,
): readonly Found[] {
  if ("failure" in answer) return [noAnswer(subject, answer.failure)];
  const actual = projectAnswer(subject, answer);
  const rules = rulesFor(base, subject, { strictness: values, served, coding: channel === "memory" });
  const found = compareProjections(subject.expected, actual, rules, subject.expectedShapes);
  if (channel === "memory" && values === "own") found.push(...compareTiming(actual, served.variant.timing));
  return found;
}

/** Compares an answer of the live API: as for fresh values, with the headers that matter. `nowMs` is when it came. */
export function judgeLive(base: CheckBase, subject: Subject, answer: Answer, nowMs: number): ExchangeVerdict {
  const found = new Map<ValueKind, readonly Found[]>();
  if ("failure" in answer) found.set("fresh", [noAnswer(subject, answer.failure)]);
  else {
    const rules = rulesFor(base, subject, { strictness: "live", actualStartedMs: nowMs, coding: false });
    const [expected, actual] = comparable(subject, project(answer, subject.format));
    found.set("fresh", compareProjections(expected, actual, rules, subject.expectedShapes));
  }
  return verdictOf(subject, found, undefined);
}

/** How long a stream ran that was cut on this side says nothing about the API: only what both have is compared. */
function comparable(subject: Subject, actual: Projection): readonly [Projection, Projection] {
  const { expected, exchange } = subject;
  if (exchange.close.by === "server" || actual.termination.by === "server") return [expected, actual];
  const count = Math.min(expected.events.length, actual.events.length);
  const cut = (side: Projection): Projection => ({ ...side, events: side.events.slice(0, count) });
  return [cut(expected), cut(actual)];
}

/** The guards must choose the recorded variant. Variants that nothing separates have one guard, and either is right. */
function judgeSelection(subject: Subject, learned: Learned, { chosen }: Answers): Found[] {
  const { route, variant } = learned;
  if (chosen.variant === variant.name && chosen.route === route.route) return [];
  const other = chosen.route === route.route ? route.variants.find((v) => v.name === chosen.variant) : undefined;
  if (other !== undefined && JSON.stringify(other.guard) === JSON.stringify(variant.guard)) return [];
  return [
    { path: "variant", category: "variant_mismatch", expected: variant.name, actual: describeChoice(subject, chosen) },
  ];
}

function nothingFits(subject: Subject, { chosen }: Answers): Found {
  return { path: "variant", category: "variant_mismatch", actual: describeChoice(subject, chosen) };
}

function describeChoice(subject: Subject, chosen: Answers["chosen"]): string {
  if (chosen.route === undefined) return `none: no route answers ${subject.request.method} ${subject.request.path}`;
  return chosen.variant ?? `none: no guard of ${chosen.route} holds`;
}

function noAnswer(subject: Subject, detail: string): Found {
  return {
    path: "termination",
    category: "termination_mismatch",
    expected: formatEnd(subject.expected.termination),
    actual: detail,
  };
}

function verdictOf(
  subject: Subject,
  found: ReadonlyMap<ValueKind, readonly Found[]>,
  chosen: Answers["chosen"] | undefined,
): ExchangeVerdict {
  const { exchange, learned } = subject;
  const route = learned?.route.route ?? chosen?.route ?? `${subject.request.method} ${subject.request.path}`;
  const variant = learned?.variant.name ?? chosen?.variant ?? "";
  const where = { route, variant, session: exchange.session, exchange: exchange.index };
  const divergences = [...found].flatMap(([values, list]) => list.map((f) => divergenceFrom(f, { ...where, values })));
  return { ...where, learned: learned !== undefined, events: subject.expected.events.length, divergences };
}
