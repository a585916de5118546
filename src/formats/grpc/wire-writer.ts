import { traceBytes, type WriteTrace } from "./write-trace.ts";

/** Bytes in the making, in the one form that `wire-reader` reads. */
export interface WireWriter {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  at: number;
  /** Notes the steps, while one is wanted. */
  trace: WriteTrace | undefined;
}

export function createWireWriter(): WireWriter {
  const bytes = new Uint8Array(512);
  return { bytes, view: new DataView(bytes.buffer), at: 0, trace: undefined };
}

/** Makes room for so many bytes. */
export function reserve(w: WireWriter, count: number): void {
  if (w.at + count <= w.bytes.length) return;
  const grown = new Uint8Array(Math.max(w.bytes.length * 2, w.at + count));
  grown.set(w.bytes.subarray(0, w.at));
  w.bytes = grown;
  w.view = new DataView(grown.buffer);
}

/** A varint of two unsigned halves of 32 bits. */
export function writeVarint(w: WireWriter, lo: number, hi: number): void {
  reserve(w, 10);
  const { bytes } = w;
  if (hi === 0 && lo < 0x80) {
    bytes[w.at++] = lo;
    return;
  }
  let low = lo;
  let high = hi;
  while (high !== 0 || low > 0x7f) {
    bytes[w.at++] = (low & 0x7f) | 0x80;
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  bytes[w.at++] = low;
}

export function writeFixed32(w: WireWriter, lo: number): void {
  reserve(w, 4);
  w.view.setUint32(w.at, lo, true);
  w.at += 4;
}

export function writeFixed64(w: WireWriter, lo: number, hi: number): void {
  reserve(w, 8);
  w.view.setUint32(w.at, lo, true);
  w.view.setUint32(w.at + 4, hi, true);
  w.at += 8;
}

export function writeBytes(w: WireWriter, bytes: Uint8Array): void {
  reserve(w, bytes.length);
  w.bytes.set(bytes, w.at);
  w.at += bytes.length;
}

/** Begins something with a length before it; its mark is for `endLength`. One byte is kept for the length. */
export function beginLength(w: WireWriter): number {
  reserve(w, 1);
  const { trace } = w;
  if (trace === undefined) return w.at++;
  traceBytes(trace, w);
  trace.steps.push({ kind: "begin" });
  trace.from = w.at + 1;
  return w.at++;
}

/** Writes the length of all that was written since the mark, before it. */
export function endLength(w: WireWriter, mark: number): void {
  const { trace } = w;
  if (trace !== undefined) {
    traceBytes(trace, w);
    trace.steps.push({ kind: "end" });
  }
  putLength(w, mark);
  if (trace !== undefined) trace.from = w.at;
}

function putLength(w: WireWriter, mark: number): void {
  const start = mark + 1;
  const length = w.at - start;
  if (length < 0x80) {
    w.bytes[mark] = length;
    return;
  }
  let extra = 0;
  for (let rest = Math.floor(length / 128); rest > 0; rest = Math.floor(rest / 128)) extra++;
  reserve(w, extra);
  w.bytes.copyWithin(start + extra, start, w.at);
  const end = w.at + extra;
  w.at = mark;
  writeVarint(w, length, 0);
  w.at = end;
}

/** Short messages lie side by side in blocks: a buffer for each would cost more than the message. */
const BLOCK_BYTES = 16 * 1024;
const SHARED_BYTES = 1024;
let block = new Uint8Array(BLOCK_BYTES);
let used = 0;

/** What was written, for good; the writer can be used again. */
export function takeWritten(w: WireWriter): Uint8Array<ArrayBuffer> {
  const length = w.at;
  w.at = 0;
  if (length > SHARED_BYTES) return w.bytes.slice(0, length);
  if (used + length > BLOCK_BYTES) {
    block = new Uint8Array(BLOCK_BYTES);
    used = 0;
  }
  const out = new Uint8Array(block.buffer, used, length);
  used += length;
  const { bytes } = w;
  for (let i = 0; i < length; i++) out[i] = bytes[i]!;
  return out;
}
