import type { Socket } from "node:net";
import { concatBytes } from "../base/bytes.ts";
import type { ResponsePlan } from "../twin/plan.ts";
import { createDirectHead, createDirectStage } from "./direct-stage.ts";
import type { ListenOptions } from "./listener.ts";
import { createPlanShelf, type PlanShelf } from "./plan-shelf.ts";
import { play, type Performance } from "./player.ts";
import type { PreparedPlan } from "./prepared.ts";
import { readSimpleHead, type SimpleHead } from "./simple-request.ts";
import type { Answering } from "./twin-server.ts";

/**
 * Answers simple HTTP/1.1 requests right on their socket: bytes that are known beforehand leave in one write, without the objects that
 * Node makes of each request (a third of the cost). Everything else on a connection, from the first request that is
 * not simple, is given to Node's server, which answers in the same way.
 */
export function createDirectHandler(answering: Answering): NonNullable<ListenOptions["onHttp1Connection"]> {
  const shelf = createPlanShelf({
    http: "1",
    provenance: answering.options.provenanceHeaders,
    createHead: createDirectHead,
  });
  const server: DirectServer = { answering, shelf, heads: [] };
  return (socket, first, give) => serveConnection(server, socket, first, give);
}

/** What all connections share. */
interface DirectServer {
  readonly answering: Answering;
  readonly shelf: PlanShelf<Buffer>;
  /** The heads that came last: clients repeat themselves, and each other. */
  readonly heads: KnownHead[];
}

/** A head as it came, and all that follows from it alone. */
interface KnownHead {
  readonly bytes: Buffer;
  readonly read: SimpleHead;
  readonly admitted: ReturnType<Answering["admit"]>;
}

interface Connection {
  readonly server: DirectServer;
  readonly socket: Socket;
  /** Gives the connection up. */
  readonly give: (bytes: Buffer) => void;
  /** Works on the input when its turn has come. */
  readonly turn: () => void;
  /** What was read and not used: one piece, or what came of a body so far. */
  input: Buffer[];
  inputBytes: number;
  /** Its turn is asked for. */
  asked: boolean;
  /** When the bytes came that end a request; undefined once it has been used. */
  arrivedMs: number | undefined;
  /** The request that is being read. */
  head: KnownHead | undefined;
  answering: boolean;
  performance: Performance | undefined;
  /** Stops counting the answer as open. */
  freeAnswer: () => void;
  /** No more requests are taken. */
  over: boolean;
}

const MAX_HEADS = 8;
/** Input that a client may send while its answer is under way; beyond it the client is not read. */
const MAX_WAITING_BYTES = 256 * 1024;

function serveConnection(server: DirectServer, socket: Socket, first: Buffer, give: (bytes: Buffer) => void): void {
  const onData = (bytes: Buffer): void => receive(connection, bytes);
  const onEnd = (): void => {
    // A client that ends its side is taken for one that left; what was written before still goes out, and so does what it asked for
    // before, as far as it is due.
    if (connection.asked) connection.turn();
    leave(connection);
    if (!socket.writableEnded) socket.end();
  };
  const onClose = (): void => leave(connection);
  const connection: Connection = {
    server,
    socket,
    give: (bytes) => {
      socket.off("data", onData);
      socket.off("end", onEnd);
      socket.off("close", onClose);
      give(bytes);
    },
    turn: () => takeTurn(connection),
    input: [],
    inputBytes: 0,
    asked: false,
    arrivedMs: undefined,
    head: undefined,
    answering: false,
    performance: undefined,
    freeAnswer: NOTHING_TO_FREE,
    over: false,
  };
  socket.on("data", onData);
  socket.on("end", onEnd);
  socket.on("close", onClose);
  receive(connection, first);
}

const NOTHING_TO_FREE = (): void => undefined;

/** Keeps what has come, and notes the time. The answer is made when all that has come to other connections is noted as well. */
function receive(connection: Connection, bytes: Buffer): void {
  if (connection.over) return;
  connection.input.push(bytes);
  connection.inputBytes += bytes.length;
  if (connection.inputBytes > MAX_WAITING_BYTES) connection.socket.pause();
  if (connection.answering) return;
  connection.arrivedMs ??= connection.server.answering.scheduler.nowMs();
  askForTurn(connection);
}

function askForTurn(connection: Connection): void {
  if (connection.asked) return;
  connection.asked = true;
  connection.server.answering.scheduler.soon(connection.turn);
}

function takeTurn(connection: Connection): void {
  // It may have been taken before its time.
  if (!connection.asked) return;
  connection.asked = false;
  advance(connection);
}

/** Takes requests from the input as long as there are whole ones and nothing is under way. */
function advance(connection: Connection): void {
  while (!connection.answering && connection.inputBytes > 0) {
    connection.head ??= readHead(connection.server, joinInput(connection));
    const { head } = connection;
    if (head === undefined) return leaveToNode(connection);
    const { read, admitted } = head;
    const end = read.headBytes + read.bodyBytes;
    if (connection.inputBytes < end) break;
    const bytes = joinInput(connection);
    connection.head = undefined;
    connection.input = bytes.length === end ? [] : [bytes.subarray(end)];
    connection.inputBytes = bytes.length - end;
    connection.answering = true;
    // Before the head was read and the twin thinks: their time is part of the answer's. A request that waited for the end of the answer
    // before it begins with it.
    const zeroMs = connection.arrivedMs ?? connection.server.answering.scheduler.nowMs();
    connection.arrivedMs = undefined;
    const plan = "steps" in admitted ? admitted : admitted.respond(bytes.subarray(read.headBytes, end));
    perform(connection, plan, read, zeroMs);
  }
  connection.arrivedMs = undefined;
  // Else nobody would hear that the client has left.
  if (connection.inputBytes <= MAX_WAITING_BYTES && connection.socket.isPaused()) connection.socket.resume();
}

function leaveToNode(connection: Connection): void {
  const bytes = joinInput(connection);
  close(connection);
  connection.give(bytes);
}

function joinInput(connection: Connection): Buffer {
  if (connection.input.length > 1) connection.input = [Buffer.concat(connection.input)];
  return connection.input[0]!;
}

/** Undefined where the request is for Node, as all of the control plane is. */
function readHead({ answering, heads }: DirectServer, bytes: Buffer): KnownHead | undefined {
  const known = heads.find((head) => startsWith(bytes, head.bytes));
  if (known !== undefined) return known;
  const read = readSimpleHead(bytes, answering.options.maxBodyBytes);
  if (read === undefined || answering.options.control.owns(read.head)) return undefined;
  // Copied: the head may be a small piece of a large buffer.
  const made = { bytes: Buffer.from(bytes.subarray(0, read.headBytes)), read, admitted: answering.admit(read.head) };
  if (heads.length === MAX_HEADS) heads.shift();
  heads.push(made);
  return made;
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.length >= start.length && bytes.compare(start, 0, start.length, 0, start.length) === 0;
}

function perform(connection: Connection, plan: ResponsePlan, { head, closing }: SimpleHead, zeroMs: number): void {
  const { answering, shelf } = connection.server;
  connection.freeAnswer = answering.begin();
  const ready = shelf.ready(plan, head);
  if (!(ready instanceof Promise)) return start(connection, ready, closing, zeroMs);
  void ready.then((coded) => {
    start(connection, coded, closing, zeroMs);
    if (connection.inputBytes > 0) askForTurn(connection);
  });
}

function start(connection: Connection, ready: PreparedPlan<Buffer>, closing: boolean, zeroMs: number): void {
  const { socket } = connection;
  const { scheduler, options } = connection.server.answering;
  if (socket.destroyed || socket.writableEnded) return connection.freeAnswer();
  if (ready.whole && options.speed === Number.POSITIVE_INFINITY) {
    socket.write(wholeAnswer(ready));
    finish(connection, closing);
    if (closing) socket.end();
    return;
  }
  connection.performance = play(ready, createDirectStage(socket, closing), {
    scheduler,
    speed: options.speed,
    zeroMs,
    finished: () => {
      finish(connection, closing);
      // Not in the midst of what has just been written.
      if (connection.inputBytes > 0) askForTurn(connection);
    },
  });
}

function finish(connection: Connection, closing: boolean): void {
  connection.freeAnswer();
  connection.performance = undefined;
  connection.answering = false;
  if (closing || connection.socket.writableEnded) close(connection);
}

function close(connection: Connection): void {
  connection.over = true;
  connection.input = [];
  connection.inputBytes = 0;
}

function leave(connection: Connection): void {
  close(connection);
  connection.performance?.stop();
  connection.freeAnswer();
}

const wholes = new WeakMap<PreparedPlan<Buffer>, Uint8Array>();

/** Head and body in one piece, made once. */
function wholeAnswer(plan: PreparedPlan<Buffer>): Uint8Array {
  const known = wholes.get(plan);
  if (known !== undefined) return known;
  const made = concatBytes([plan.head, plan.bytes]);
  wholes.set(plan, made);
  return made;
}
