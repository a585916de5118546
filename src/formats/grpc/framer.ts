/**
 * Length-prefixed messages (gRPC over HTTP/2, "Length-Prefixed-Message"): a byte that says whether the message is compressed, its
 * length in four bytes, the message. A frame is all three together.
 *
 * A message above the limit is passed over in malformed pieces of at most that length, and reading goes on behind it. After a first
 * byte that is neither 0 nor 1 nothing tells where the next message begins, so all the rest is malformed.
 */
import { createByteCollector } from "../../base/byte-collector.ts";
import type { Frame, Framer } from "../format.ts";

/** Bytes before a message. */
export const PREFIX_BYTES = 5;

export interface FramerOptions {
  /** Longest message, without its prefix. */
  readonly maxMessageBytes: number;
  /** False where no header names a coding: a compressed message cannot be read then. */
  readonly mayBeCompressed: boolean;
}

/** Creates the framer of one direction of a call. */
export function createMessageFramer({ maxMessageBytes, mayBeCompressed }: FramerOptions): Framer {
  const limit = Math.max(PREFIX_BYTES, maxMessageBytes);
  const waiting = createByteCollector();
  const prefix = new Uint8Array(PREFIX_BYTES);
  let frames: Frame[] = [];
  let prefixLength = 0;
  /** Bytes that are still to come of the message whose prefix was read. */
  let missing = 0;
  let problem: string | undefined;
  /** The message is above the limit: it leaves in pieces. Infinity: there are no messages any more. */
  let isInPieces = false;

  const emit = (): void => {
    const bytes = waiting.take();
    frames.push(problem === undefined ? { kind: "message", bytes } : { kind: "malformed", bytes, detail: problem });
  };
  const reset = (): void => {
    prefixLength = 0;
    missing = 0;
    problem = undefined;
    isInPieces = false;
  };
  const readPrefix = (): void => {
    const [flag] = prefix;
    missing = prefix[1]! * 0x1000000 + ((prefix[2]! << 16) | (prefix[3]! << 8) | prefix[4]!);
    waiting.append(prefix.slice());
    if (flag! > 1) {
      missing = Infinity;
      isInPieces = true;
      problem = `a message begins with 0 or 1, not with ${flag!}`;
    } else if (missing > maxMessageBytes) {
      isInPieces = true;
      problem = `longer than ${maxMessageBytes} bytes`;
    } else if (flag === 1 && !mayBeCompressed) problem = "compressed, but no grpc-encoding says how";
  };
  const keep = (part: Uint8Array): void => {
    let rest = part;
    const most = isInPieces ? limit : Infinity;
    while (waiting.length + rest.length > most) {
      const room = limit - waiting.length;
      waiting.append(rest.subarray(0, room));
      rest = rest.subarray(room);
      emit();
    }
    if (rest.length > 0) waiting.append(rest);
  };

  return {
    push(chunk) {
      frames = [];
      let at = 0;
      while (at < chunk.length) {
        if (prefixLength < PREFIX_BYTES) {
          // Most messages lie whole in one chunk: their frame is a view of it.
          const whole = prefixLength === 0 ? wholeLength(chunk, at, maxMessageBytes, mayBeCompressed) : -1;
          if (whole >= 0) {
            frames.push({
              kind: "message",
              bytes: whole === chunk.length ? chunk : chunk.subarray(at, at + whole),
            });
            at += whole;
            continue;
          }
          prefix[prefixLength++] = chunk[at++]!;
          // What cannot be a first byte is told apart at once, however the bytes were cut.
          if (prefixLength < PREFIX_BYTES) continue;
          readPrefix();
        } else {
          const count = Math.min(missing, chunk.length - at);
          keep(chunk.subarray(at, at + count));
          at += count;
          missing -= count;
        }
        if (missing === 0) {
          if (waiting.length > 0) emit();
          reset();
        }
      }
      return frames;
    },
    end() {
      frames = [];
      if (prefixLength > 0 && prefixLength < PREFIX_BYTES) waiting.append(prefix.slice(0, prefixLength));
      if (waiting.length > 0) {
        if (missing !== Infinity)
          problem ??=
            prefixLength < PREFIX_BYTES ? "cut off in a length prefix" : `cut off: ${missing} bytes are missing`;
        emit();
      }
      reset();
      return frames;
    },
  };
}

/** Length of the frame that lies whole and well-formed at `at` in the chunk, or -1. */
function wholeLength(chunk: Uint8Array, at: number, maxMessageBytes: number, mayBeCompressed: boolean): number {
  if (chunk.length - at < PREFIX_BYTES || chunk[at]! > (mayBeCompressed ? 1 : 0)) return -1;
  const length = chunk[at + 1]! * 0x1000000 + ((chunk[at + 2]! << 16) | (chunk[at + 3]! << 8) | chunk[at + 4]!);
  return length <= maxMessageBytes && chunk.length - at - PREFIX_BYTES >= length ? length + PREFIX_BYTES : -1;
}

/** One frame of a message. */
export function frameFromMessage(message: Uint8Array, isCompressed: boolean): Uint8Array {
  const out = new Uint8Array(PREFIX_BYTES + message.length);
  out[0] = isCompressed ? 1 : 0;
  new DataView(out.buffer).setUint32(1, message.length);
  out.set(message, PREFIX_BYTES);
  return out;
}
