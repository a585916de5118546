import { bytesEqual, bytesFromText, textFromBytes } from "../base/bytes.ts";
import {
  withoutHopByHop,
  type HeaderList,
  type RequestHead,
  type ResponseHead,
  type Termination,
} from "../base/http.ts";
import type { Codec, Format, Formats, Frame } from "../formats/format.ts";
import type { Chunk, Exchange } from "./exchange.ts";
import type { ProjectedEvent, ProjectedFiller, Projection } from "./projection.ts";

/** A response as bytes with times, from wherever: a recording, a plan performed in memory, a socket. */
export interface ResponseBytes {
  readonly request: RequestHead;
  readonly response: ResponseHead;
  /** The time that counts as zero: the request's last byte, for two-way methods the first client message. */
  readonly zeroUs: number;
  readonly headUs: number;
  /** Content coding undone. */
  readonly chunks: readonly Chunk[];
  readonly trailers?: HeaderList | undefined;
  readonly close: Termination;
  readonly closeUs: number;
}

/** The comparable form of a response. Times before zero count as zero: an answer cannot be performed before it is asked for. Never throws. */
export function project(bytes: ResponseBytes, format: Format): Projection {
  const { request, response, zeroUs, chunks, trailers, close } = bytes;
  const context = { request, response, direction: "server" } as const;
  const framer = format.createFramer(context);
  const codec = format.createCodec(context);
  const isExact = exactnessOf(codec);
  const events: ProjectedEvent[] = [];
  const filler: ProjectedFiller[] = [];
  const inexact: number[] = [];
  const frames: Frame[] = [];
  const take = (frame: Frame, atUs: number): void => {
    frames.push(frame);
    if (frame.kind !== "message") {
      filler.push({
        before: events.length,
        text: textFromBytes(frame.bytes),
        atUs,
        malformed: frame.kind === "malformed",
      });
      return;
    }
    const text = codec.decode(frame.bytes);
    if (!isExact(text, frame.bytes)) inexact.push(events.length);
    events.push({ text, atUs });
  };
  const since = (atUs: number): number => Math.max(0, atUs - zeroUs);
  for (const chunk of chunks) {
    const atUs = since(chunk.atUs);
    for (const frame of framer.push(chunk.bytes)) take(frame, atUs);
  }
  // What only the end of the body tells apart was complete when the last bytes came.
  const lastUs = since(chunks.at(-1)?.atUs ?? bytes.headUs);
  for (const frame of framer.end()) take(frame, lastUs);
  return {
    format: format.id,
    status: response.status,
    headers: comparable(response.headers),
    headUs: since(bytes.headUs),
    coding: response.coding,
    events,
    filler,
    trailers: trailers && comparable(trailers),
    termination: format.termination({ response, trailers, close, frames }),
    endUs: since(bytes.closeUs),
    inexact,
  };
}

/**
 * The projection of a recorded exchange; undefined where no response came. Zero is the request's last byte; in formats that act on
 * the first message the chunk that completed it, or the request's head where the answer began before that.
 */
export function projectExchange(exchange: Exchange, formats: Formats): Projection | undefined {
  const { request, response, chunks, trailers, close } = exchange;
  if (response === undefined) return undefined;
  const format = formats.find(request, response);
  const headUs = exchange.headUs ?? exchange.openUs;
  const closeUs = exchange.closeUs ?? Math.max(headUs, chunks.at(-1)?.atUs ?? 0, exchange.trailersUs ?? 0);
  return project(
    { request, response, zeroUs: zeroOfExchange(exchange, format), headUs, chunks, trailers, close, closeUs },
    format,
  );
}

/**
 * The time of a recorded exchange that its answer's times count from, on the session's clock. It equals `openUs` where the answer
 * began before the request said what it wanted.
 */
export function zeroOfExchange(exchange: Exchange, format: Format): number {
  const { openUs, requestEndUs } = exchange;
  const spokenUs = format.actsOnFirstMessage ? (firstMessageUs(exchange, format) ?? requestEndUs) : requestEndUs;
  if (!format.actsOnFirstMessage) return spokenUs ?? exchange.requestChunks.at(-1)?.atUs ?? openUs;
  return spokenUs === undefined || (exchange.headUs ?? Infinity) < spokenUs ? openUs : spokenUs;
}

function firstMessageUs({ request, response, requestChunks }: Exchange, format: Format): number | undefined {
  const framer = format.createFramer({ request, response, direction: "client" });
  for (const { atUs, bytes } of requestChunks) if (framer.push(bytes).some((f) => f.kind === "message")) return atUs;
  return undefined;
}

/** Asks of an event's text whether it gives the frame's bytes again. */
function exactnessOf(codec: Codec): (text: string, bytes: Uint8Array) => boolean {
  // These two are inverse for all bytes there are, which a test holds them to: there is nothing to try.
  if (codec.decode === textFromBytes && codec.encode === bytesFromText) return () => true;
  return (text, bytes) => {
    try {
      const encoded = codec.encode(text);
      return bytesEqual(encoded, bytes) || (codec.sameBytes?.(encoded, bytes) ?? false);
    } catch {
      // A text that cannot be encoded at all.
      return false;
    }
  };
}

/** What one hop or wraith itself added says nothing about the API. */
function comparable(headers: HeaderList): HeaderList {
  return withoutHopByHop(headers).filter(([name]) => !/^x-wraith-/i.test(name));
}
