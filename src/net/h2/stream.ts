import { resetFrame, windowUpdate, writeFrameHead, writeStreamId, type ReadyFrames } from "./frames.ts";
import type { Field } from "./header-table.ts";
import type { Output } from "./output.ts";
import { ERROR, FLAG, FRAME, FRAME_HEAD_BYTES, MAX_FRAME_BYTES } from "./protocol.ts";

/** Bytes of a request that may be on the way unread; the default of 64 KiB costs a fifth of the throughput. */
export const STREAM_WINDOW_BYTES = 256 * 1024;

/** What the owner of a stream is told. */
export interface StreamListener {
  data(bytes: Buffer): void;
  /** The client has ended its side; not after a reset. */
  end(): void;
  /** The stream is over, however: told once, and last. */
  closed(): void;
}

/** What all streams of a connection share. */
export interface Connection {
  readonly output: Output;
  readonly streams: Map<number, Stream>;
  /** Streams that would send, once the connection lets them. */
  readonly waiting: Set<Stream>;
  /** Streams that ended before their client had: what it still sends is for nobody. */
  readonly released: Set<number>;
  sendWindow: number;
  /** When the bytes came that are being read, on the owner's clock. */
  receivedMs: number;
  /** The peer has changed the size of its header table, and is to be told that it is not used. */
  tableChanged: boolean;
}

/** One stream, as the server of its connection keeps it. Others read it, and change it by the functions of this file only. */
export interface Stream {
  readonly connection: Connection;
  readonly id: number;
  /** Fields of the request, pseudo headers first. Equal requests of one connection share them. */
  readonly fields: readonly Field[];
  listener: StreamListener | undefined;
  /** Nothing more comes from the client. */
  remoteEnded: boolean;
  headSent: boolean;
  gone: boolean;
  sendWindow: number;
  /** Body bytes that wait for a window or for the connection. */
  queue: Uint8Array[];
  ending: Ending | undefined;
  drained: (() => void) | undefined;
  /** What the peer may still send, and what was read but not yet given back to it. */
  receiveWindow: number;
  unreported: number;
  /** Body bytes still to come, where the client has said how many. */
  expectedBytes: number | undefined;
  /** What came while the owner wanted nothing; undefined while it does. */
  held: Buffer[] | undefined;
}

/** What comes when the queue is empty. */
type Ending =
  | { readonly kind: "end"; readonly trailers: ReadyFrames | undefined; readonly code: number | undefined }
  | { readonly kind: "reset"; readonly code: number };

export function createStream(
  connection: Connection,
  id: number,
  fields: readonly Field[],
  sendWindow: number,
  expectedBytes: number | undefined,
): Stream {
  return {
    connection,
    id,
    fields,
    listener: undefined,
    remoteEnded: false,
    headSent: false,
    gone: false,
    sendWindow,
    queue: [],
    ending: undefined,
    drained: undefined,
    receiveWindow: STREAM_WINDOW_BYTES,
    unreported: 0,
    expectedBytes,
    held: undefined,
  };
}

/** A 1xx answer, or the head: `frames` end the stream where there is no more to it. */
export function sendHead(stream: Stream, frames: ReadyFrames, kind: "informational" | "head" | "last"): void {
  if (stream.gone || stream.headSent) return;
  pushHeaders(stream, frames);
  if (kind === "informational") return;
  stream.headSent = true;
  if (kind === "last") finish(stream, ERROR.none);
}

/** Sends a whole answer at once, its end included. False where windows do not let it pass; nothing was sent then. */
export function sendWhole(stream: Stream, frames: ReadyFrames): boolean {
  const { connection } = stream;
  if (stream.gone || stream.headSent || connection.tableChanged || connection.output.congested) return false;
  if (frames.bodyBytes > stream.sendWindow || frames.bodyBytes > connection.sendWindow) return false;
  connection.sendWindow -= frames.bodyBytes;
  connection.output.pushFrames(frames, stream.id);
  stream.headSent = true;
  finish(stream, ERROR.none);
  return true;
}

/** Sends body bytes, which are kept until windows let them pass. False: wait for `drained` before more. */
export function sendBody(stream: Stream, bytes: Uint8Array): boolean {
  if (stream.gone || stream.ending !== undefined || bytes.length === 0) return true;
  stream.queue.push(bytes);
  pump(stream);
  return stream.queue.length === 0 && !stream.connection.output.congested;
}

/** Calls back once, when `sendBody` would say true again. */
export function whenDrained(stream: Stream, callback: () => void): void {
  stream.drained = callback;
  stream.connection.waiting.add(stream);
}

/** The last bytes and the clean end; with `code` a reset behind it. */
export function endStream(
  stream: Stream,
  bytes: Uint8Array,
  trailers: ReadyFrames | undefined,
  code: number | undefined,
): void {
  if (bytes.length > 0 && stream.ending === undefined) stream.queue.push(bytes);
  conclude(stream, { kind: "end", trailers, code });
}

/** A reset behind what was sent. */
export function resetStream(stream: Stream, code: number): void {
  conclude(stream, { kind: "reset", code });
}

function conclude(stream: Stream, ending: Ending): void {
  if (stream.gone || stream.ending !== undefined) return;
  stream.ending = ending;
  stream.drained = undefined;
  pump(stream);
}

/** Sends what windows let pass, and the end behind it. */
export function pump(stream: Stream): void {
  const { connection, queue } = stream;
  const { output } = connection;
  while (queue.length > 0) {
    if (output.congested || connection.sendWindow <= 0) return void connection.waiting.add(stream);
    const first = queue[0]!;
    const length = Math.min(first.length, stream.sendWindow, connection.sendWindow, MAX_FRAME_BYTES);
    // The peer's update for this stream pumps it again.
    if (length <= 0) return;
    const isLast = length === first.length && queue.length === 1;
    if (length === first.length) queue.shift();
    else queue[0] = first.subarray(length);
    const ends = isLast && stream.ending?.kind === "end" && stream.ending.trailers === undefined;
    stream.sendWindow -= length;
    connection.sendWindow -= length;
    const { bytes, at } = output.reserve(FRAME_HEAD_BYTES + length);
    writeFrameHead(bytes, at, length, FRAME.data, ends ? FLAG.endStream : 0, stream.id);
    bytes.set(length === first.length ? first : first.subarray(0, length), at + FRAME_HEAD_BYTES);
    if (ends) return finish(stream, stream.ending?.kind === "end" ? stream.ending.code : undefined);
  }
  const { ending, drained } = stream;
  if (ending?.kind === "reset") return abandon(stream, ending.code);
  if (ending !== undefined) {
    if (ending.trailers === undefined) pushEmptyEnd(stream);
    else pushHeaders(stream, ending.trailers);
    return finish(stream, ending.code);
  }
  if (drained === undefined) return;
  if (output.congested) return void connection.waiting.add(stream);
  stream.drained = undefined;
  drained();
}

function pushEmptyEnd(stream: Stream): void {
  const { bytes, at } = stream.connection.output.reserve(FRAME_HEAD_BYTES);
  writeFrameHead(bytes, at, 0, FRAME.data, FLAG.endStream, stream.id);
}

function pushHeaders(stream: Stream, frames: ReadyFrames): void {
  const { connection } = stream;
  if (!connection.tableChanged) return connection.output.pushFrames(frames, stream.id);
  // A size of 0 for a table that this side never uses, in front of the first block behind the change (RFC 7541, 4.2).
  connection.tableChanged = false;
  const bytes = Buffer.from(frames.bytes);
  for (const start of frames.starts) writeStreamId(bytes, start, stream.id);
  connection.output.push(withTableSize(bytes, stream.id));
}

/** The frames with the change of size in a HEADERS frame of its own in front; the rest follows as a continuation. */
function withTableSize(frames: Buffer, id: number): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES + 1, 0x20);
  writeFrameHead(head, 0, 1, FRAME.headers, frames[4]! & FLAG.endStream, id);
  const rest = Buffer.from(frames);
  rest[3] = FRAME.continuation;
  rest[4] = frames[4]! & FLAG.endHeaders;
  return Buffer.concat([head, rest]);
}

/** The answer is over. A client that still talks is told that nothing more is wanted of it. */
function finish(stream: Stream, code: number | undefined): void {
  const told = code !== undefined && code !== ERROR.none ? code : undefined;
  if (told !== undefined) stream.connection.output.push(resetFrame(stream.id, told));
  else if (!stream.remoteEnded) stream.connection.output.push(resetFrame(stream.id, ERROR.none));
  closeStream(stream);
}

/** Resets a stream at once: what is queued is dropped. */
export function abandon(stream: Stream, code: number): void {
  if (stream.gone) return;
  stream.connection.output.push(resetFrame(stream.id, code));
  closeStream(stream);
}

/** Ids whose late frames are passed over; older ones are forgotten. */
const MAX_RELEASED = 10_000;

/** Frees all of a stream. */
export function closeStream(stream: Stream): void {
  if (stream.gone) return;
  const { connection } = stream;
  stream.gone = true;
  stream.queue = [];
  stream.held = undefined;
  stream.drained = undefined;
  connection.streams.delete(stream.id);
  connection.waiting.delete(stream);
  if (!stream.remoteEnded) {
    connection.released.add(stream.id);
    if (connection.released.size > MAX_RELEASED)
      for (const oldest of connection.released) {
        connection.released.delete(oldest);
        break;
      }
  }
  stream.listener?.closed();
}

/** Nothing more is told of what the client sends, until `resumeStream`; its window closes. */
export function pauseStream(stream: Stream): void {
  stream.held ??= [];
}

export function resumeStream(stream: Stream): void {
  const { held } = stream;
  stream.held = undefined;
  if (held === undefined) return;
  for (const bytes of held) receiveBody(stream, bytes);
  if (stream.remoteEnded && !stream.gone && stream.held === undefined) stream.listener?.end();
}

/** Passes on what the client sent. */
export function receiveBody(stream: Stream, bytes: Buffer): void {
  if (stream.gone) return;
  if (stream.held !== undefined) return void stream.held.push(bytes);
  giveBack(stream, bytes.length);
  stream.listener?.data(bytes);
}

/** Bytes that are read: the client may send as many more. */
export function giveBack(stream: Stream, bytes: number): void {
  stream.unreported += bytes;
  if (stream.unreported < STREAM_WINDOW_BYTES / 2 || stream.remoteEnded) return;
  stream.connection.output.push(windowUpdate(stream.id, stream.unreported));
  stream.receiveWindow += stream.unreported;
  stream.unreported = 0;
}

/** The client has ended its side. */
export function receiveEnd(stream: Stream): void {
  stream.remoteEnded = true;
  if (stream.held === undefined) stream.listener?.end();
}
