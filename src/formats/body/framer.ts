import { createByteCollector } from "../../base/byte-collector.ts";
import type { Frame, Framer } from "../format.ts";

/**
 * A body is one frame, which is there when the body ends; an empty one is none. A body above `maxMessageBytes` comes in malformed
 * pieces of that length, as it arrives, and is no event: memory stays bounded, and the pieces give the same bytes again.
 */
export function createBodyFramer(maxMessageBytes: number): Framer {
  const limit = Math.max(1, maxMessageBytes);
  const waiting = createByteCollector();
  let isTooLong = false;
  const malformed = (): Frame => ({ kind: "malformed", bytes: waiting.take(), detail: `longer than ${limit} bytes` });
  return {
    push(chunk) {
      const frames: Frame[] = [];
      let rest = chunk;
      while (waiting.length + rest.length > limit) {
        const room = limit - waiting.length;
        if (room > 0) waiting.append(rest.subarray(0, room));
        rest = rest.subarray(room);
        isTooLong = true;
        frames.push(malformed());
      }
      if (rest.length > 0) waiting.append(rest);
      return frames;
    },
    end() {
      if (waiting.length === 0) return [];
      return [isTooLong ? malformed() : { kind: "message", bytes: waiting.take() }];
    },
  };
}
