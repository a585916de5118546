import type { Formats, Frame } from "../formats/format.ts";
import type { HeaderList, RequestHead, Termination } from "../base/http.ts";
import { concatBytes, textFromBytes } from "../base/bytes.ts";
import { WraithError } from "../base/errors.ts";
import type { Exchange, Session } from "../recording/exchange.ts";
import { projectExchange } from "../recording/project.ts";
import { listSessions, readSession } from "../store/recordings.ts";
import type { Workspace } from "../store/workspace.ts";

export interface SessionSummary {
  readonly session: string;
  readonly startedAt: string;
  readonly tags: readonly string[];
  readonly exchanges: number;
  readonly events: number;
  readonly responseBytes: number;
  /** False: still being written, or its recorder died. */
  readonly ended: boolean;
  readonly badLines: Session["badLines"];
}

export interface ExchangeSummary {
  readonly id: string;
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly status: number | null;
  readonly format: string | null;
  readonly events: number;
  readonly responseBytes: number;
  readonly durationMs: number | null;
  readonly termination: Termination;
}

/** One line of a stream's time line. */
export interface TimelineEntry {
  readonly kind: "head" | "event" | "filler" | "malformed" | "trailers" | "end";
  /** Milliseconds since the request's last byte. */
  readonly atMs: number;
  /** Milliseconds since the entry before. */
  readonly gapMs: number;
  /** Number of the event, from 0. */
  readonly index?: number | undefined;
  /** What it says: JSON of an event, text of filler, headers, the way it ended. */
  readonly view: string;
}

export interface ExchangeDetail extends ExchangeSummary {
  readonly requestHeaders: HeaderList;
  /** The request's body, or its messages, one text each. */
  readonly requestBody: readonly string[];
  readonly responseHeaders: HeaderList;
  readonly trailers: HeaderList | null;
  readonly scrubbed: readonly string[];
  readonly unscrubbed: boolean;
  readonly timeline: readonly TimelineEntry[];
}

/** All sessions of a twin, in the order of their start. */
export async function inspectSessions(workspace: Workspace, formats: Formats): Promise<readonly SessionSummary[]> {
  const out: SessionSummary[] = [];
  for (const id of await listSessions(workspace)) {
    const session = await readSession(workspace, id);
    const summaries = session.exchanges.map((e) => summarize(e, formats));
    out.push({
      session: session.head.session,
      startedAt: session.head.startedAt,
      tags: session.head.tags,
      exchanges: summaries.length,
      events: sum(summaries.map((s) => s.events)),
      responseBytes: sum(summaries.map((s) => s.responseBytes)),
      ended: session.ended,
      badLines: session.badLines,
    });
  }
  return out;
}

/** The exchanges of one session. Throws RECORDING_MISSING, RECORDING_INVALID. */
export async function inspectSession(
  workspace: Workspace,
  formats: Formats,
  id: string,
): Promise<readonly ExchangeSummary[]> {
  return (await readSession(workspace, id)).exchanges.map((e) => summarize(e, formats));
}

/** One exchange with its time line. Throws RECORDING_MISSING where the session has no such exchange. */
export async function inspectExchange(
  workspace: Workspace,
  formats: Formats,
  id: string,
  index: number,
): Promise<ExchangeDetail> {
  const session = await readSession(workspace, id);
  const exchange = session.exchanges.find((e) => e.index === index);
  if (exchange === undefined)
    throw new WraithError(
      "RECORDING_MISSING",
      `Session ${id} has no exchange ${index}; it has ${session.exchanges.length}, from 0.`,
    );
  return {
    ...summarize(exchange, formats),
    requestHeaders: exchange.request.headers,
    requestBody: requestTexts(exchange, formats),
    responseHeaders: exchange.response?.headers ?? [],
    trailers: exchange.trailers ?? null,
    scrubbed: exchange.scrubbed,
    unscrubbed: exchange.unscrubbed,
    timeline: timelineOf(exchange, formats),
  };
}

function summarize(exchange: Exchange, formats: Formats): ExchangeSummary {
  const projection = projectExchange(exchange, formats);
  const { request } = exchange;
  return {
    id: `${exchange.session}/${exchange.index}`,
    atMs: exchange.openUs / 1000,
    method: request.method,
    path: request.path,
    query: request.query,
    status: exchange.response?.status ?? null,
    format: projection?.format ?? null,
    events: projection?.events.length ?? 0,
    responseBytes: sum(exchange.chunks.map((c) => c.bytes.length)),
    durationMs: exchange.closeUs === undefined ? null : (exchange.closeUs - exchange.openUs) / 1000,
    termination: projection?.termination ?? exchange.close,
  };
}

function requestTexts(exchange: Exchange, formats: Formats): string[] {
  const { request } = exchange;
  const format = formats.findForRequest(request);
  const context = { request, direction: "client" as const };
  const framer = format.createFramer(context);
  const frames: Frame[] = exchange.requestChunks.flatMap((c) => [...framer.push(c.bytes)]);
  frames.push(...framer.end());
  if (format.unary) {
    const body = concatBytes(exchange.requestChunks.map((c) => c.bytes));
    return body.length === 0 ? [] : [textFromBytes(body)];
  }
  const codec = format.createCodec(context);
  return frames.map((f) => (f.kind === "message" ? codec.view(codec.decode(f.bytes)) : textFromBytes(f.bytes)));
}

function timelineOf(exchange: Exchange, formats: Formats): TimelineEntry[] {
  const projection = projectExchange(exchange, formats);
  if (projection === undefined || exchange.response === undefined) {
    const atMs = ((exchange.closeUs ?? exchange.openUs) - exchange.openUs) / 1000;
    return [{ kind: "end", atMs, gapMs: atMs, view: `no answer: ${describeTermination(exchange.close)}` }];
  }
  const format = formats.byId(projection.format)!;
  const codec = format.createCodec({ request: exchange.request, response: exchange.response, direction: "server" });
  const entries: (Omit<TimelineEntry, "gapMs" | "atMs"> & { atUs: number; order: number })[] = [];
  entries.push({ kind: "head", atUs: projection.headUs, order: -1, view: String(projection.status) });
  projection.events.forEach((e, index) =>
    entries.push({ kind: "event", atUs: e.atUs, order: index + 0.5, index, view: codec.view(e.text) }),
  );
  for (const f of projection.filler)
    entries.push({
      kind: f.malformed ? "malformed" : "filler",
      atUs: f.atUs,
      order: f.before,
      view: JSON.stringify(f.text),
    });
  entries.sort((a, b) => a.order - b.order);
  const last = projection.events.length + 1;
  if (projection.trailers !== undefined)
    entries.push({
      kind: "trailers",
      atUs: projection.endUs,
      order: last,
      view: projection.trailers.map(([n, v]) => `${n}: ${v}`).join(", "),
    });
  entries.push({ kind: "end", atUs: projection.endUs, order: last, view: describeTermination(projection.termination) });
  let before = 0;
  return entries.map(({ atUs, order: _, ...entry }) => {
    const gapMs = (atUs - before) / 1000;
    before = atUs;
    return { ...entry, atMs: atUs / 1000, gapMs };
  });
}

/** `clean by server`, `error by server (code 8: reset)`. */
export function describeTermination(termination: Termination): string {
  const { shape, by, code, detail } = termination;
  const more = [code === undefined ? "" : `code ${code}`, detail ?? ""].filter((t) => t !== "").join(": ");
  return `${shape} by ${by}${more === "" ? "" : ` (${more})`}`;
}

/** Path and query of a request as one text. */
export function targetOf(request: Pick<RequestHead, "path" | "query">): string {
  return request.query === "" ? request.path : `${request.path}?${request.query}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
