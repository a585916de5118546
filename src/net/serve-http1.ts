import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { concatBytes } from "../base/bytes.ts";
import type { HeaderList } from "../base/http.ts";
import { sendable } from "./client-http1.ts";
import { EMPTY } from "./forwarding.ts";
import type { Stage } from "./player.ts";
import type { PreparedPlan } from "./prepared.ts";

/** Status and headers, names and values in turn, as Node writes them. */
export interface Http1Head {
  readonly status: number;
  readonly raw: readonly string[];
}

/** A head for HTTP/1: as in the plan, and nothing of Node's. */
export function createHttp1Head(status: number, headers: HeaderList, framed: boolean): Http1Head {
  // Node refuses an announcement of trailers where there can be none.
  const list = framed ? headers : headers.filter(([n]) => n.toLowerCase() !== "trailer");
  const raw = sendable(list).flat();
  return { status, raw: framed ? [...raw, "Transfer-Encoding", "chunked"] : raw };
}

/** Reads a request's body, up to a limit. Exactly one of the callbacks is called, or none where the client leaves before. */
export function readHttp1Body(
  request: IncomingMessage,
  maxBytes: number,
  callbacks: { whole(body: Uint8Array): void; tooLarge(): void },
): void {
  const length = request.headers["content-length"];
  if (request.headers["transfer-encoding"] === undefined && (length === undefined || Number(length) === 0))
    return callbacks.whole(EMPTY);
  if (length !== undefined && Number(length) > maxBytes) return callbacks.tooLarge();
  let parts: Buffer[] = [];
  let size = 0;
  request.on("data", (bytes: Buffer) => {
    size += bytes.length;
    if (size <= maxBytes) parts.push(bytes);
    else if (size - bytes.length <= maxBytes) {
      parts = [];
      callbacks.tooLarge();
    }
  });
  request.on("end", () => {
    if (size <= maxBytes) callbacks.whole(concatBytes(parts));
  });
}

/** Writes the head. `closing`: the connection ends with this answer. */
export function writeHttp1Head(
  request: IncomingMessage,
  response: ServerResponse,
  { head, framed }: PreparedPlan<Http1Head>,
  closing: boolean,
): void {
  response.sendDate = false;
  if (closing) response.shouldKeepAlive = false;
  // Persistence goes without saying in HTTP/1.1; said, it would be a header that the recording does not have.
  // A client that asked for a close closes by itself: see `client-http1`.
  if (!closing && request.httpVersion !== "1.0") response.removeHeader("Connection");
  response.writeHead(head.status, head.raw as string[]);
  // The bytes are cut into chunks already, so that they leave as they are. Not in the documentation; pinned by a wire test.
  if (framed) response.chunkedEncoding = false;
}

/** The way back to an HTTP/1 client. `closing`: its connection ends with this answer. */
export function createHttp1Stage(
  request: IncomingMessage,
  response: ServerResponse,
  closing: boolean,
): Stage<Http1Head> {
  let over = false;
  return {
    informational: (status, headers) => {
      const { socket } = response;
      if (over || response.headersSent || socket === null || request.httpVersion === "1.0") return;
      // Node can write 100, 102 and 103 only, and 103 only with headers it knows.
      const lines = sendable(headers).map(([n, v]) => `${n}: ${v}\r\n`);
      socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`, "latin1");
    },
    head: (plan) => {
      if (!over) writeHttp1Head(request, response, plan, closing);
    },
    flush: () => {
      if (!over) response.write(EMPTY);
    },
    send: (bytes) => over || response.write(bytes),
    drained: (callback) => void response.once("drain", callback),
    end: (bytes) => {
      if (over) return;
      over = true;
      response.end(bytes);
    },
    reset: () => {
      if (over) return;
      over = true;
      response.socket?.destroySoon();
    },
  };
}
