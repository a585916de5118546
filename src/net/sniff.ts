import type { Socket } from "node:net";
import { PREFACE } from "./h2/protocol.ts";

/**
 * Reads the first bytes of a connection, says once which protocol they speak, and puts them back. A socket that ends or
 * fails before it can be told is destroyed. The socket is left paused, as whoever takes it over expects a new one to be.
 */
export function sniffProtocol(socket: Socket, decided: (protocol: "http1" | "http2") => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const onReadable = (): void => {
    // `data` listeners would leave the socket flowing, and an h2 session cannot take over a flowing socket.
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, PREFACE.length);
    const same = seen.toString("latin1", 0, length) === PREFACE.slice(0, length);
    if (same && length < PREFACE.length) return;
    stop();
    // Put back once only: bytes put back while undecided would be readable at once, for ever.
    socket.unshift(seen);
    decided(same ? "http2" : "http1");
  };
  const onGone = (): void => {
    stop();
    socket.destroy();
  };
  const stop = (): void => {
    socket.off("readable", onReadable);
    socket.off("end", onGone);
    socket.off("error", onGone);
  };
  socket.on("readable", onReadable);
  socket.on("end", onGone);
  socket.on("error", onGone);
}
