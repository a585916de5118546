import type { Socket } from "node:net";
import { writeStreamId, type ReadyFrames } from "./frames.ts";

/** What is gathered for one write; a larger piece leaves in several. */
const SLAB_BYTES = 64 * 1024;
/** Slabs kept for the next writes of all connections. */
const MAX_SPARE_SLABS = 32;
/** As much may wait for a slow peer before bodies do. */
const MAX_WAITING_BYTES = 256 * 1024;

/** What leaves a connection. All that is said in one turn of the loop leaves in one write, in its order. */
export interface Output {
  /** Bytes of a frame that is not for later. They are copied. */
  push(bytes: Uint8Array): void;
  /** Frames with the stream's number in place. */
  pushFrames(frames: ReadyFrames, stream: number): void;
  /** Room for so many bytes, to be filled at once: `bytes` from `at`. At most 64 KiB. */
  reserve(length: number): { readonly bytes: Buffer; readonly at: number };
  /** Whether more of bodies would only pile up; `onDrain` is called when that is over. */
  readonly congested: boolean;
  /** Bytes the peer has not taken. */
  readonly waitingBytes: number;
  /** Sends what was gathered, now. */
  flush(): void;
}

const spares: Buffer[] = [];

function takeSlab(): Buffer {
  return spares.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
}

function giveBack(slab: Buffer): void {
  if (spares.length < MAX_SPARE_SLABS) spares.push(slab);
}

export function createOutput(socket: Socket, onDrain: () => void): Output {
  /** Only while something is gathered in it: an idle connection holds none. */
  let slab: Buffer | undefined;
  let used = 0;
  let planned = false;
  let congested = false;

  const write = (): void => {
    if (slab === undefined) return;
    const full = slab;
    const bytes = full.subarray(0, used);
    slab = undefined;
    used = 0;
    if (!socket.writable) return giveBack(full);
    // Not called where the socket breaks before: a slab is lost to the pool then, no more.
    socket.write(bytes, () => giveBack(full));
    if (socket.writableLength >= MAX_WAITING_BYTES) congested = true;
  };
  const flush = (): void => {
    planned = false;
    write();
  };
  const plan = (): void => {
    if (planned) return;
    planned = true;
    process.nextTick(flush);
  };
  const room = (length: number): { bytes: Buffer; at: number } => {
    if (slab !== undefined && used + length > SLAB_BYTES) write();
    slab ??= takeSlab();
    plan();
    const at = used;
    used += length;
    return { bytes: slab, at };
  };
  const push = (bytes: Uint8Array): void => {
    for (let from = 0; from < bytes.length; from += SLAB_BYTES) {
      const piece = bytes.length <= SLAB_BYTES ? bytes : bytes.subarray(from, from + SLAB_BYTES);
      const { bytes: out, at } = room(piece.length);
      out.set(piece, at);
    }
  };
  socket.on("drain", () => {
    if (!congested) return;
    congested = false;
    onDrain();
  });
  return {
    push,
    pushFrames: (frames, stream) => {
      if (frames.bytes.length <= SLAB_BYTES) {
        const { bytes, at } = room(frames.bytes.length);
        bytes.set(frames.bytes, at);
        for (const start of frames.starts) writeStreamId(bytes, at + start, stream);
        return;
      }
      const copy = Buffer.from(frames.bytes);
      for (const start of frames.starts) writeStreamId(copy, start, stream);
      push(copy);
    },
    reserve: room,
    get congested() {
      return congested;
    },
    get waitingBytes() {
      return socket.writableLength + used;
    },
    flush,
  };
}
