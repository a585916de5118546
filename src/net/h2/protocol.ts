/** What every HTTP/2 connection with prior knowledge begins with (RFC 9113, 3.4). No HTTP/1 request can begin so. */
export const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Frame types (RFC 9113, 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of frames. `ack` and `endStream` are one bit with two meanings. */
export const FLAG = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** Settings that wraith sends or heeds (RFC 9113, 6.5.2). */
export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

/** Error codes (RFC 9113, 7). */
export const ERROR = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;

export const FRAME_HEAD_BYTES = 9;
/** The longest payload that both sides take without asking, and the longest that wraith sends. */
export const MAX_FRAME_BYTES = 16_384;
/** What both sides may have on the way until a setting or a window update says otherwise. */
export const DEFAULT_WINDOW_BYTES = 65_535;
/** The most that a window may grow to. */
export const MAX_WINDOW_BYTES = 0x7fff_ffff;
/** Size of a header table until a setting says otherwise (RFC 7541, 4.2; an entry counts 32 bytes more than its text). */
export const DEFAULT_TABLE_BYTES = 4096;

/** The peer broke the protocol: the whole connection ends with this code. */
export class ConnectionError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.name = "ConnectionError";
    this.code = code;
  }
}
