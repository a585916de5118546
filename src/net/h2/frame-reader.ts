import { ConnectionError, ERROR, FRAME_HEAD_BYTES, MAX_FRAME_BYTES, PREFACE } from "./protocol.ts";

/** A frame as a peer sent it; the payload is a view of what was pushed. */
export type OnFrame = (type: number, flags: number, stream: number, payload: Buffer) => void;

/** Finds the frames of a connection, behind its preface. Holds at most one that is not whole. Throws where a peer breaks the rules. */
export function createFrameReader(onFrame: OnFrame): { push(bytes: Buffer): void } {
  let rest: Buffer = EMPTY;
  let begun = false;
  const readPreface = (bytes: Buffer): boolean => {
    const length = Math.min(bytes.length, PREFACE.length);
    if (bytes.toString("latin1", 0, length) !== PREFACE.slice(0, length))
      throw new ConnectionError(ERROR.protocol, "the connection preface is not that of HTTP/2");
    return length === PREFACE.length;
  };
  return {
    push: (bytes) => {
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      let at = 0;
      if (!begun) {
        begun = readPreface(all);
        if (!begun) {
          rest = all;
          return;
        }
        at = PREFACE.length;
      }
      while (all.length - at >= FRAME_HEAD_BYTES) {
        const length = (all[at]! << 16) | (all[at + 1]! << 8) | all[at + 2]!;
        if (length > MAX_FRAME_BYTES)
          throw new ConnectionError(
            ERROR.frameSize,
            `a frame of ${length} bytes is above the limit of ${MAX_FRAME_BYTES}`,
          );
        const end = at + FRAME_HEAD_BYTES + length;
        if (end > all.length) break;
        const stream = all.readUInt32BE(at + 5) & 0x7fff_ffff;
        onFrame(all[at + 3]!, all[at + 4]!, stream, all.subarray(at + FRAME_HEAD_BYTES, end));
        at = end;
      }
      rest = at === all.length ? EMPTY : all.subarray(at);
    },
  };
}

const EMPTY: Buffer = Buffer.alloc(0);
