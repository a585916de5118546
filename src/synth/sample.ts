import { concatBytes } from "../base/bytes.ts";
import type { Format, Formats } from "../formats/format.ts";
import { createRequestView, type RequestView } from "../model/request-view.ts";
import type { Take } from "../model/model.ts";
import { exchangeId, type Exchange, type SessionHead } from "../recording/exchange.ts";
import { projectExchange, zeroOfExchange } from "../recording/project.ts";
import type { Projection } from "../recording/projection.ts";

/** A recorded exchange that has an answer, as learning sees it. */
export interface Sample {
  /** `SESSION/INDEX`. */
  readonly id: string;
  /** See `Format.variantKey`. */
  readonly variantKey: string;
  /** Early heads (1xx) with their times. */
  readonly informational: Take["informational"];
  readonly format: Format;
  readonly projection: Projection;
  readonly view: RequestView;
  /** When it was opened, ms since the epoch. */
  readonly startedMs: number;
  /** Whether the answer began before the request said what it wanted. */
  readonly eager: boolean;
  /** Bytes of the response's body. */
  readonly bodyBytes: number;
}

/** Heads of sessions in the order in which they began. */
export function compareStarts(a: SessionHead, b: SessionHead): number {
  const [x, y] = [Date.parse(a.startedAt), Date.parse(b.startedAt)];
  if (x !== y && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a.session < b.session ? -1 : a.session > b.session ? 1 : 0;
}

/** The sample of an exchange; undefined where no answer came. */
export function sampleOf(
  session: Pick<SessionHead, "startedAt">,
  exchange: Exchange,
  formats: Formats,
): Sample | undefined {
  const projection = projectExchange(exchange, formats, true);
  const format = projection && formats.byId(projection.format);
  const { request, response } = exchange;
  if (projection === undefined || format === undefined || response === undefined) return undefined;
  const body = concatBytes(exchange.requestChunks.map((c) => c.bytes));
  const zeroUs = zeroOfExchange(exchange, format);
  return {
    id: exchangeId(exchange),
    variantKey: format.variantKey(response, projection.trailers, projection.events.length),
    informational: exchange.informational.map(({ status, headers, atUs }) => ({
      status,
      headers,
      atUs: Math.max(0, atUs - zeroUs),
    })),
    format,
    projection,
    view: createRequestView(request, formats.findForRequest(request).requestPayload(request, body), body),
    startedMs: Date.parse(session.startedAt) + exchange.openUs / 1000,
    eager: format.actsOnFirstMessage && zeroUs === exchange.openUs,
    bodyBytes: exchange.chunks.reduce((sum, c) => sum + c.bytes.length, 0),
  };
}
