import type { Socket } from "node:net";

/** More than this does not wait for the end of the turn. */
const MAX_WAITING_BYTES = 64 * 1024;

/** Writes to a socket: what is put in one turn of the event loop leaves at its end in one piece, as a write costs more than the bytes in it. */
export interface TurnOutput {
  /** Takes bytes, which must not change afterwards. False: wait for the socket's `drain` before more. */
  put(bytes: Uint8Array): boolean;
  /** Writes what waits. */
  flush(): void;
}

export function createTurnOutput(socket: Socket): TurnOutput {
  let parts: Uint8Array[] = [];
  let waitingBytes = 0;
  let scheduled = false;
  const flush = (): void => {
    if (waitingBytes === 0) return;
    const all = parts;
    parts = [];
    if (waitingBytes <= MAX_WAITING_BYTES) socket.write(all.length === 1 ? all[0]! : Buffer.concat(all, waitingBytes));
    else {
      socket.cork();
      for (const part of all) socket.write(part);
      socket.uncork();
    }
    waitingBytes = 0;
  };
  const flushAtEnd = (): void => {
    scheduled = false;
    flush();
  };
  return {
    put: (bytes) => {
      parts.push(bytes);
      waitingBytes += bytes.length;
      if (waitingBytes > MAX_WAITING_BYTES) flush();
      else if (!scheduled) {
        scheduled = true;
        process.nextTick(flushAtEnd);
      }
      return !socket.writableNeedDrain;
    },
    flush,
  };
}
