import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { findHeader, type HeaderList } from "../base/http.ts";
import { chunkOf, lastChunk } from "./chunked.ts";
import { sendable } from "./client-http1.ts";
import type { Control } from "./control-server.ts";
import { travellingHeaders } from "./forwarding.ts";
import type { ListenOptions } from "./listener.ts";
import type { ClientHandlers, ClientSide, ReceivedHead } from "./sides.ts";
import { readPlainHead, type SimpleHead } from "./simple-request.ts";
import { createTurnOutput, type TurnOutput } from "./turn-output.ts";
import { errorBody } from "./unsupported.ts";

/** Takes a request; `answer` gives it an answer of wraith's own in JSON, in the place of a relayed one. */
export type OnRequest = (client: ClientSide, answer: (status: number, body: unknown) => void) => void;

interface Connection {
  readonly socket: Socket;
  readonly output: TurnOutput;
  readonly control: Control;
  readonly onRequest: OnRequest;
  /** Gives the connection up. */
  readonly give: (bytes: Buffer) => void;
  /** What was read and not used. */
  input: Buffer[];
  inputBytes: number;
  exchange: Exchange | undefined;
  /** The client has ended its side. */
  ended: boolean;
  /** Nothing more is read or written. */
  over: boolean;
}

interface Exchange {
  readonly read: SimpleHead;
  handlers: ClientHandlers | undefined;
  /** Bytes of the request's body that have not come yet. */
  missing: number;
  /** The way in which the answer's body travels, once its head is sent. */
  body: "chunked" | "plain" | "none" | undefined;
  /** The answer is through. */
  responded: boolean;
}

/** Requests that a client may send while the one before is under way; beyond it the client is not read. */
const MAX_WAITING_BYTES = 256 * 1024;
const LEFT = "the client closed the connection";

/**
 * Takes simple HTTP/1.1 requests right from their socket, and writes what is relayed right to it, without the objects that Node makes of
 * each request. Everything else on a connection, from the first request that is not simple, is given to Node's server; so is
 * the control plane. Pipelined requests go to the upstream one after the other, as the client may rely on their order.
 */
export function createDirectClients(
  control: Control,
  onRequest: OnRequest,
): NonNullable<ListenOptions["onHttp1Connection"]> {
  return (socket, first, give) => {
    const onData = (bytes: Buffer): void => receive(connection, bytes);
    const onEnd = (): void => endInput(connection);
    const onDrain = (): void => connection.exchange?.handlers?.drain();
    const onClose = (): void => leave(connection);
    const connection: Connection = {
      socket,
      output: createTurnOutput(socket),
      control,
      onRequest,
      give: (bytes) => {
        socket.off("data", onData);
        socket.off("end", onEnd);
        socket.off("drain", onDrain);
        socket.off("close", onClose);
        give(bytes);
      },
      input: [],
      inputBytes: 0,
      exchange: undefined,
      ended: false,
      over: false,
    };
    socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("drain", onDrain);
    socket.on("close", onClose);
    receive(connection, first);
  };
}

function receive(connection: Connection, bytes: Buffer): void {
  if (connection.over) return;
  connection.input.push(bytes);
  connection.inputBytes += bytes.length;
  if (connection.exchange === undefined || connection.exchange.missing > 0) advance(connection);
  if (connection.inputBytes > MAX_WAITING_BYTES) connection.socket.pause();
}

/** Takes what is there of bodies and requests, as long as no answer has to be waited for. */
function advance(connection: Connection): void {
  while (!connection.over && connection.inputBytes > 0) {
    const { exchange } = connection;
    if (exchange === undefined) {
      if (!takeRequest(connection)) return;
    } else if (exchange.missing > 0) takeBody(connection, exchange);
    else return;
  }
}

/** False where the request is for Node, which has the connection then. */
function takeRequest(connection: Connection): boolean {
  const bytes = connection.input.length === 1 ? connection.input[0]! : Buffer.concat(connection.input);
  const read = readPlainHead(bytes);
  if (read === undefined || connection.control.owns(read.head)) {
    close(connection);
    connection.give(bytes);
    return false;
  }
  connection.input = bytes.length === read.headBytes ? [] : [bytes.subarray(read.headBytes)];
  connection.inputBytes = bytes.length - read.headBytes;
  if (connection.socket.isPaused()) connection.socket.resume();
  const exchange: Exchange = {
    read,
    handlers: undefined,
    missing: read.bodyBytes,
    body: undefined,
    responded: false,
  };
  connection.exchange = exchange;
  connection.onRequest(createSide(connection, exchange), (status, body) =>
    answer(connection, exchange, status, [], `${JSON.stringify(body)}\n`),
  );
  if (exchange.missing === 0) exchange.handlers?.end([]);
  return true;
}

function takeBody(connection: Connection, exchange: Exchange): void {
  const bytes = connection.input.shift()!;
  const part = bytes.length <= exchange.missing ? bytes : bytes.subarray(0, exchange.missing);
  if (part.length < bytes.length) connection.input.unshift(bytes.subarray(part.length));
  connection.inputBytes -= part.length;
  exchange.missing -= part.length;
  exchange.handlers?.data(part);
  if (exchange.missing > 0) return;
  exchange.handlers?.end([]);
  if (exchange.responded) finish(connection, exchange);
}

/** The answer is through; so is the exchange, once its request is. */
function respond(connection: Connection, exchange: Exchange): void {
  exchange.responded = true;
  if (exchange.missing === 0 || exchange.read.closing) finish(connection, exchange);
}

function finish(connection: Connection, exchange: Exchange): void {
  if (exchange.read.closing || (connection.ended && connection.inputBytes === 0)) return hangUp(connection);
  connection.exchange = undefined;
  // Not in the midst of what has just been passed on.
  if (connection.inputBytes > 0) process.nextTick(advance, connection);
}

/** Ends the connection behind all that was written. */
function hangUp(connection: Connection): void {
  close(connection);
  connection.output.flush();
  connection.socket.destroySoon();
}

function close(connection: Connection): void {
  connection.over = true;
  connection.input = [];
  connection.inputBytes = 0;
}

/** The client has ended its side, and may still read. */
function endInput(connection: Connection): void {
  const { exchange } = connection;
  connection.ended = true;
  if (connection.over) return;
  if (exchange === undefined) {
    if (connection.inputBytes === 0) hangUp(connection);
  } else if (exchange.missing > 0) {
    // In the midst of a request: that is no half-close.
    tellLeft(exchange);
    if (exchange.body === undefined) writeHead(connection, 400, "Bad Request", [["Content-Length", "0"], CLOSE]);
    hangUp(connection);
  } else if (!exchange.responded) exchange.handlers?.halfClosed();
}

const CLOSE = ["Connection", "close"] as const;

/** The connection is gone. */
function leave(connection: Connection): void {
  const { exchange } = connection;
  close(connection);
  if (exchange !== undefined) tellLeft(exchange);
}

/** Tells who relays that the rest of the request will not come, or that nobody waits for the rest of the answer. */
function tellLeft(exchange: Exchange): void {
  const isThrough = exchange.responded && exchange.missing === 0;
  exchange.responded = true;
  exchange.missing = 0;
  if (!isThrough) exchange.handlers?.left(undefined, LEFT);
}

function writeHead(connection: Connection, status: number, reason: string, headers: HeaderList): void {
  let text = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  connection.output.put(Buffer.from(`${text}\r\n`, "latin1"));
}

/** A whole answer of wraith's own. */
function answer(connection: Connection, exchange: Exchange, status: number, more: HeaderList, text: string): void {
  if (exchange.responded || connection.over) return;
  const body = Buffer.from(text);
  const headers: HeaderList = [["Content-Type", "application/json"], ["Content-Length", String(body.length)], ...more];
  writeHead(connection, status, STATUS_CODES[status] ?? "", headers);
  connection.output.put(body);
  respond(connection, exchange);
}

function createSide(connection: Connection, exchange: Exchange): ClientSide {
  const { socket, output } = connection;
  const isOver = (): boolean => exchange.responded || connection.over;
  return {
    head: exchange.read.head,
    hasBody: exchange.read.bodyBytes > 0,
    connection: socket,
    stream: null,
    begin: (handlers) => void (exchange.handlers = handlers),
    pause: () => void socket.pause(),
    resume: () => {
      if (connection.exchange === exchange && connection.inputBytes <= MAX_WAITING_BYTES) socket.resume();
    },
    sendInformational: (status, reason, headers) => {
      if (isOver() || exchange.body !== undefined) return;
      writeHead(connection, status, reason || (STATUS_CODES[status] ?? ""), travellingHeaders(headers));
    },
    sendHead: (received) => {
      if (isOver()) return true;
      if (received.status < 200) return false;
      const { headers, body } = outgoingHead(received);
      exchange.body = body;
      writeHead(connection, received.status, received.reason, headers);
      return true;
    },
    send: (bytes) => {
      if (isOver() || bytes.length === 0 || exchange.body === "none") return true;
      if (exchange.body === "plain") return output.put(bytes);
      let more = true;
      for (const part of chunkOf(bytes)) more = output.put(part);
      return more;
    },
    end: (trailers) => {
      if (isOver()) return;
      if (exchange.body === "chunked") output.put(lastChunk(trailers));
      respond(connection, exchange);
    },
    cut: () => {
      if (isOver()) return;
      exchange.responded = true;
      hangUp(connection);
    },
    refuse: (message) => {
      if (isOver()) return;
      if (exchange.body === undefined) answer(connection, exchange, 502, [CLOSE], errorBody(message));
      exchange.responded = true;
      hangUp(connection);
    },
    release: () => undefined,
  };
}

/** The headers that a client gets, and how the body behind them travels. */
function outgoingHead({ status, headers }: ReceivedHead): {
  readonly headers: HeaderList;
  readonly body: NonNullable<Exchange["body"]>;
} {
  // Persistence goes without saying in HTTP/1.1; said, it would be a header that the upstream did not send.
  const list = sendable(travellingHeaders(headers));
  if (status === 204 || status === 304) return { headers: list, body: "none" };
  if (findHeader(list, "content-length") !== undefined) return { headers: list, body: "plain" };
  return { headers: [...list, ["Transfer-Encoding", "chunked"]], body: "chunked" };
}
