import { createByteCollector } from "../base/byte-collector.ts";

const LF = 10;

/** Cuts bytes that come in pieces into lines, without their line ends. Linear, however long the lines and small the pieces. */
export interface LineSplitter {
  /** Pieces may be cut anywhere. They are not kept. */
  push(bytes: Uint8Array): void;
  /** Gives the last line, where it has no line end. */
  end(): void;
}

/** `take` gets each line; its bytes are not to be kept. */
export function createLineSplitter(take: (line: Uint8Array) => void): LineSplitter {
  const rest = createByteCollector();
  return {
    push(bytes) {
      let start = 0;
      for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
        const part = bytes.subarray(start, end);
        if (rest.length === 0) take(part);
        else {
          rest.append(part);
          take(rest.take());
        }
        start = end + 1;
      }
      if (start < bytes.length) rest.append(bytes.slice(start));
    },
    end() {
      if (rest.length > 0) take(rest.take());
    },
  };
}
