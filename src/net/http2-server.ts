import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { MAX_HEADER_BYTES } from "./header-limit.ts";
import { putBack } from "./sniff.ts";

/** Takes one HTTP/2 stream; `rawHeaders` are names and values in turn, as sent. */
export type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]) => void;

/** Bytes one h2 stream may have on the way unread, and one connection; the default of 64 KiB costs a fifth of the throughput. */
const STREAM_WINDOW_BYTES = 256 * 1024;
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;

/** Settings of every h2 session wraith opens or accepts. The default session memory (10 MB) fails most of 500 concurrent streams. */
export const HTTP2_OPTIONS = {
  maxSessionMemory: 1000,
  maxHeaderListPairs: 4000,
  maxSendHeaderBlockLength: MAX_HEADER_BYTES,
  settings: { initialWindowSize: STREAM_WINDOW_BYTES, maxHeaderListSize: MAX_HEADER_BYTES },
} as const;

/** Widens the connection's receive window; to be called once the session is connected. */
export function widenWindow(session: { setLocalWindowSize(size: number): void }): void {
  session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
}

/** Takes connections that speak h2 from their first byte, which has been read. */
export function createHttp2Acceptor(onStream: OnStream): (socket: Socket, first: Buffer) => void {
  const server = createServer(HTTP2_OPTIONS);
  server.on("session", (session: ServerHttp2Session) => {
    widenWindow(session);
    session.on("error", () => session.destroy());
  });
  server.on("sessionError", () => undefined);
  server.on(
    "stream",
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) => {
      stream.on("error", () => undefined);
      onStream(stream, headers, rawHeaders);
    },
  );
  return (socket, first) => {
    putBack(socket, first);
    server.emit("connection", socket);
  };
}
