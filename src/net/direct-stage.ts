import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { HeaderList } from "../base/http.ts";
import type { Stage } from "./player.ts";
import { createHttp1Head } from "./serve-http1.ts";

/** A head as it goes over the socket. */
export function createDirectHead(status: number, headers: HeaderList, framed: boolean): Buffer {
  const { raw } = createHttp1Head(status, headers, framed);
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "unknown"}\r\n${linesOf(raw)}\r\n`, "latin1");
}

/** Names and values in turn as lines. */
function linesOf(raw: readonly string[]): string {
  let text = "";
  for (let i = 0; i < raw.length; i += 2) text += `${raw[i]!}: ${raw[i + 1]!}\r\n`;
  return text;
}

/** `closing`: the connection ends with this answer. A client that asked for it is not told so: see `client-http1`. */
export function createDirectStage(socket: Socket, closing: boolean): Stage<Buffer> {
  let over = false;
  let head: Buffer | undefined;
  /** The head and the first bytes behind it leave in one piece. */
  const write = (bytes: Uint8Array): boolean => {
    const first = head;
    head = undefined;
    if (first === undefined) return bytes.length === 0 || socket.write(bytes);
    if (bytes.length === 0) return socket.write(first);
    socket.cork();
    socket.write(first);
    const all = socket.write(bytes);
    socket.uncork();
    return all;
  };
  return {
    informational: (status, headers) => {
      if (over) return;
      const { raw } = createHttp1Head(status, headers, false);
      socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${linesOf(raw)}\r\n`, "latin1");
    },
    head: (plan) => {
      if (!over) ({ head } = plan);
    },
    flush: () => {
      if (!over) write(NOTHING);
    },
    send: (bytes) => over || write(bytes),
    drained: (callback) => void socket.once("drain", callback),
    end: (bytes) => {
      if (over) return;
      over = true;
      write(bytes);
      if (closing) socket.end();
    },
    reset: () => {
      if (over) return;
      over = true;
      write(NOTHING);
      socket.destroySoon();
    },
  };
}

const NOTHING = new Uint8Array(0);
