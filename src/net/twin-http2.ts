import { concatBytes } from "../base/bytes.ts";
import type { HeaderList, RequestHead } from "../base/http.ts";
import type { Format, Framer } from "../formats/format.ts";
import type { ResponsePlan } from "../twin/plan.ts";
import { EMPTY } from "./forwarding.ts";
import { grpcTimeoutMs } from "./grpc-timeout.ts";
import type { OnRequest } from "./h2/connection.ts";
import type { Field } from "./h2/header-table.ts";
import { pauseStream, resumeStream, type Stream } from "./h2/stream.ts";
import { jsonAnswer, ownAnswer } from "./own-answer.ts";
import { createPlanShelf, type PlanShelf } from "./plan-shelf.ts";
import { play, type Performance } from "./player.ts";
import type { PreparedPlan } from "./prepared.ts";
import {
  createHttp2Head,
  createHttp2Stage,
  requestHeadFromFields,
  type Http2Head,
  type Http2Stage,
} from "./serve-http2.ts";
import type { Admitted, Answering } from "./twin-server.ts";

/** What servers and clients both say of a deadline that has passed. */
const DEADLINE_EXCEEDED: HeaderList = [
  ["grpc-status", "4"],
  ["grpc-message", "context deadline exceeded"],
];

/** A method that the server answers of its own, message by message; the call ends when the client has ended its side. */
export interface Conversation {
  /** Finds the client's messages. */
  readonly createFramer: () => Framer;
  /** Frames that answer a message frame. Never throws. */
  readonly answer: (frame: Uint8Array) => Uint8Array;
}

/** One answer on an h2 stream. */
interface Call {
  readonly answering: Answering;
  readonly shelf: PlanShelf<Http2Head>;
  readonly stream: Stream;
  readonly head: RequestHead;
  readonly stage: Http2Stage;
  /** What is to be freed when the stream is over. */
  readonly frees: (() => void)[];
}

/** A head as it came, and all that follows from it alone. */
interface KnownHead {
  readonly head: RequestHead;
  readonly admitted: ReturnType<Answering["admit"]>;
  readonly format: Format;
}

/** What the client says, as its answer wants to hear it. */
interface Hearing {
  data(bytes: Buffer): void;
  end(): void;
}

const DEAF: Hearing = { data: () => undefined, end: () => undefined };

/** Answers h2 streams, each on its own: the end of one touches no other. */
export function createHttp2Handler(answering: Answering): OnRequest {
  const { options } = answering;
  const shelf = createPlanShelf({ http: "2", provenance: options.provenanceHeaders, createHead: createHttp2Head });
  const known = new WeakMap<readonly Field[], KnownHead>();
  /** The head of a stream, and all that follows from it alone; clients repeat themselves on a connection. */
  const readHead = (fields: readonly Field[]): KnownHead => {
    const last = known.get(fields);
    if (last !== undefined) return last;
    const head = requestHeadFromFields(fields);
    const made = { head, admitted: answering.admit(head), format: options.formats.findForRequest(head) };
    known.set(fields, made);
    return made;
  };
  return (stream) => {
    answering.scheduler.catchUp();
    const { head, admitted, format } = readHead(stream.fields);
    const stage = createHttp2Stage(stream, head.protocol === "grpc");
    const call: Call = { answering, shelf, stream, head, stage, frees: [] };
    const hearing = answer(call, admitted, format);
    stream.listener = {
      data: (bytes) => hearing.data(bytes),
      end: () => hearing.end(),
      closed: () => call.frees.forEach((free) => free()),
    };
    // It may be answered already.
    if (stream.gone) stream.listener.closed();
    else if (head.protocol === "grpc") keepDeadline(call);
  };
}

function answer(call: Call, admitted: Admitted | ResponsePlan, format: Format): Hearing {
  const { answering, head } = call;
  const { options } = answering;
  if (options.control.owns(head)) {
    const send = (status: number, body: unknown): void =>
      void perform(call, jsonAnswer(status, `${JSON.stringify(body)}\n`));
    void options.control.answer(head).then(({ status, body }) => send(status, body));
    return DEAF;
  }
  const conversation = options.findConversation?.(head);
  if (conversation !== undefined) return converse(call, conversation);
  if ("steps" in admitted) {
    perform(call, admitted);
    return DEAF;
  }
  if (format.actsOnFirstMessage) return answerMessages(call, admitted, format);
  return answerBody(call, admitted);
}

/** Answers on the whole body, up to a limit. */
function answerBody(call: Call, admitted: Admitted): Hearing {
  const { maxBodyBytes } = call.answering.options;
  let parts: Buffer[] = [];
  let size = 0;
  return {
    data: (bytes) => {
      size += bytes.length;
      if (size <= maxBodyBytes) parts.push(bytes);
      else if (size - bytes.length <= maxBodyBytes) {
        parts = [];
        const refusal = ownAnswer(call.head, 413, `the request's body is longer than ${maxBodyBytes} bytes`);
        perform(call, refusal);
      }
    },
    end: () => {
      if (size <= maxBodyBytes) perform(call, admitted.respond(concatBytes(parts)));
    },
  };
}

/**
 * Answers on the client's first message; what it says afterwards only moves plans that wait for it. A piece that is no message (cut
 * off, broken) counts as one, as nothing better will come.
 */
function answerMessages(call: Call, admitted: Admitted, format: Format): Hearing {
  const framer = format.createFramer({ request: call.head, direction: "client" });
  let performance: { message(): void } | undefined;
  let listens = true;
  const begin = (body: Uint8Array): void => {
    const plan = admitted.respond(body);
    performance = perform(call, plan);
    // Read on all the same: a window that is never opened again would stop the client.
    listens = plan.steps.some((s) => s.kind === "await");
  };
  const hear = (frames: ReturnType<Framer["push"]>): void => {
    for (const frame of frames) {
      if (!listens || frame.kind === "filler") continue;
      if (performance === undefined) begin(frame.bytes);
      else performance.message();
    }
  };
  if (!admitted.waitsForMessage()) begin(EMPTY);
  return {
    data: (bytes) => {
      if (listens) hear(framer.push(bytes));
    },
    end: () => {
      if (listens) hear(framer.end());
      if (performance === undefined) begin(EMPTY);
    },
  };
}

/** A performance that is over. */
const FINISHED = { message: (): void => undefined };

/** Performs a plan on the stream. Messages of the client that come before it has begun are counted. */
function perform(call: Call, plan: ResponsePlan): { message(): void } {
  const { answering, shelf, stream, head, stage } = call;
  const { scheduler, options } = answering;
  const over = answering.begin();
  // Times count from when the request was there: what came before it on the connection, and the twin's thinking, are part of them.
  const zeroMs = stream.connection.receivedMs;
  let performance: Pick<Performance, "message"> | undefined;
  let early = 0;
  const start = (ready: PreparedPlan<Http2Head>): void => {
    if (stream.gone) return over();
    if (ready.whole && options.speed === Number.POSITIVE_INFINITY) {
      // What needs no waiting needs no performance either.
      performance = FINISHED;
      stage.whole(ready);
      return over();
    }
    const begun = play(ready, stage, { scheduler, speed: options.speed, zeroMs, finished: over });
    performance = begun;
    for (; early > 0; early--) begun.message();
    if (begun.running) call.frees.push(() => begun.stop(), over);
  };
  const ready = shelf.ready(plan, head);
  if (ready instanceof Promise) void ready.then(start);
  else start(ready);
  return {
    message: () => {
      if (performance === undefined) early++;
      else performance.message();
    },
  };
}

/** Ends a call with a status once the time is over that its client has given it, whatever has been said until then. */
function keepDeadline({ answering, head, stage, frees }: Call): void {
  const timeoutMs = grpcTimeoutMs(head);
  if (timeoutMs === undefined) return;
  const { scheduler } = answering;
  const deadline = scheduler.at(scheduler.nowMs() + timeoutMs, () => stage.finish(DEADLINE_EXCEEDED));
  frees.push(() => scheduler.cancel(deadline));
}

function converse({ stream, stage }: Call, conversation: Conversation): Hearing {
  const trailers: HeaderList = [["grpc-status", "0"]];
  const head = createHttp2Head(200, [["content-type", "application/grpc"]]);
  stage.head({ head, bytes: EMPTY, acts: [], trailers, framed: false, whole: false }, false);
  const framer = conversation.createFramer();
  const reply = (frames: ReturnType<Framer["push"]>): void => {
    for (const frame of frames) {
      if (frame.kind === "filler" || stage.send(conversation.answer(frame.bytes))) continue;
      pauseStream(stream);
      stage.drained(() => resumeStream(stream));
    }
  };
  return {
    data: (bytes) => reply(framer.push(bytes)),
    end: () => {
      reply(framer.end());
      stage.end(EMPTY, trailers, undefined);
    },
  };
}
