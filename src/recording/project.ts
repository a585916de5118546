import { bytesEqual, bytesFromText, concatBytes, textFromBytes } from "../base/bytes.ts";
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

/** Bodies above that are read piece by piece: to have one whole takes twice its memory. */
const MOST_WHOLE = 64 * 1024 * 1024;

/**
 * The comparable form of a response. Times before zero count as zero: an answer cannot be performed before it is asked for.
 * `proves`: whether it is tried for each event that its text gives its bytes again. Never throws.
 */
export function project(bytes: ResponseBytes, format: Format, proves = false): Projection {
  const { request, response, zeroUs, chunks, trailers, close } = bytes;
  const codec = format.createCodec({ request, response, direction: "server" });
  const since = (atUs: number): number => Math.max(0, atUs - zeroUs);
  const body = readWhole(chunks, format, codec, since) ?? readFrames(bytes, format, codec, since, proves);
  return {
    format: format.id,
    status: response.status,
    headers: comparable(response.headers),
    headUs: since(bytes.headUs),
    coding: response.coding,
    events: body.events,
    filler: body.filler,
    trailers: trailers && comparable(trailers),
    termination: format.termination({ response, trailers, close }),
    endUs: since(bytes.closeUs),
    ...(proves ? { inexact: body.inexact } : {}),
  };
}

interface ReadBody {
  readonly events: ProjectedEvent[];
  readonly filler: ProjectedFiller[];
  readonly inexact: number[];
}

/** The body at once, in formats that can read it so and whose events are their own text. */
function readWhole(
  chunks: readonly Chunk[],
  format: Format,
  codec: Codec,
  since: (atUs: number) => number,
): ReadBody | undefined {
  if (format.readWhole === undefined || !isOwnText(codec) || chunks.length === 0) return undefined;
  const body = joinChunks(chunks);
  const whole = body && format.readWhole(body);
  if (whole === undefined) return undefined;
  const { texts, ends, filler } = whole;
  const out: ReadBody = { events: [], filler: [], inexact: [] };
  let [chunk, chunkEnd, nextFiller] = [0, chunks[0]!.bytes.length, 0];
  let atUs = since(chunks[0]!.atUs);
  for (let n = 0; n < texts.length; n++) {
    while (chunkEnd < ends[n]!) {
      const { bytes, atUs: us } = chunks[++chunk]!;
      chunkEnd += bytes.length;
      atUs = since(us);
    }
    if (filler[nextFiller] !== n) out.events.push({ text: texts[n]!, atUs });
    else {
      out.filler.push({ before: out.events.length, text: texts[n]!, atUs, malformed: false });
      nextFiller++;
    }
  }
  return out;
}

/** The bytes of all chunks, not copied where they lie side by side; undefined where they are too many. */
function joinChunks(chunks: readonly Chunk[]): Uint8Array | undefined {
  const first = chunks[0]!.bytes;
  let length = 0;
  let isOnePiece = true;
  for (const { bytes } of chunks) {
    if (bytes.buffer !== first.buffer || bytes.byteOffset !== first.byteOffset + length) isOnePiece = false;
    length += bytes.length;
  }
  if (length > MOST_WHOLE) return undefined;
  return isOnePiece
    ? new Uint8Array(first.buffer, first.byteOffset, length)
    : concatBytes(chunks.map((chunk) => chunk.bytes));
}

/** The body frame by frame, as it came. */
function readFrames(
  { request, response, chunks, headUs }: ResponseBytes,
  format: Format,
  codec: Codec,
  since: (atUs: number) => number,
  proves: boolean,
): ReadBody {
  const framer = format.createFramer({ request, response, direction: "server" });
  const out: ReadBody = { events: [], filler: [], inexact: [] };
  const { events, filler, inexact } = out;
  const isProven = !proves || isOwnText(codec);
  const take = ({ kind, bytes }: Frame, atUs: number): void => {
    if (kind !== "message") {
      filler.push({ before: events.length, text: textFromBytes(bytes), atUs, malformed: kind === "malformed" });
      return;
    }
    const proof = isProven ? undefined : codec.prove?.(bytes);
    const text = proof?.text ?? codec.decode(bytes);
    if (!isProven && !(proof?.isExact ?? isExact(codec, text, bytes))) inexact.push(events.length);
    events.push({ text, atUs });
  };
  for (const chunk of chunks) {
    const atUs = since(chunk.atUs);
    for (const frame of framer.push(chunk.bytes)) take(frame, atUs);
  }
  // What only the end of the body tells apart was complete when the last bytes came.
  const lastUs = since(chunks.at(-1)?.atUs ?? headUs);
  for (const frame of framer.end()) take(frame, lastUs);
  return out;
}

/**
 * The projection of a recorded exchange; undefined where no response came. Zero is the request's last byte; in formats that act on
 * the first message the chunk that completed it, or the request's head where the answer began before that.
 */
export function projectExchange(exchange: Exchange, formats: Formats, proves = false): Projection | undefined {
  const { request, response, chunks, trailers, close } = exchange;
  if (response === undefined) return undefined;
  const format = formats.find(request, response);
  const headUs = exchange.headUs ?? exchange.openUs;
  const closeUs = exchange.closeUs ?? Math.max(headUs, chunks.at(-1)?.atUs ?? 0, exchange.trailersUs ?? 0);
  return project(
    { request, response, zeroUs: zeroOfExchange(exchange, format), headUs, chunks, trailers, close, closeUs },
    format,
    proves,
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

/** Whether decoding and encoding are those two that are inverse for all bytes there are, which a test holds them to. */
function isOwnText(codec: Codec): boolean {
  return codec.decode === textFromBytes && codec.encode === bytesFromText;
}

/** Whether an event's text gives the frame's bytes again. */
function isExact(codec: Codec, text: string, bytes: Uint8Array): boolean {
  try {
    const encoded = codec.encode(text);
    return bytesEqual(encoded, bytes) || (codec.sameBytes?.(encoded, bytes) ?? false);
  } catch {
    // A text that cannot be encoded at all.
    return false;
  }
}

/** What one hop or wraith itself added says nothing about the API. */
function comparable(headers: HeaderList): HeaderList {
  return withoutHopByHop(headers).filter(([name]) => !/^x-wraith-/i.test(name));
}
