import type { Socket } from "node:net";
import { PREFACE } from "./h2/protocol.ts";

/**
 * Reads the first bytes of a connection and says once which protocol they speak. The bytes are handed on with it, as putting them back
 * costs more than most answers: who gets them takes the socket over in the same call, or pauses it. A socket that ends
 * before it can be told is destroyed; errors are its owner's.
 */
export function sniffProtocol(socket: Socket, decided: (protocol: "http1" | "http2", first: Buffer) => void): void {
  let seen: Buffer | undefined;
  const onData = (bytes: Buffer): void => {
    const all = seen === undefined ? bytes : Buffer.concat([seen, bytes]);
    const length = Math.min(all.length, PREFACE.length);
    // No method but PRI begins like it, so that one letter tells most requests.
    const same = all[0] === PREFACE_START && all.toString("latin1", 0, length) === PREFACE.slice(0, length);
    if (same && length < PREFACE.length) {
      seen = all;
      return;
    }
    socket.off("data", onData);
    socket.off("end", destroy);
    decided(same ? "http2" : "http1", all);
  };
  socket.on("data", onData);
  socket.on("end", destroy);
}

const PREFACE_START = PREFACE.charCodeAt(0);

function destroy(this: Socket): void {
  this.destroy();
}

/** Gives a connection to one of Node's servers, which reads from the socket what came first. It is paused, or the bytes would be lost. */
export function putBack(socket: Socket, first: Buffer): void {
  socket.pause();
  if (first.length > 0) socket.unshift(first);
}
