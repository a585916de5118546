import { concatBytes } from "../base/bytes.ts";
import type { RequestHead } from "../base/http.ts";
import { withoutHopByHop } from "../base/http.ts";
import type { Format, Formats } from "../formats/format.ts";
import { createRequestView } from "../model/request-view.ts";
import { exchangeId, type Exchange, type Session } from "../recording/exchange.ts";
import { zeroOfExchange } from "../recording/project.ts";
import { missPlan } from "./miss.ts";
import type { ResponsePlan, Step } from "./plan.ts";
import { createReadablePlans } from "./readable.ts";
import { endStep, freezePlan } from "./render.ts";
import { createRequestCounts } from "./request-counts.ts";
import { createRequestMemo } from "./request-memo.ts";
import type { Twin } from "./twin.ts";

/** Pairs of session and request whose number is remembered (see `createTwin`). */
const MAX_COUNTS = 100_000;
const NAMED_ROUTES = 5;

/** A recorded answer: its plan is made when it is asked for. */
interface Recorded {
  readonly exchange: Exchange;
  readonly format: Format;
  plan: ResponsePlan | undefined;
}

/**
 * A twin that replays recordings as they are, chunk by chunk, for equal requests only (SPEC section 6, `--fidelity strict`): in
 * recorded order, cycling; only messages in a coding that the client does not accept go out in none. `take` asks for one of the answers to an equal request; values are always the recorded ones.
 */
export function createStrictTwin(sessions: readonly Session[], formats: Formats): Twin {
  const memo = createRequestMemo<string>();
  const readable = createReadablePlans();
  const counts = createRequestCounts(MAX_COUNTS);
  const byRequest = new Map<string, Recorded[]>();
  const eagerPaths = new Map<string, Recorded[]>();
  const knownPaths = new Set<string>();
  const digestOf = (head: RequestHead, body: Uint8Array): string =>
    createRequestView(head, formats.findForRequest(head).requestPayload(head, body), body).digest;

  for (const exchange of inRecordedOrder(sessions)) {
    const { request } = exchange;
    const recorded: Recorded = { exchange, format: formats.find(request, exchange.response!), plan: undefined };
    const path = pathOf(request);
    knownPaths.add(path);
    addTo(byRequest, digestOf(request, concatBytes(exchange.requestChunks.map((c) => c.bytes))), recorded);
    if (isEager(recorded)) addTo(eagerPaths, path, recorded);
  }
  const read = (head: RequestHead, body: Uint8Array): string => {
    const known = memo.find(head, body);
    if (known !== undefined) return known;
    const digest = digestOf(head, body);
    memo.keep(head, body, digest);
    return digest;
  };
  const answer = (recorded: Recorded, client: RequestHead): ResponsePlan => {
    const { exchange, format } = recorded;
    const { request, response } = exchange;
    const plan = (recorded.plan ??= planOf(recorded));
    return readable.of(plan, format, client, () => format.createFramer({ request, response, direction: "server" }));
  };
  return {
    respond({ head, body, session, take }) {
      const digest = read(head, body);
      const equal = byRequest.get(digest) ?? (body.length === 0 ? eagerPaths.get(pathOf(head)) : undefined) ?? [];
      const found =
        take === undefined
          ? equal[equal.length === 0 ? 0 : counts.next(session, digest) % equal.length]
          : equal.find(({ exchange }) => exchangeId(exchange) === take);
      if (found !== undefined) return answer(found, head);
      const message = `no recorded request equals this ${head.method} ${head.path}`;
      const nearest = [...knownPaths].filter((path) => path.endsWith(` ${head.path}`)).slice(0, NAMED_ROUTES);
      return missPlan(formats.findForRequest(head), message, {
        nearest: nearest.length > 0 ? nearest : [...knownPaths].slice(0, NAMED_ROUTES),
      });
    },
    waitsForMessage: (head) =>
      formats.findForRequest(head).actsOnFirstMessage && knownPaths.has(pathOf(head)) && !eagerPaths.has(pathOf(head)),
    reset: (session) => counts.reset(session),
  };
}

function inRecordedOrder(sessions: readonly Session[]): readonly Exchange[] {
  const at = (session: Session, exchange: Exchange): number =>
    Date.parse(session.head.startedAt) + exchange.openUs / 1000;
  return sessions
    .flatMap((session) => session.exchanges.map((exchange) => ({ exchange, atMs: at(session, exchange) })))
    .filter(({ exchange }) => exchange.response !== undefined)
    .sort((a, b) => a.atMs - b.atMs || compareIds(a.exchange, b.exchange))
    .map(({ exchange }) => exchange);
}

function compareIds(a: Exchange, b: Exchange): number {
  if (a.session !== b.session) return a.session < b.session ? -1 : 1;
  return a.index - b.index;
}

function addTo(map: Map<string, Recorded[]>, key: string, recorded: Recorded): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [recorded]);
  else list.push(recorded);
}

function pathOf({ method, path }: RequestHead): string {
  return `${method} ${path}`;
}

/** Whether the answer began before the client had said what a server acts on. */
function isEager({ exchange, format }: Recorded): boolean {
  return format.actsOnFirstMessage && zeroOfExchange(exchange, format) === exchange.openUs;
}

function planOf({ exchange, format }: Recorded): ResponsePlan {
  const { request, chunks, trailers, close } = exchange;
  const response = exchange.response!;
  const zeroUs = zeroOfExchange(exchange, format);
  const headUs = exchange.headUs ?? exchange.openUs;
  const closeUs = exchange.closeUs ?? Math.max(headUs, chunks.at(-1)?.atUs ?? 0, exchange.trailersUs ?? 0);
  const steps: Step[] = [];
  let lastUs = 0;
  const since = (atUs: number): number => (lastUs = Math.max(lastUs, atUs - zeroUs));
  for (const { atUs, status, headers } of exchange.informational)
    steps.push({ kind: "informational", atUs: since(atUs), status, headers: withoutHopByHop(headers) });
  steps.push({
    kind: "head",
    atUs: since(headUs),
    status: response.status,
    headers: withoutHopByHop(response.headers),
  });
  for (const { atUs, bytes } of chunks) steps.push({ kind: "event", atUs: since(atUs), bytes });
  if (trailers !== undefined)
    steps.push({ kind: "trailers", atUs: since(exchange.trailersUs ?? closeUs), trailers: withoutHopByHop(trailers) });
  steps.push(endStep(close, since(closeUs)));
  return freezePlan({
    format: format.id,
    provenance: "recorded",
    route: pathOf(request),
    exchange: exchangeId(exchange),
    ...(response.coding === undefined ? {} : { coding: response.coding }),
    steps,
  });
}
