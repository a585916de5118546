import { WraithError } from "../base/errors.ts";
import type { RequestHead } from "../base/http.ts";
import { createDraw, drawInt } from "../base/rng.ts";
import type { Format, Formats } from "../formats/format.ts";
import type { Route, Take, Variant } from "../model/model.ts";
import { echoesOfTake, type Values } from "../model/perform.ts";
import { requestValue, type RequestView } from "../model/request-view.ts";
import type { ResponsePlan } from "./plan.ts";
import { createReadablePlans } from "./readable.ts";
import { freezePlan, performInBytes, renderSteps } from "./render.ts";

/** A take that is to answer a request. */
interface PlanRequest {
  readonly head: RequestHead;
  readonly route: Route;
  readonly params: ReadonlyMap<string, string>;
  readonly view: RequestView;
  readonly variant: Variant;
  readonly take: Take;
  /** The variant that the guards chose; another one where a take was asked for by name. */
  readonly chosen: Variant | undefined;
  readonly values: "own" | "fresh";
  /** How often this session has sent this request before. */
  readonly count: number;
  /** The client has not said anything yet, and it may still do so. */
  readonly isSilent: boolean;
}

/** Makes plans of takes. Plans with own values are made once and given again. */
interface PlanMaker {
  plan(request: PlanRequest): ResponsePlan;
}

/** Plans that are kept of one take, where what requests said differs in what the answer repeats. */
const MAX_PLANS = 4;
/** Fresh times lie this long after the recorded ones, in seconds: an hour to thirty days. */
const SHIFT = { least: 3600, most: 30 * 86_400 } as const;

const NO_PARAMS: ReadonlyMap<string, string> = new Map();

interface KeptTake {
  /** Paths of the request that the answer repeats. */
  readonly echoes: readonly string[];
  readonly plans: Map<string, ResponsePlan>;
}

export function createPlanMaker(formats: Formats, seed: number, forgets: boolean): PlanMaker {
  const kept = new Map<Take, KeptTake>();
  const readable = createReadablePlans();

  const keptOf = ({ route, variant, take }: PlanRequest): KeptTake => {
    let entry = kept.get(take);
    if (entry === undefined) kept.set(take, (entry = { echoes: echoesOfTake(route, variant, take), plans: new Map() }));
    return entry;
  };
  const ownPlan = (request: PlanRequest): ResponsePlan => {
    if (forgets) return tryPlan(request, () => ({ kind: "own" }));
    const { echoes, plans } = keptOf(request);
    const { view, params, take, chosen } = request;
    let key = `${take.request === view.digest ? "=" : ""}${awaits(request) ? "a" : ""}${chosen?.name ?? ""}`;
    for (const path of echoes) key += `\n${requestValue(view, path, params) ?? ""}`;
    let plan = plans.get(key);
    if (plan === undefined) {
      plan = tryPlan(request, () => ({ kind: "own" }));
      if (plans.size >= MAX_PLANS) for (const first of plans.keys()) if (plans.delete(first)) break;
      plans.set(key, plan);
    }
    return plan;
  };
  const freshPlan = (request: PlanRequest): ResponsePlan => {
    const label = `${request.view.digest}:${request.count}:${request.take.id}`;
    const shift = SHIFT.least + drawInt(createDraw(seed, `shift:${label}`), SHIFT.most - SHIFT.least);
    try {
      return tryPlan(request, () => ({ kind: "fresh", draw: createDraw(seed, `ids:${label}`), shiftMs: shift * 1000 }));
    } catch (error) {
      if (!(error instanceof WraithError)) throw error;
      // No new id can stand where the old one did.
      return tryPlan(request, () => ({ kind: "own" }));
    }
  };
  /** What a request says may be impossible in its answer (a word where a number stands): then it is answered as the recorded one was. */
  const tryPlan = (request: PlanRequest, values: () => Values): ResponsePlan => {
    try {
      return makePlan(request, values());
    } catch (error) {
      if (!(error instanceof WraithError)) throw error;
      const view: RequestView = { ...request.view, query: [], headers: [], payload: { kind: "none" } };
      return makePlan({ ...request, view, params: NO_PARAMS }, values());
    }
  };
  const makePlan = (request: PlanRequest, values: Values): ResponsePlan => {
    const { route, variant, take, view, params, chosen } = request;
    const format = formatOf(formats, variant);
    const performance = performInBytes(route, variant, take, format, view, params, values);
    const steps = renderSteps({ route, variant, take, format, performance, awaits: awaits(request) });
    return freezePlan({
      format: variant.format,
      provenance: values.kind === "own" && take.request === view.digest ? "recorded" : "template",
      route: route.route,
      exchange: take.id,
      ...(chosen === undefined ? {} : { variant: chosen.name }),
      ...(variant.coding === undefined ? {} : { coding: variant.coding }),
      steps,
    });
  };
  const awaits = ({ isSilent, take, view, variant }: PlanRequest): boolean =>
    isSilent && take.eager !== true && take.request !== view.digest && formatOf(formats, variant).actsOnFirstMessage;
  return {
    plan(request) {
      const plan = request.values === "own" ? ownPlan(request) : freshPlan(request);
      return readable.of(plan, formatOf(formats, request.variant), request.head);
    },
  };
}

function formatOf(formats: Formats, variant: Variant): Format {
  const format = formats.byId(variant.format);
  if (format === undefined)
    throw new WraithError("MODEL_INVALID", `there is no format ${JSON.stringify(variant.format)}`);
  return format;
}
