import type { Socket } from "node:net";
import { MAX_HEADER_BYTES } from "../header-limit.ts";
import { createFrameReader } from "./frame-reader.ts";
import {
  goawayFrame,
  headerFrames,
  pingAck,
  resetFrame,
  settingsAck,
  settingsFrame,
  unpadded,
  windowUpdate,
} from "./frames.ts";
import { createHeaderBlocks } from "./header-blocks.ts";
import { createHeaderDecoder, TOO_LONG } from "./header-decoder.ts";
import type { Field } from "./header-table.ts";
import { encodeHeaders } from "./header-encoder.ts";
import { createOutput } from "./output.ts";
import {
  ConnectionError,
  DEFAULT_WINDOW_BYTES,
  ERROR,
  FLAG,
  FRAME,
  MAX_FRAME_BYTES,
  MAX_WINDOW_BYTES,
  SETTING,
} from "./protocol.ts";
import { areTrailers, declaredBytes, isRequest } from "./request-check.ts";
import {
  abandon,
  closeStream,
  createStream,
  giveBack,
  pump,
  receiveBody,
  receiveEnd,
  sendHead,
  STREAM_WINDOW_BYTES,
  type Connection,
  type Stream,
} from "./stream.ts";

/** Takes a request: sets the stream's listener, and answers by the functions of `stream.ts`. */
export type OnRequest = (stream: Stream) => void;

const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;
/** More at once from one client is refused, stream by stream. */
const MAX_STREAMS = 65_536;
/** A peer that takes nothing is not read any more: acknowledgements would pile up. */
const MAX_UNTAKEN_BYTES = 1024 * 1024;

const HELLO = Buffer.concat([
  settingsFrame([
    [SETTING.maxConcurrentStreams, MAX_STREAMS],
    [SETTING.initialWindowSize, STREAM_WINDOW_BYTES],
    [SETTING.maxHeaderListSize, MAX_HEADER_BYTES],
  ]),
  windowUpdate(0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES),
]);

const TOO_LARGE_HEAD = headerFrames(encodeHeaders([], 431), true);

/** What a list of fields is as a request. */
interface CheckedRequest {
  readonly fields: readonly Field[];
  readonly isRequest: boolean;
  /** What it says the length of its body is. */
  readonly bytes: number | undefined;
}

/**
 * Serves HTTP/2 with prior knowledge on a socket (RFC 9113), from its preface on: `first` is what has been read of it, and the socket is paused. Answers leave as ready frames, all that is said in one
 * turn in one write; the objects that Node's server makes of each stream cost more than the answer. Ends with its socket.
 */
export function serveHttp2(socket: Socket, first: Buffer, onRequest: OnRequest, nowMs: () => number): void {
  const decoder = createHeaderDecoder(MAX_HEADER_BYTES);
  const output = createOutput(socket, () => {
    if (isHeldBack) socket.resume();
    isHeldBack = false;
    pumpWaiting();
  });
  const connection: Connection = {
    output,
    streams: new Map(),
    waiting: new Set(),
    released: new Set(),
    sendWindow: DEFAULT_WINDOW_BYTES,
    receivedMs: nowMs(),
    tableChanged: false,
  };
  const { streams, released } = connection;
  let lastStream = 0;
  let initialWindow = DEFAULT_WINDOW_BYTES;
  let receiveWindow = CONNECTION_WINDOW_BYTES;
  let unreported = 0;
  /** The fields that were looked at last; clients repeat themselves. */
  let checked: CheckedRequest = { fields: [], isRequest: false, bytes: undefined };
  let greeted = false;
  let over = false;
  let isHeldBack = false;

  const pumpWaiting = (): void => {
    // Those that must wait on come back into the set.
    const stopped = [...connection.waiting];
    connection.waiting.clear();
    for (const stream of stopped) pump(stream);
  };
  const closeAll = (): void => {
    over = true;
    for (const stream of streams.values()) closeStream(stream);
  };
  const fail = (error: unknown): void => {
    if (over) return;
    const { code, message } =
      error instanceof ConnectionError ? error : { code: ERROR.internal, message: "the server failed" };
    output.push(goawayFrame(lastStream, code, message));
    output.flush();
    closeAll();
    socket.end();
    // Unread bytes would make the system reset the connection, and the last word would be lost.
    socket.resume();
    setTimeout(() => socket.destroy(), 1000).unref();
  };
  const onFrame = (type: number, flags: number, id: number, payload: Buffer): void => {
    if (over) return;
    if (!greeted && (type !== FRAME.settings || flags & FLAG.ack)) throw protocol("the first frame is not SETTINGS");
    greeted = true;
    blocks.admit(type, id);
    switch (type) {
      case FRAME.data:
        return onData(flags, id, payload);
      case FRAME.headers:
        return blocks.begin(flags, id, payload);
      case FRAME.continuation:
        return blocks.goOn(flags, payload);
      case FRAME.priority:
        if (id === 0) throw protocol("PRIORITY without a stream");
        if (payload.length !== 5) return resetById(id, ERROR.frameSize);
        if ((payload.readUInt32BE(0) & MAX_WINDOW_BYTES) === id) return resetById(id, ERROR.protocol);
        return;
      case FRAME.rstStream:
        return onReset(id, payload);
      case FRAME.settings:
        return onSettings(flags, id, payload);
      case FRAME.pushPromise:
        throw protocol("a client cannot promise a push");
      case FRAME.ping:
        if (id !== 0) throw protocol("PING on a stream");
        if (payload.length !== 8) throw new ConnectionError(ERROR.frameSize, "PING without 8 bytes");
        if (!(flags & FLAG.ack)) output.push(pingAck(payload));
        return;
      case FRAME.goaway:
        if (id !== 0) throw protocol("GOAWAY on a stream");
        // Who leaves closes the connection, once it has its answers.
        return;
      case FRAME.windowUpdate:
        return onWindowUpdate(id, payload);
      default:
        // Frames of extensions mean nothing here (RFC 9113, 5.5).
        return;
    }
  };
  const resetById = (id: number, code: number): void => {
    const stream = streams.get(id);
    if (stream === undefined) output.push(resetFrame(id, code));
    else abandon(stream, code);
  };
  const onData = (flags: number, id: number, payload: Buffer): void => {
    const body = unpadded(flags, payload, 0);
    receiveWindow -= payload.length;
    if (receiveWindow < 0) throw new ConnectionError(ERROR.flowControl, "the connection's window is exceeded");
    unreported += payload.length;
    if (unreported >= CONNECTION_WINDOW_BYTES / 2) {
      output.push(windowUpdate(0, unreported));
      receiveWindow += unreported;
      unreported = 0;
    }
    const stream = streams.get(id);
    const ends = (flags & FLAG.endStream) !== 0;
    if (stream === undefined) {
      requireKnown(id);
      if (released.has(id)) return forget(id, ends);
      return output.push(resetFrame(id, ERROR.streamClosed));
    }
    if (stream.remoteEnded) return abandon(stream, ERROR.streamClosed);
    stream.receiveWindow -= payload.length;
    if (stream.receiveWindow < 0) return abandon(stream, ERROR.flowControl);
    // Padding is read by nobody else.
    giveBack(stream, payload.length - body.length);
    if (stream.expectedBytes !== undefined) stream.expectedBytes -= body.length;
    if (isLengthWrong(stream, ends)) return abandon(stream, ERROR.protocol);
    // Known before its last bytes are told of: an answer to them needs no release then.
    if (ends) stream.remoteEnded = true;
    if (body.length > 0) receiveBody(stream, body);
    if (ends && !stream.gone) receiveEnd(stream);
  };
  const forget = (id: number, ends: boolean): void => {
    if (ends) released.delete(id);
  };
  const requireKnown = (id: number): void => {
    if (id === 0 || id > lastStream || id % 2 === 0) throw protocol("a frame for a stream that was never opened");
  };
  const onBlock = (id: number, ends: boolean, bytes: Buffer): void => {
    // Before anything else: the tables are the connection's.
    const fields = decoder.decode(bytes);
    const known = streams.get(id);
    if (known !== undefined) {
      if (known.remoteEnded) throw new ConnectionError(ERROR.streamClosed, "HEADERS for a stream that has ended");
      if (!ends || fields === TOO_LONG || !areTrailers(fields) || isLengthWrong(known, true))
        return abandon(known, ERROR.protocol);
      return receiveEnd(known);
    }
    if (id <= lastStream) {
      if (released.has(id)) return forget(id, ends);
      throw new ConnectionError(ERROR.streamClosed, "HEADERS for a stream that is over");
    }
    lastStream = id;
    if (streams.size >= MAX_STREAMS) return output.push(resetFrame(id, ERROR.refusedStream));
    const request = check(fields === TOO_LONG ? [] : fields);
    const stream = createStream(connection, id, request.fields, initialWindow, request.bytes);
    stream.remoteEnded = ends;
    streams.set(id, stream);
    if (fields === TOO_LONG) return sendHead(stream, TOO_LARGE_HEAD, "last");
    if (!request.isRequest || isLengthWrong(stream, ends)) return abandon(stream, ERROR.protocol);
    onRequest(stream);
    if (ends && !stream.gone) receiveEnd(stream);
  };
  const check = (fields: readonly Field[]): CheckedRequest => {
    if (fields === checked.fields) return checked;
    const bytes = declaredBytes(fields);
    checked = { fields, isRequest: isRequest(fields) && !Number.isNaN(bytes), bytes };
    return checked;
  };
  const onReset = (id: number, payload: Buffer): void => {
    if (payload.length !== 4) throw new ConnectionError(ERROR.frameSize, "RST_STREAM without 4 bytes");
    requireKnown(id);
    released.delete(id);
    const stream = streams.get(id);
    if (stream === undefined) return;
    stream.remoteEnded = true;
    closeStream(stream);
  };
  const onSettings = (flags: number, id: number, payload: Buffer): void => {
    if (id !== 0) throw protocol("SETTINGS on a stream");
    if (payload.length % 6 !== 0 || (flags & FLAG.ack && payload.length > 0))
      throw new ConnectionError(ERROR.frameSize, "SETTINGS of a wrong length");
    if (flags & FLAG.ack) return;
    for (let at = 0; at < payload.length; at += 6) onSetting(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    output.push(settingsAck);
    for (const stream of streams.values()) if (isWaiting(stream)) pump(stream);
  };
  const onSetting = (setting: number, value: number): void => {
    switch (setting) {
      case SETTING.headerTableSize:
        connection.tableChanged = true;
        return;
      case SETTING.enablePush:
        if (value > 1) throw protocol("ENABLE_PUSH is neither 0 nor 1");
        return;
      case SETTING.initialWindowSize:
        if (value > MAX_WINDOW_BYTES) throw new ConnectionError(ERROR.flowControl, "a window is too large");
        for (const stream of streams.values()) widen(stream, value - initialWindow);
        initialWindow = value;
        return;
      case SETTING.maxFrameSize:
        if (value < MAX_FRAME_BYTES || value > 0xff_ffff) throw protocol("MAX_FRAME_SIZE is out of bounds");
        return;
      default:
        return;
    }
  };
  const widen = (stream: Stream, bytes: number): void => {
    stream.sendWindow += bytes;
    if (stream.sendWindow > MAX_WINDOW_BYTES) throw new ConnectionError(ERROR.flowControl, "a window is too large");
  };
  const onWindowUpdate = (id: number, payload: Buffer): void => {
    if (payload.length !== 4) throw new ConnectionError(ERROR.frameSize, "WINDOW_UPDATE without 4 bytes");
    const bytes = payload.readUInt32BE(0) & MAX_WINDOW_BYTES;
    if (id === 0) {
      if (bytes === 0) throw protocol("WINDOW_UPDATE of nothing");
      connection.sendWindow += bytes;
      if (connection.sendWindow > MAX_WINDOW_BYTES)
        throw new ConnectionError(ERROR.flowControl, "the connection's window is too large");
      return pumpWaiting();
    }
    requireKnown(id);
    const stream = streams.get(id);
    if (stream === undefined) return;
    if (bytes === 0) return abandon(stream, ERROR.protocol);
    if (stream.sendWindow + bytes > MAX_WINDOW_BYTES) return abandon(stream, ERROR.flowControl);
    stream.sendWindow += bytes;
    if (isWaiting(stream)) pump(stream);
  };
  const blocks = createHeaderBlocks(onBlock);
  const reader = createFrameReader(onFrame);
  const receive = (bytes: Buffer): void => {
    if (over) return;
    connection.receivedMs = nowMs();
    try {
      reader.push(bytes);
    } catch (error) {
      return fail(error);
    }
    if (output.waitingBytes <= MAX_UNTAKEN_BYTES) return;
    isHeldBack = true;
    socket.pause();
  };
  socket.on("data", receive);
  socket.on("close", closeAll);
  output.push(HELLO);
  socket.resume();
  receive(first);
}

/** Whether a stream has something to send, or someone who waits to be told that it could. */
function isWaiting(stream: Stream): boolean {
  return stream.queue.length > 0 || stream.drained !== undefined;
}

/** Whether more or less came than the request has said. */
function isLengthWrong({ expectedBytes }: Stream, ends: boolean): boolean {
  return expectedBytes !== undefined && (expectedBytes < 0 || (ends && expectedBytes > 0));
}

function protocol(message: string): ConnectionError {
  return new ConnectionError(ERROR.protocol, message);
}
