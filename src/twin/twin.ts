import type { HeaderList, RequestHead } from "../base/http.ts";
import { createDraw, drawInt } from "../base/rng.ts";
import type { Formats } from "../formats/format.ts";
import { findVariants } from "../model/guard.ts";
import type { LoadedModel, Route, Variant } from "../model/model.ts";
import { createRequestView, requestFeatures, type RequestView } from "../model/request-view.ts";
import { findRoute, nearestRoutes } from "../model/route-match.ts";
import { createRequestCounts } from "./request-counts.ts";
import { createRequestMemo } from "./request-memo.ts";
import { missPlan } from "./miss.ts";
import { createNearestIndex, type NearestIndex } from "./nearest.ts";
import type { ResponsePlan } from "./plan.ts";
import { createPlanMaker } from "./plan-maker.ts";
import { routeTakes, type RouteTakes, type VariantTake } from "./route-takes.ts";

/** A request as the twin gets it: scrubbed already. For gRPC `body` holds the first message frame at least. */
export interface IncomingRequest {
  readonly head: RequestHead;
  readonly body: Uint8Array;
  /** `X-Wraith-Session`; the empty string when there is none. */
  readonly session: string;
  /** The view of it, where somebody has made it already. */
  readonly view?: RequestView | undefined;
  /** `X-Wraith-Take`: this take and no other. */
  readonly take?: string | undefined;
  /** `X-Wraith-Values`. Default: own for a recorded request, fresh for any other. */
  readonly values?: "own" | "fresh" | undefined;
}

/**
 * Answers requests with plans. An answer depends on seed, session, request, and how often the session sent this request.
 * A recorded request gets the same plan object each time its take comes up, so that whoever performs plans can keep what it made of one.
 */
export interface Twin {
  /** Throws WraithError MODEL_INVALID where the model cannot be performed. */
  respond(request: IncomingRequest): ResponsePlan;
  /**
   * Whether the request's first message must be there before `respond` can choose (formats with `actsOnFirstMessage`): false where
   * a take of the route began its answer before the client had said anything.
   */
  waitsForMessage(head: RequestHead): boolean;
  /** Forgets how often requests were sent, of one session or of all. */
  reset(session?: string): void;
}

/** Pairs of session and request whose number is remembered; beyond it the ones not sent for longest begin anew. */
const MAX_COUNTS = 100_000;
/** Routes that a refusal names. */
const NEAREST_ROUTES = 5;

/** What is known of a request whatever its headers, session and wishes are. */
interface Asked {
  readonly view: RequestView;
  readonly match: { readonly route: Route; readonly params: ReadonlyMap<string, string> } | undefined;
  /** What the guards choose; absent where a guard of the route looks at headers. */
  readonly choice: Choice | undefined;
}

interface Choice {
  /** Variants that may answer, the commonest first. */
  readonly variants: readonly Variant[];
  /** Their takes of equal requests, in recorded order. */
  readonly recorded: readonly VariantTake[];
}

interface Picked {
  readonly found: VariantTake;
  /** The variant that the guards chose. */
  readonly chosen: Variant | undefined;
  /** Its request is the one that was recorded. */
  readonly isRecorded: boolean;
  readonly count: number;
}

const NONE: readonly VariantTake[] = [];

export interface TwinOptions {
  readonly seed: number;
  /** No plan is kept: for who asks for each take once. */
  readonly forgets?: boolean;
}

/**
 * Creates the twin of a model. Memory is bounded: at most 100,000 counts of sessions and requests are kept, and a few thousand
 * requests that were read.
 */
export function createTwin(loaded: LoadedModel, formats: Formats, { seed, forgets = false }: TwinOptions): Twin {
  const { model } = loaded;
  const memo = createRequestMemo<Asked>();
  const counts = createRequestCounts(MAX_COUNTS);
  const plans = createPlanMaker(formats, seed, forgets);
  const takesByRoute = new Map<Route, RouteTakes>();
  const nearest = new Map<Variant, NearestIndex>();

  const takesOf = (route: Route): RouteTakes => {
    let takes = takesByRoute.get(route);
    if (takes === undefined) takesByRoute.set(route, (takes = routeTakes(loaded, route)));
    return takes;
  };
  const nearestOf = (variant: Variant): NearestIndex => {
    let index = nearest.get(variant);
    if (index === undefined) nearest.set(variant, (index = createNearestIndex(loaded.takes.get(variant) ?? [])));
    return index;
  };
  const choose = (route: Route, view: RequestView, params: ReadonlyMap<string, string>): Choice => {
    const takes = takesOf(route);
    const held = findVariants(route.variants, view, params).filter((variant) => takes.countOf(variant) > 0);
    const variants = held.length < 2 ? held : held.toSorted((a, b) => takes.countOf(b) - takes.countOf(a));
    const recorded = takes.byRequest.get(view.digest) ?? [];
    return { variants, recorded: recorded.filter(({ variant }) => variants.includes(variant)) };
  };
  const read = ({ head, body, view: given }: IncomingRequest): Asked => {
    const known = memo.find(head, body);
    if (known !== undefined) return known;
    const view = given ?? createRequestView(head, formats.findForRequest(head).requestPayload(head, body), body);
    const match = findRoute(model, head.method, head.path);
    const isFixed = match !== undefined && !match.route.variants.some(looksAtHeaders);
    const asked: Asked = { view, match, choice: isFixed ? choose(match.route, view, match.params) : undefined };
    memo.keep(head, body, asked);
    return asked;
  };
  /** The take of a request that was not recorded: of the commonest variant, nearest to what was asked; the seed breaks ties. */
  const findNearest = (variant: Variant, view: RequestView, count: number): VariantTake => {
    const takes = nearestOf(variant).find(requestFeatures(view));
    const first = drawInt(createDraw(seed, `take:${view.digest}`), takes.length);
    return { variant, take: takes[(first + count) % takes.length]! };
  };

  const refuse = (head: RequestHead, message: string, details: Readonly<Record<string, unknown>>): ResponsePlan =>
    missPlan(formats.findForRequest(head), message, details);

  /** The take that a client asked for by name. Asking is not counted. */
  const wantedTake = (found: VariantTake, choice: Choice, digest: string): Picked => ({
    found,
    chosen: choice.variants.includes(found.variant) ? found.variant : choice.variants[0],
    isRecorded: found.take.request === digest,
    count: 0,
  });
  /** The take that is this session's turn; undefined where no variant may answer. */
  const nextTake = (
    session: string,
    request: string,
    view: RequestView,
    { variants, recorded }: Choice,
    eager: RouteTakes["eager"],
  ): Picked | undefined => {
    // Of a client that has not said anything yet only the route is known.
    const equal = recorded.length === 0 ? eager : recorded;
    const commonest = variants[0];
    if (equal.length === 0 && commonest === undefined) return undefined;
    const count = counts.next(session, request);
    const isRecorded = equal.length > 0;
    const found = isRecorded ? equal[count % equal.length]! : findNearest(commonest!, view, count);
    return { found, chosen: found.variant, isRecorded, count };
  };

  return {
    respond(request) {
      const { head, body, session, take: wanted, values } = request;
      const { view: known, match, choice: kept } = read(request);
      if (match === undefined) {
        const routes = nearestRoutes(model, head.method, head.path, NEAREST_ROUTES).map((r) => r.route);
        return refuse(head, `no route answers ${head.method} ${head.path}`, { nearest: routes });
      }
      const { route, params } = match;
      // What was kept has the headers of whoever asked first.
      const view = known.headers === head.headers ? known : withHeaders(known, head.headers);
      const choice = kept ?? choose(route, view, params);
      const takes = takesOf(route);
      const isSilent = body.length === 0 && takes.eager.length > 0;
      let picked: Picked | undefined;
      if (wanted === undefined)
        picked = nextTake(
          session,
          kept === undefined ? apartBy(choice, route, view) : view.digest,
          view,
          choice,
          isSilent ? takes.eager : NONE,
        );
      else {
        const found = takes.byId.get(wanted);
        if (found === undefined) return refuse(head, `${route.route} has no take ${wanted}`, { route: route.route });
        picked = wantedTake(found, choice, view.digest);
      }
      if (picked === undefined)
        return refuse(head, `no variant of ${route.route} answers this request`, {
          route: route.route,
          variants: route.variants.map((v) => v.name),
        });
      const { variant, take } = picked.found;
      const kind = values ?? (picked.isRecorded ? "own" : "fresh");
      const { chosen, count } = picked;
      return plans.plan({ head, route, params, view, variant, take, chosen, values: kind, count, isSilent });
    },
    waitsForMessage(head) {
      if (!formats.findForRequest(head).actsOnFirstMessage) return false;
      const match = findRoute(model, head.method, head.path);
      return match !== undefined && takesOf(match.route).eager.length === 0;
    },
    reset: (session) => counts.reset(session),
  };
}

/** Field by field: this is done for each request. */
function withHeaders({ method, path, query, payload, digest }: RequestView, headers: HeaderList): RequestView {
  return { method, path, query, headers, payload, digest };
}

/** The digest of a request whose headers count, as a guard looks at them: what is chosen by other headers is another request. */
function apartBy({ variants }: Choice, route: Route, { digest }: RequestView): string {
  return `${digest}/${variants.map((variant) => route.variants.indexOf(variant)).join()}`;
}

function looksAtHeaders(variant: Variant): boolean {
  return variant.guard.some((condition) => condition.path.startsWith("headers"));
}
