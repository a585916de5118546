import { MAX_HEADER_BYTES } from "../header-limit.ts";
import { unpadded } from "./frames.ts";
import { ConnectionError, ERROR, FLAG, FRAME, MAX_WINDOW_BYTES } from "./protocol.ts";

/** Frames that one block may be cut into. */
const MAX_FRAMES = 1024;

/** Takes a whole header block: what it opens or ends, and its bytes. */
export type OnBlock = (stream: number, endStream: boolean, bytes: Buffer) => void;

/** Puts header blocks together, whose frames nothing may come between (RFC 9113, 4.3). */
export interface HeaderBlocks {
  /** Throws where a frame comes in the midst of a block that it is not part of. */
  admit(type: number, stream: number): void;
  /** A HEADERS frame. */
  begin(flags: number, stream: number, payload: Buffer): void;
  /** A CONTINUATION frame. */
  goOn(flags: number, payload: Buffer): void;
}

export function createHeaderBlocks(onBlock: OnBlock): HeaderBlocks {
  let parts: Buffer[] = [];
  let bytes = 0;
  /** Whose block is not whole yet. */
  let open: { readonly stream: number; readonly endStream: boolean } | undefined;
  const add = (fragment: Buffer, flags: number): void => {
    bytes += fragment.length;
    parts.push(fragment);
    if (bytes > MAX_HEADER_BYTES || parts.length > MAX_FRAMES)
      throw new ConnectionError(ERROR.enhanceYourCalm, "a header block is too long");
    if (!(flags & FLAG.endHeaders)) return;
    const { stream, endStream } = open!;
    const block = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    open = undefined;
    parts = [];
    bytes = 0;
    onBlock(stream, endStream, block);
  };
  return {
    admit: (type, stream) => {
      if (open !== undefined && (type !== FRAME.continuation || stream !== open.stream))
        throw new ConnectionError(ERROR.protocol, "a header block is interrupted");
    },
    begin: (flags, stream, payload) => {
      if (stream % 2 === 0) throw new ConnectionError(ERROR.protocol, "a client's streams have odd numbers");
      const fragment = unpadded(flags, payload, flags & FLAG.priority ? 5 : 0);
      if (flags & FLAG.priority) {
        const dependency = payload.readUInt32BE(flags & FLAG.padded ? 1 : 0) & MAX_WINDOW_BYTES;
        if (dependency === stream) throw new ConnectionError(ERROR.protocol, "a stream depends on itself");
      }
      open = { stream, endStream: (flags & FLAG.endStream) !== 0 };
      add(fragment, flags);
    },
    goOn: (flags, payload) => {
      if (open === undefined) throw new ConnectionError(ERROR.protocol, "CONTINUATION without a header block");
      add(payload, flags);
    },
  };
}
