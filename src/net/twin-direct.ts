import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { concatBytes } from "../base/bytes.ts";
import type { HeaderList } from "../base/http.ts";
import type { ResponsePlan } from "../twin/plan.ts";
import type { ListenOptions } from "./listener.ts";
import { createPlanShelf, type PlanShelf } from "./plan-shelf.ts";
import { play, type Performance, type Stage } from "./player.ts";
import type { PreparedPlan } from "./prepared.ts";
import { createHttp1Head } from "./serve-http1.ts";
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
  return (socket, first, give) => serveConnection({ answering, shelf, socket, give }, first);
}

function createDirectHead(status: number, headers: HeaderList, framed: boolean): Buffer {
  const { raw } = createHttp1Head(status, headers, framed);
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "unknown"}\r\n${linesOf(raw)}\r\n`, "latin1");
}

/** Names and values in turn as lines. */
function linesOf(raw: readonly string[]): string {
  let text = "";
  for (let i = 0; i < raw.length; i += 2) text += `${raw[i]!}: ${raw[i + 1]!}\r\n`;
  return text;
}

interface Connection {
  readonly answering: Answering;
  readonly shelf: PlanShelf<Buffer>;
  readonly socket: Socket;
  /** Gives the connection up. */
  readonly give: (bytes: Buffer) => void;
}

/** A head as it came, and all that follows from it alone. */
interface KnownHead {
  readonly bytes: Buffer;
  readonly read: SimpleHead;
  readonly admitted: ReturnType<Answering["admit"]>;
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.length >= start.length && bytes.compare(start, 0, start.length, 0, start.length) === 0;
}

/** Input that a client may send while its answer is under way; beyond it the client is not read. */
const MAX_WAITING_BYTES = 256 * 1024;

function serveConnection({ answering, shelf, socket, give }: Connection, first: Buffer): void {
  const { options, scheduler } = answering;
  /** What was read and not used: one piece, or what came of a body so far. */
  let input: Buffer[] = [];
  let inputBytes = 0;
  let current: KnownHead | undefined;
  let performance: Performance | undefined;
  let isAnswering = false;
  let over = false;
  /** When the bytes came that end a request; undefined once it has been used. */
  let arrivedMs: number | undefined;
  /** The head that came last: clients repeat themselves. */
  let last: KnownHead | undefined;

  const onData = (bytes: Buffer): void => {
    if (over) return;
    input.push(bytes);
    inputBytes += bytes.length;
    if (!isAnswering) {
      arrivedMs ??= scheduler.nowMs();
      scheduler.catchUp();
      advance();
      arrivedMs = undefined;
    } else if (inputBytes > MAX_WAITING_BYTES) socket.pause();
  };
  /** Takes requests from the input as long as there are whole ones and nothing is under way. */
  const advance = (): void => {
    while (!isAnswering && inputBytes > 0) {
      if (current === undefined) {
        const bytes = joinInput();
        current = readHead(bytes);
        if (current === undefined) return leaveToNode(bytes);
      }
      const { read } = current;
      const end = read.headBytes + read.bodyBytes;
      if (inputBytes < end) return;
      const bytes = joinInput();
      const { admitted } = current;
      current = undefined;
      input = bytes.length === end ? [] : [bytes.subarray(end)];
      inputBytes = bytes.length - end;
      isAnswering = true;
      // Before the head was read and the twin thinks: their time is part of the answer's. A request that waited its turn begins with it.
      const zeroMs = arrivedMs ?? scheduler.nowMs();
      arrivedMs = undefined;
      perform("steps" in admitted ? admitted : admitted.respond(bytes.subarray(read.headBytes, end)), read, zeroMs);
    }
  };
  const joinInput = (): Buffer => {
    if (input.length > 1) input = [Buffer.concat(input)];
    return input[0]!;
  };
  /** Undefined where the request is for Node, as all of the control plane is. */
  const readHead = (bytes: Buffer): KnownHead | undefined => {
    if (last !== undefined && startsWith(bytes, last.bytes)) return last;
    const read = readSimpleHead(bytes, options.maxBodyBytes);
    if (read === undefined || options.control.owns(read.head)) return undefined;
    // Copied: the head may be a small piece of a large buffer.
    last = { bytes: Buffer.from(bytes.subarray(0, read.headBytes)), read, admitted: answering.admit(read.head) };
    return last;
  };
  const perform = (plan: ResponsePlan, { head, closing }: SimpleHead, zeroMs: number): void => {
    const finished = answering.begin();
    const next = (): void => {
      finished();
      performance = undefined;
      isAnswering = false;
      if (closing || socket.writableEnded) close();
    };
    const start = (ready: PreparedPlan<Buffer>): void => {
      if (socket.destroyed || socket.writableEnded) return finished();
      if (ready.whole && options.speed === Number.POSITIVE_INFINITY) {
        socket.write(wholeAnswer(ready));
        next();
        if (closing) socket.end();
        return;
      }
      freeAnswer = finished;
      performance = play(ready, createDirectStage(socket, closing), {
        scheduler,
        speed: options.speed,
        zeroMs,
        finished: () => {
          next();
          // Not in the midst of what has just been written.
          if (inputBytes > 0) process.nextTick(readOn);
        },
      });
    };
    const ready = shelf.ready(plan, head);
    if (ready instanceof Promise) void ready.then(start).then(advance);
    else start(ready);
  };
  let freeAnswer = (): void => undefined;
  const readOn = (): void => {
    if (socket.isPaused()) socket.resume();
    advance();
  };
  /** No more requests are taken. */
  const close = (): void => {
    over = true;
    input = [];
    inputBytes = 0;
  };
  const leaveToNode = (bytes: Buffer): void => {
    close();
    stopListening();
    give(bytes);
  };
  const leave = (): void => {
    close();
    performance?.stop();
    freeAnswer();
  };
  const onEnd = (): void => {
    // A client that ends its side is taken for one that left; what was written before still goes out.
    leave();
    socket.end();
  };
  const stopListening = (): void => {
    socket.off("data", onData);
    socket.off("end", onEnd);
    socket.off("close", leave);
  };
  socket.on("data", onData);
  socket.on("end", onEnd);
  socket.on("close", leave);
  onData(first);
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

/** `closing`: the connection ends with this answer. A client that asked for it is not told so: see `client-http1`. */
function createDirectStage(socket: Socket, closing: boolean): Stage<Buffer> {
  let over = false;
  let head: Buffer | undefined;
  /** The head and the first bytes behind it leave in one piece. */
  const write = (bytes: Uint8Array): boolean => {
    if (head === undefined) return bytes.length === 0 || socket.write(bytes);
    socket.cork();
    const more = socket.write(head);
    const all = bytes.length === 0 ? more : socket.write(bytes);
    socket.uncork();
    head = undefined;
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
