import { ConnectionError, ERROR, FLAG, FRAME, FRAME_HEAD_BYTES, MAX_FRAME_BYTES } from "./protocol.ts";

/** Writes the head of a frame (RFC 9113, 4.1) at `at`. */
export function writeFrameHead(
  out: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): void {
  out[at] = length >>> 16;
  out[at + 1] = length >>> 8;
  out[at + 2] = length;
  out[at + 3] = type;
  out[at + 4] = flags;
  writeStreamId(out, at, stream);
}

/** Writes the stream of the frame that begins at `at`. */
export function writeStreamId(out: Buffer, at: number, stream: number): void {
  out[at + 5] = stream >>> 24;
  out[at + 6] = stream >>> 16;
  out[at + 7] = stream >>> 8;
  out[at + 8] = stream;
}

export function createFrame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(FRAME_HEAD_BYTES + payload.length);
  writeFrameHead(out, 0, payload.length, type, flags, stream);
  out.set(payload, FRAME_HEAD_BYTES);
  return out;
}

/** A frame whose payload are 32-bit numbers. */
function numberFrame(type: number, stream: number, numbers: readonly number[], behind: Uint8Array = NOTHING): Buffer {
  const payload = Buffer.alloc(numbers.length * 4 + behind.length);
  numbers.forEach((n, i) => payload.writeUInt32BE(n, i * 4));
  payload.set(behind, numbers.length * 4);
  return createFrame(type, 0, stream, payload);
}

const NOTHING = new Uint8Array(0);

export const settingsAck = createFrame(FRAME.settings, FLAG.ack, 0, NOTHING);

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * 6);
  settings.forEach(([id, value], i) => {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  });
  return createFrame(FRAME.settings, 0, 0, payload);
}

export function pingAck(payload: Uint8Array): Buffer {
  return createFrame(FRAME.ping, FLAG.ack, 0, payload);
}

export function resetFrame(stream: number, code: number): Buffer {
  return numberFrame(FRAME.rstStream, stream, [code]);
}

export function windowUpdate(stream: number, bytes: number): Buffer {
  return numberFrame(FRAME.windowUpdate, stream, [bytes]);
}

/** The last word of a connection; `message` is for people. */
export function goawayFrame(lastStream: number, code: number, message: string): Buffer {
  return numberFrame(FRAME.goaway, 0, [lastStream, code], Buffer.from(message));
}

/** A payload without its padding, and without `skip` bytes in front (RFC 9113, 6.1 and 6.2). */
export function unpadded(flags: number, payload: Buffer, skip: number): Buffer {
  const padded = (flags & FLAG.padded) !== 0;
  const from = skip + (padded ? 1 : 0);
  const to = payload.length - (padded ? (payload[0] ?? 0) : 0);
  if (from > payload.length || to < from)
    throw new ConnectionError(ERROR.protocol, "a frame is shorter than its padding");
  return from === 0 && to === payload.length ? payload : payload.subarray(from, to);
}

/** Frames that are the same for every stream, but for the places where its number stands. */
export interface ReadyFrames {
  readonly bytes: Buffer;
  /** Where frames begin. */
  readonly starts: readonly number[];
  /** How much of it counts against the windows. */
  readonly bodyBytes: number;
}

/** A header block as a HEADERS frame, and as many CONTINUATIONs as it needs. */
export function headerFrames(block: Uint8Array, endStream: boolean): ReadyFrames {
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += MAX_FRAME_BYTES) {
    const piece = block.subarray(at, at + MAX_FRAME_BYTES);
    const last = at + piece.length === block.length ? FLAG.endHeaders : 0;
    const flags = at === 0 && endStream ? FLAG.endStream : 0;
    parts.push(createFrame(at === 0 ? FRAME.headers : FRAME.continuation, last | flags, 0, piece));
  }
  return joinFrames(parts.map((bytes) => ({ bytes, starts: [0], bodyBytes: 0 })));
}

/** A body as DATA frames; none where it is empty. */
export function dataFrames(body: Uint8Array, endStream: boolean): ReadyFrames {
  const parts: ReadyFrames[] = [];
  for (let at = 0; at < body.length; at += MAX_FRAME_BYTES) {
    const piece = body.subarray(at, at + MAX_FRAME_BYTES);
    const flags = endStream && at + piece.length === body.length ? FLAG.endStream : 0;
    parts.push({ bytes: createFrame(FRAME.data, flags, 0, piece), starts: [0], bodyBytes: piece.length });
  }
  return joinFrames(parts);
}

export function joinFrames(parts: readonly ReadyFrames[]): ReadyFrames {
  if (parts.length === 1) return parts[0]!;
  const starts: number[] = [];
  let at = 0;
  let bodyBytes = 0;
  for (const part of parts) {
    for (const start of part.starts) starts.push(at + start);
    at += part.bytes.length;
    bodyBytes += part.bodyBytes;
  }
  return { bytes: Buffer.concat(parts.map((p) => p.bytes)), starts, bodyBytes };
}
