import type { RequestHead } from "../base/http.ts";
import type { Codec, Format, Formats } from "../formats/format.ts";
import { concatBytes } from "../base/bytes.ts";
import type { LoadedModel, Route, Take, Variant } from "../model/model.ts";
import { createRequestView, requestValue, type RequestView } from "../model/request-view.ts";
import { findRoute } from "../model/route-match.ts";
import { templateOfShape } from "../model/template.ts";
import { exchangeId, type Exchange, type SessionHead } from "../recording/exchange.ts";
import { projectExchange } from "../recording/project.ts";
import type { Projection } from "../recording/projection.ts";
import type { Rules, ShapeRule, Strictness } from "./rules.ts";
import { createShapeReader, type ShapeReader } from "./shape-values.ts";

/** A take with the route and variant it belongs to. */
export interface Learned {
  readonly route: Route;
  readonly variant: Variant;
  readonly take: Take;
}

/** The takes of a model by `SESSION/INDEX`. */
export type TakeIndex = ReadonlyMap<string, Learned>;

export function indexTakes(loaded: LoadedModel): TakeIndex {
  const index = new Map<string, Learned>();
  for (const route of loaded.model.routes)
    for (const variant of route.variants)
      for (const take of loaded.takes.get(variant) ?? []) index.set(take.id, { route, variant, take });
  return index;
}

/** A recorded exchange made ready to be compared with answers. */
export interface Subject {
  readonly exchange: Exchange;
  readonly expected: Projection;
  readonly expectedShapes: ShapeReader;
  readonly format: Format;
  readonly codec: Codec;
  readonly request: RequestHead;
  /** All bytes of the request. */
  readonly body: Uint8Array;
  readonly view: RequestView;
  /** Ms since the epoch. */
  readonly startedMs: number;
  /** What the model learned from this exchange; absent where it did not. */
  readonly learned?: Learned | undefined;
}

/** What a check goes by. */
export interface CheckBase {
  readonly loaded: LoadedModel;
  readonly formats: Formats;
  readonly takes: TakeIndex;
}

/** The subject of a recorded exchange; undefined where no response came, so that there is nothing to compare. */
export function subjectOf(
  base: CheckBase,
  session: Pick<SessionHead, "startedAt">,
  exchange: Exchange,
): Subject | undefined {
  const { formats, loaded, takes } = base;
  const expected = projectExchange(exchange, formats);
  const format = expected && formats.byId(expected.format);
  if (expected === undefined || format === undefined) return undefined;
  const { request } = exchange;
  const body = concatBytes(exchange.requestChunks.map((c) => c.bytes));
  const learned = takes.get(exchangeId(exchange));
  const codec =
    learned === undefined
      ? format.createCodec({ request, response: exchange.response, direction: "server" })
      : loaded.codec(learned.route, format.id);
  return {
    exchange,
    expected,
    expectedShapes: createShapeReader(expected, codec),
    format,
    codec,
    request,
    body,
    view: createRequestView(request, formats.findForRequest(request).requestPayload(request, body), body),
    startedMs: Date.parse(session.startedAt) + exchange.openUs / 1000,
    learned,
  };
}

/** How an answer to a subject is judged. `served`: the take that the answer is; absent for a live answer. */
export interface Judgement {
  readonly strictness: Strictness;
  readonly served?: Learned | undefined;
  readonly actualStartedMs?: number | undefined;
  readonly coding: boolean;
}

/** The rules to compare an answer to this subject by. */
export function rulesFor(base: CheckBase, subject: Subject, judgement: Judgement): Rules {
  const { served, strictness } = judgement;
  const model = served ?? subject.learned;
  const params = findRoute(base.loaded.model, subject.request.method, subject.request.path)?.params;
  const byServed = served !== undefined;
  const shapes = new Map<string, ShapeRule | undefined>();
  const shapeOf = (name: string): ShapeRule | undefined => {
    if (shapes.has(name)) return shapes.get(name);
    const shape = model?.route.shapes.get(name);
    const rule = shape && { name, template: templateOfShape(shape) };
    shapes.set(name, rule);
    return rule;
  };
  return {
    strictness,
    codec: subject.codec,
    eventPath: (index) => subject.format.eventPath(index),
    unary: subject.format.unary,
    holes: model?.route.holes ?? new Map(),
    shapeAt: (expected, actual) => {
      const name = model?.take.shapes[byServed ? actual : expected];
      return name === undefined ? undefined : shapeOf(name);
    },
    headers: model?.variant.headers[model.take.head],
    trailers: model?.variant.trailers[model.take.trailers],
    liveHeaders: subject.format.liveHeaders,
    echo: (from) => requestValue(subject.view, from, params),
    startedMs: subject.startedMs,
    actualStartedMs: judgement.actualStartedMs ?? subject.startedMs,
    sameTake: byServed && served === subject.learned,
    coding: judgement.coding,
  };
}
