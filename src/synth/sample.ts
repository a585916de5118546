import { concatBytes } from "../base/bytes.ts";
import type { Format, Formats } from "../formats/format.ts";
import { createRequestView, type RequestView } from "../model/request-view.ts";
import { exchangeId, type Exchange, type Session } from "../recording/exchange.ts";
import { projectExchange, zeroOfExchange } from "../recording/project.ts";
import type { Projection } from "../recording/projection.ts";

/** A recorded exchange that has an answer, as learning sees it. */
export interface Sample {
  /** `SESSION/INDEX`. */
  readonly id: string;
  readonly exchange: Exchange;
  readonly format: Format;
  readonly projection: Projection;
  readonly view: RequestView;
  /** When it was opened, ms since the epoch. */
  readonly startedMs: number;
  /** What its times count from, on the session's clock. */
  readonly zeroUs: number;
  /** Whether the answer began before the request said what it wanted. */
  readonly eager: boolean;
  /** Bytes of the response's body. */
  readonly bodyBytes: number;
}

/** Sessions in the order in which they began, whatever the order they come in. */
export function inOrder(sessions: readonly Session[]): readonly Session[] {
  return [...sessions].sort((a, b) => {
    const [x, y] = [Date.parse(a.head.startedAt), Date.parse(b.head.startedAt)];
    if (x !== y && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    return a.head.session < b.head.session ? -1 : a.head.session > b.head.session ? 1 : 0;
  });
}

/** The sample of an exchange; undefined where no answer came. */
export function sampleOf(session: Session, exchange: Exchange, formats: Formats): Sample | undefined {
  const projection = projectExchange(exchange, formats);
  const format = projection && formats.byId(projection.format);
  if (projection === undefined || format === undefined) return undefined;
  const { request } = exchange;
  const body = concatBytes(exchange.requestChunks.map((c) => c.bytes));
  const zeroUs = zeroOfExchange(exchange, format);
  return {
    id: exchangeId(exchange),
    exchange,
    format,
    projection,
    view: createRequestView(request, formats.findForRequest(request).requestPayload(request, body), body),
    startedMs: Date.parse(session.head.startedAt) + exchange.openUs / 1000,
    zeroUs,
    eager: format.actsOnFirstMessage && zeroUs === exchange.openUs,
    bodyBytes: exchange.chunks.reduce((sum, c) => sum + c.bytes.length, 0),
  };
}
