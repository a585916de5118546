import { findHeader, mediaType, type HeaderList } from "../base/http.ts";
import { createBodyEncoder } from "../formats/encoding.ts";
import type { ResponsePlan, Step } from "../twin/plan.ts";
import { chunkSize, CRLF, lastChunk } from "./chunked.ts";
import { travellingHeaders } from "./forwarding.ts";

/** How bodies travel on one kind of connection, and how its heads are written. */
export interface Wire<Head> {
  /** Body bytes are cut into chunks of HTTP/1.1 where the head says no length. */
  readonly chunked: boolean;
  /** The answer may have no body (to HEAD). */
  readonly bodiless: boolean;
  /** The coding that the client takes, of those that the plan has. */
  readonly coding: string | undefined;
  /** Headers of wraith's own, after those of the plan. */
  readonly ownHeaders: HeaderList;
  /** The head as the connection's writer wants it. `framed`: the body comes in chunks. */
  createHead(status: number, headers: HeaderList, framed: boolean): Head;
}

/** One act of a performance. `start` and `end` are places in `PreparedPlan.bytes`. */
export type Act =
  | { readonly kind: "informational"; readonly atUs: number; readonly status: number; readonly headers: HeaderList }
  | { readonly kind: "head"; readonly atUs: number }
  | { readonly kind: "body"; readonly atUs: number; readonly start: number; readonly end: number }
  /** The clean end, its last bytes included; with `code` the stream is reset behind it. */
  | {
      readonly kind: "end";
      readonly atUs: number;
      readonly start: number;
      readonly end: number;
      readonly code?: number | undefined;
    }
  | { readonly kind: "reset"; readonly atUs: number; readonly code?: number | undefined }
  | { readonly kind: "hold"; readonly atUs: number }
  | { readonly kind: "await" };

/** A plan as it goes over one kind of connection: all its bytes in one piece, so that what is due leaves in one write without a copy. */
export interface PreparedPlan<Head> {
  readonly head: Head;
  readonly bytes: Buffer;
  readonly acts: readonly Act[];
  /** Trailers that are not part of `bytes` already. */
  readonly trailers: HeaderList | undefined;
  /** True where `bytes` are cut into chunks already. */
  readonly framed: boolean;
  /** True where nothing but time keeps the head and all bytes up to a clean end from leaving at once. */
  readonly whole: boolean;
}

/** Beyond it the client is asked first whether it takes more. */
export const MAX_WRITE_BYTES = 256 * 1024;

const EMPTY = new Uint8Array(0);
/** Statuses whose answers have no body (RFC 9110, 6.4.1). */
const BODILESS = new Set([204, 205, 304]);

/** A body step of the plan with the bytes that stand for it on the wire. */
interface Piece {
  readonly step: number;
  readonly bytes: Uint8Array;
}

/** Makes a plan ready. A promise only where a coding is applied. Never throws. */
export function preparePlan<Head>(
  plan: ResponsePlan,
  wire: Wire<Head>,
): PreparedPlan<Head> | Promise<PreparedPlan<Head>> {
  const head = plan.steps.find((s) => s.kind === "head");
  const bodiless = wire.bodiless || (head !== undefined && BODILESS.has(head.status));
  const plain: Piece[] = [];
  if (!bodiless)
    plan.steps.forEach((step, i) => {
      if ((step.kind === "event" || step.kind === "filler") && step.bytes.length > 0)
        plain.push({ step: i, bytes: step.bytes });
    });
  if (bodiless || wire.coding === undefined) return assemble(plan, wire, bodiless, plain, EMPTY, undefined);
  return encode(plain, wire.coding).then((coded) =>
    coded === undefined
      ? assemble(plan, wire, bodiless, plain, EMPTY, undefined)
      : assemble(plan, wire, bodiless, coded.pieces, coded.last, wire.coding),
  );
}

/** The pieces in a coding, flushed at each, and what ends it (an answer that is cut off does without); undefined where it cannot be done. */
async function encode(
  plain: readonly Piece[],
  coding: string,
): Promise<{ pieces: Piece[]; last: Uint8Array } | undefined> {
  const encoder = createBodyEncoder(coding);
  if (encoder === undefined) return undefined;
  const pieces: Piece[] = [];
  for (const { step, bytes } of plain) pieces.push({ step, bytes: await encoder.push(bytes) });
  return { pieces, last: await encoder.end() };
}

function assemble<Head>(
  plan: ResponsePlan,
  wire: Wire<Head>,
  bodiless: boolean,
  pieces: readonly Piece[],
  last: Uint8Array,
  coding: string | undefined,
): PreparedPlan<Head> {
  const head = plan.steps.find((s) => s.kind === "head");
  const trailers = plan.steps.find((s) => s.kind === "trailers")?.trailers;
  const clean = plan.steps.at(-1)?.kind === "end";
  const bodyLength = pieces.reduce((n, p) => n + p.bytes.length, last.length);
  let headers = withCoding(travellingHeaders(head?.headers ?? []), plan.coding, coding);
  if (!bodiless) headers = withLength(headers, clean ? bodyLength : undefined, bodyLength);
  const framed = wire.chunked && !bodiless && findHeader(headers, "content-length") === undefined;
  const parts: Uint8Array[] = [];
  let length = 0;
  const put = (bytes: Uint8Array): void => {
    parts.push(bytes);
    length += bytes.length;
  };
  const putBody = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    if (framed) put(chunkSize(bytes.length));
    put(bytes);
    if (framed) put(CRLF);
  };
  const acts: Act[] = [];
  const byStep = new Map(pieces.map((p) => [p.step, p.bytes]));
  let ended = false;
  const end = (atUs: number, code?: number): void => {
    const start = length;
    putBody(last);
    if (framed) put(lastChunk(trailers ?? []));
    acts.push({ kind: "end", atUs, start, end: length, code });
    ended = true;
  };
  plan.steps.forEach((step, i) => {
    if (ended) return;
    switch (step.kind) {
      case "event":
      case "filler": {
        const bytes = byStep.get(i);
        if (bytes === undefined || bytes.length === 0) return;
        const start = length;
        putBody(bytes);
        acts.push({ kind: "body", atUs: step.atUs, start, end: length });
        return;
      }
      case "trailers": {
        // Trailers are the end; what is said behind them can only be a reset.
        const after = plan.steps[i + 1];
        return end(step.atUs, after?.kind === "reset" ? after.code : undefined);
      }
      case "end":
        return end(step.atUs);
      case "head":
        acts.push({ kind: "head", atUs: step.atUs });
        return;
      case "informational":
        // The twin itself tells a client to go on, and switches to no other protocol.
        if (step.status !== 100 && step.status !== 101) acts.push(step);
        return;
      case "reset":
      case "hold":
        acts.push(step);
        return;
      case "await":
        acts.push({ kind: "await" });
        return;
    }
  });
  return {
    head: wire.createHead(head?.status ?? 500, [...headers, ...wire.ownHeaders], framed),
    // Of Node's own kind, or each piece that leaves would be wrapped in one.
    bytes: Buffer.concat(parts, length),
    acts,
    trailers: framed || bodiless ? undefined : trailers,
    framed,
    whole: isWhole(acts, length),
  };
}

function isWhole(acts: readonly Act[], length: number): boolean {
  const last = acts.at(-1);
  const between = acts.slice(1, -1).every((a) => a.kind === "body");
  return (
    acts[0]?.kind === "head" && between && last?.kind === "end" && last.code === undefined && length <= MAX_WRITE_BYTES
  );
}

/** The header that names the coding, where the recording had one: kept where it is used, else left out. */
function withCoding(headers: HeaderList, recorded: string | undefined, used: string | undefined): HeaderList {
  if (recorded === undefined) return headers;
  const isCoding = (name: string): boolean => name.toLowerCase() === "content-encoding";
  if (used === undefined) return headers.filter(([n]) => !isCoding(n));
  return headers.some(([n]) => isCoding(n)) ? headers : [...headers, ["content-encoding", used]];
}

/**
 * `content-length` made anew where the plan has one. A stream of events has none (SPEC section 6), nor has an answer whose length
 * is not known (`exact` undefined) and whose recorded one would be a lie.
 */
function withLength(headers: HeaderList, exact: number | undefined, sent: number): HeaderList {
  if (findHeader(headers, "content-length") === undefined) return headers;
  const stream = mediaType(findHeader(headers, "content-type")) === "text/event-stream";
  let had = false;
  return headers.flatMap(([name, value]): HeaderList => {
    if (name.toLowerCase() !== "content-length") return [[name, value]];
    const kept = exact ?? (/^\d+$/.test(value) && Number(value) >= sent ? value : undefined);
    if (stream || had || kept === undefined) return [];
    had = true;
    return [[name, String(kept)]];
  });
}

/** The steps of an answer that wraith gives of its own. */
export function wholeAnswer(status: number, headers: HeaderList, body: Uint8Array): readonly Step[] {
  const head: Step = { kind: "head", atUs: 0, status, headers };
  return body.length === 0
    ? [head, { kind: "end", atUs: 0 }]
    : [head, { kind: "event", atUs: 0, bytes: body }, { kind: "end", atUs: 0 }];
}
