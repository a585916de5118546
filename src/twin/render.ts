import { bytesFromText, bytesFromTexts } from "../base/bytes.ts";
import { withoutHopByHop, type HeaderList, type Termination } from "../base/http.ts";
import type { Codec, Format } from "../formats/format.ts";
import type { Route, Take, Variant } from "../model/model.ts";
import { performWith, type Performance, type Values } from "../model/perform.ts";
import type { RequestView } from "../model/request-view.ts";
import { renderTemplate } from "../model/template.ts";
import type { ResponsePlan, Step } from "./plan.ts";

/** What is known of an answer before its bytes are made. */
export interface Rendering {
  readonly route: Route;
  readonly variant: Variant;
  readonly take: Take;
  readonly format: Format;
  /** Its events as texts or as bytes. */
  readonly performance: Performance<string | Uint8Array>;
  /** The client has not said anything yet, and this take answers what it says. */
  readonly awaits: boolean;
}

/** `performTake` with bytes for events, where the codec makes them without texts. Throws as it and `renderSteps` do. */
export function performInBytes(
  route: Route,
  variant: Variant,
  take: Take,
  format: Format,
  request: RequestView,
  params: ReadonlyMap<string, string>,
  values: Values,
): Performance<string | Uint8Array> {
  return performWith(route, variant, take, request, params, values, (headers) => {
    const codec = codecOf(format, route, variant.status, headers);
    if (codec.encodeEvent === undefined) return undefined;
    return (template, row) => codec.encodeEvent!(template, row) ?? codec.encode(renderTemplate(template, row));
  });
}

/** The head may say how messages are packed, so the codec of the route is not enough. */
function codecOf(format: Format, route: Route, status: number, headers: HeaderList): Codec {
  const request = {
    protocol: "http",
    httpVersion: "2",
    method: route.method,
    path: route.pattern,
    query: "",
    headers: [],
  } as const;
  return format.createCodec({ request, response: { status, headers }, direction: "server" });
}

/**
 * The steps of a performed take: ready bytes at the take's times. Throws WraithError MODEL_INVALID where an event's text cannot be
 * encoded.
 */
export function renderSteps({ route, variant, take, format, performance, awaits }: Rendering): readonly Step[] {
  const { status, trailers } = performance;
  const body = mergeFiller(take, encodeEvents(codecOf(format, route, status, performance.headers), performance.events));
  const length = body.reduce((sum, step) => sum + step.bytes.length, 0);
  const headers = withLength(
    withoutHopByHop(performance.headers),
    format.unary && take.end.shape === "clean" ? length : undefined,
  );
  const steps: Step[] = [];
  let lastUs = 0;
  const add = (step: Step): void => {
    if (step.kind !== "await") {
      lastUs = Math.max(lastUs, step.atUs);
      steps.push(step.atUs === lastUs ? step : { ...step, atUs: lastUs });
    } else steps.push(step);
  };
  if (awaits) add({ kind: "await", trigger: "client-message" });
  for (const { status: early, headers: sent, atUs } of take.informational)
    add({ kind: "informational", atUs, status: early, headers: withoutHopByHop(sent) });
  add({ kind: "head", atUs: take.timesUs.head, status: variant.status, headers });
  for (const step of body) add(step);
  const endUs = take.timesUs.end;
  if (trailers !== undefined) add({ kind: "trailers", atUs: endUs, trailers: withoutHopByHop(trailers) });
  add(endStep(take.end, endUs));
  return steps;
}

function encodeEvents(codec: Codec, events: readonly (string | Uint8Array)[]): readonly Uint8Array[] {
  if (codec.encode === bytesFromText && events.every((event) => typeof event === "string"))
    return bytesFromTexts(events);
  return events.map((event) => (typeof event === "string" ? codec.encode(event) : event));
}

/** What the upstream would do: end, cut, or go on for as long as the client or the recorder had let it. */
export function endStep(end: Termination, atUs: number): Step {
  if (end.shape === "clean") return { kind: "end", atUs };
  if (end.by !== "server") return { kind: "hold", atUs };
  return end.code === undefined ? { kind: "reset", atUs } : { kind: "reset", atUs, code: end.code };
}

type BodyStep = Extract<Step, { readonly kind: "event" | "filler" }>;

function mergeFiller(take: Take, events: readonly Uint8Array[]): readonly BodyStep[] {
  const steps: BodyStep[] = [];
  let next = 0;
  const addFiller = (before: number): void => {
    for (; next < take.filler.length && take.filler[next]!.before <= before; next++) {
      const { text, atUs } = take.filler[next]!;
      steps.push({ kind: "filler", atUs, bytes: bytesFromText(text) });
    }
  };
  events.forEach((bytes, i) => {
    addFiller(i);
    steps.push({ kind: "event", atUs: take.timesUs.events[i] ?? take.timesUs.end, bytes });
  });
  addFiller(Number.POSITIVE_INFINITY);
  return steps;
}

/** `content-length` that the model leaves open, filled in; left out where there is none to tell (a stream; an answer that is cut). */
function withLength(headers: HeaderList, length: number | undefined): HeaderList {
  const isOpen = ([name, value]: HeaderList[number]): boolean =>
    value === "" && name.toLowerCase() === "content-length";
  if (!headers.some(isOpen)) return headers;
  if (length === undefined) return headers.filter((header) => !isOpen(header));
  return headers.map((header) => (isOpen(header) ? ([header[0], String(length)] as const) : header));
}

/** A plan that nobody can change, so that it can be given to many. */
export function freezePlan(plan: ResponsePlan): ResponsePlan {
  for (const step of plan.steps) Object.freeze(step);
  Object.freeze(plan.steps);
  return Object.freeze(plan);
}
