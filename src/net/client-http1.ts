import {
  STATUS_CODES,
  validateHeaderName,
  validateHeaderValue,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { HeaderList } from "../base/http.ts";
import { EMPTY, travellingHeaders } from "./forwarding.ts";
import { headersFromRaw, requestHeadFromHttp1 } from "./request-head.ts";
import type { ClientSide, ReceivedHead } from "./sides.ts";
import { errorBody } from "./unsupported.ts";

const LEFT = "the client closed the connection";

/** The client's side of an HTTP/1 request. `expectsContinue`: it waits for a 100 before its body. */
export function createHttp1Client(
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
): ClientSide {
  const head = requestHeadFromHttp1(request);
  const { socket } = request;
  let continued = !expectsContinue;
  let over = false;
  const refuse = (message: string): void => {
    if (over) return;
    over = true;
    if (response.headersSent) return socket.destroySoon();
    const body = errorBody(message);
    response.writeHead(502, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(body),
      Connection: "close",
    });
    response.end(body);
  };
  return {
    head,
    hasBody: hasHttp1Body(request),
    connection: socket,
    stream: null,
    begin: (handlers) => {
      const onSocketEnd = (): void => {
        if (!over) handlers.halfClosed();
      };
      request.on("data", (bytes: Buffer) => handlers.data(bytes));
      request.on("end", () => handlers.end(headersFromRaw(request.rawTrailers)));
      // The response's `close` says all that these say.
      request.on("error", () => undefined);
      response.on("error", () => undefined);
      response.on("drain", () => handlers.drain());
      response.on("close", () => {
        socket.off("end", onSocketEnd);
        // It has its answer, but the rest of its body may be on its way still.
        if (over && !request.complete && !socket.destroyed)
          socket.once("close", () => request.complete || handlers.left(undefined, LEFT));
        if (over) return;
        over = true;
        handlers.left(undefined, LEFT);
      });
      socket.on("end", onSocketEnd);
    },
    pause: () => void request.pause(),
    resume: () => void request.resume(),
    sendInformational: (status, reason, headers) => {
      if (over || response.headersSent || response.socket === null || head.httpVersion === "1.0") return;
      if (status === 100) continued = true;
      // Node can write 100, 102 and 103 only, and 103 only with headers it knows.
      const lines = travellingHeaders(headers).map(([n, v]) => `${n}: ${v}\r\n`);
      response.socket.write(
        `HTTP/1.1 ${status} ${reason || STATUS_CODES[status] || ""}\r\n${lines.join("")}\r\n`,
        "latin1",
      );
    },
    sendHead: (received) => {
      if (over) return true;
      if (received.status < 200) return false;
      response.sendDate = false;
      // Persistence goes without saying in HTTP/1.1; said, it would be a header that the upstream did not send. Nor is `close` said to
      // a client that asked for it and closes by itself: undici takes any end of a connection that was called last for a whole answer.
      if (head.httpVersion === "1.1") response.removeHeader("Connection");
      // A client that was never told to go on may send its body or not: nobody could say where its next request begins.
      const close = !continued && !request.complete ? ["Connection", "close"] : [];
      // Where the client has ended its side, its last answer ends the connection: Node has marked it, and forgets that when it stores a
      // head without `Connection`. Not in the documentation; pinned by a wire test.
      const marked = response as unknown as { _last: boolean };
      const isLast = marked._last;
      if (!writeHead(response, received, close)) return false;
      marked._last ||= isLast;
      const out = response.socket;
      // A head and a body that came in one piece leave in one piece, and a head that came alone leaves in this turn.
      out?.cork();
      response.write(EMPTY);
      process.nextTick(() => out?.uncork());
      return true;
    },
    send: (bytes) => over || bytes.length === 0 || response.write(bytes),
    end: (trailers) => {
      if (over) return;
      over = true;
      if (trailers.length > 0) response.addTrailers(sendable(trailers).map(([n, v]) => [n, v] as [string, string]));
      response.end();
    },
    cut: () => {
      if (over) return;
      over = true;
      // Later Nodes hold back what is written in a turn until its end.
      process.nextTick(() => socket.destroySoon());
    },
    refuse,
    release: () => undefined,
  };
}

function hasHttp1Body(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return request.headers["transfer-encoding"] !== undefined || (length !== undefined && Number(length) !== 0);
}

/** Writes the head with its raw headers; what Node refuses to write is left out. False where the status itself is none. */
function writeHead(response: ServerResponse, received: ReceivedHead, more: readonly string[]): boolean {
  const headers = travellingHeaders(received.headers);
  for (const list of [headers, sendable(headers)])
    try {
      response.writeHead(received.status, received.reason, [...list.flat(), ...more]);
      return true;
    } catch {
      // Once more, without what cannot be said.
    }
  return false;
}

/** The headers that Node takes. */
export function sendable(headers: HeaderList): HeaderList {
  return headers.filter(([name, value]) => {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
      return true;
    } catch {
      return false;
    }
  });
}
