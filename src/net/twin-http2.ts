import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { HeaderList, RequestHead } from "../base/http.ts";
import type { Format, Framer } from "../formats/format.ts";
import type { ResponsePlan } from "../twin/plan.ts";
import { sendJsonHttp2 } from "./control-server.ts";
import { EMPTY } from "./forwarding.ts";
import { grpcTimeoutMs } from "./grpc-timeout.ts";
import type { OnStream } from "./http2-server.ts";
import { ownAnswer } from "./own-answer.ts";
import { createPlanShelf, type PlanShelf } from "./plan-shelf.ts";
import { play, type Performance } from "./player.ts";
import type { PreparedPlan } from "./prepared.ts";
import { requestHeadFromHttp2 } from "./request-head-http2.ts";
import {
  createHttp2Head,
  createHttp2Stage,
  readHttp2Body,
  readHttp2Messages,
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
  readonly stream: ServerHttp2Stream;
  readonly head: RequestHead;
  readonly stage: Http2Stage;
}

/** A head as it came, and all that follows from it alone. */
interface KnownHead {
  readonly raw: readonly string[];
  readonly head: RequestHead;
  readonly admitted: ReturnType<Answering["admit"]>;
  readonly format: Format;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

/** Answers h2 streams, each on its own: the end of one touches no other. */
export function createHttp2Handler(answering: Answering): OnStream {
  const { options } = answering;
  const provenance = options.provenanceHeaders;
  const shelf = createPlanShelf({ http: "2", provenance, createHead: createHttp2Head });
  const latest = new WeakMap<object, KnownHead>();
  /** The head of a stream, and all that follows from it alone; clients repeat themselves on a connection. */
  const readHead = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]): KnownHead => {
    const { session } = stream;
    const last = session === undefined ? undefined : latest.get(session);
    if (last !== undefined && isSame(last.raw, raw)) return last;
    const head = requestHeadFromHttp2(headers, raw);
    const format = options.formats.findForRequest(head);
    const admitted = answering.admit(head);
    const known: KnownHead = { raw, head, admitted, format };
    if (session !== undefined) latest.set(session, known);
    return known;
  };
  return (stream, headers, rawHeaders) => {
    const { head, admitted, format } = readHead(stream, headers, rawHeaders);
    if (options.control.owns(head)) {
      stream.resume();
      return void options.control.answer(head).then(({ status, body }) => sendJsonHttp2(stream, status, body));
    }
    const call: Call = { answering, shelf, stream, head, stage: createHttp2Stage(stream, head.protocol === "grpc") };
    if (head.protocol === "grpc") keepDeadline(call);
    const conversation = options.findConversation?.(head);
    if (conversation !== undefined) return converse(call, conversation);
    if ("steps" in admitted) {
      stream.resume();
      perform(call, admitted, answering.scheduler.nowMs());
      return;
    }
    if (format.actsOnFirstMessage) return answerMessages(call, admitted, format);
    readHttp2Body(stream, options.maxBodyBytes, {
      whole: (body) => {
        const zeroMs = answering.scheduler.nowMs();
        perform(call, admitted.respond(body), zeroMs);
      },
      tooLarge: () =>
        void perform(
          call,
          ownAnswer(head, 413, `the request's body is longer than ${options.maxBodyBytes} bytes`),
          answering.scheduler.nowMs(),
        ),
    });
  };
}

/** Answers on the client's first message; what it says afterwards only moves plans that wait for it. */
function answerMessages(call: Call, admitted: Admitted, format: Format): void {
  let performance: { message(): void } | undefined;
  const begin = (body: Uint8Array): void => {
    // Before the twin thinks: its time is part of the answer's.
    const zeroMs = call.answering.scheduler.nowMs();
    const plan = admitted.respond(body);
    performance = perform(call, plan, zeroMs);
    // Read on all the same: a window that is never opened again would stop the client.
    if (!plan.steps.some((s) => s.kind === "await")) reader.drop();
  };
  const framer = format.createFramer({ request: call.head, direction: "client" });
  const reader = readHttp2Messages(call.stream, framer, {
    message: (frame) => {
      if (performance === undefined) begin(frame);
      else performance.message();
    },
    end: () => {
      if (performance === undefined) begin(EMPTY);
    },
  });
  if (!admitted.waitsForMessage()) begin(EMPTY);
}

/** A performance that is over. */
const FINISHED = { message: (): void => undefined };

/** Performs a plan on the stream. Messages of the client that come before it has begun are counted. */
function perform(
  { answering, shelf, stream, head, stage }: Call,
  plan: ResponsePlan,
  zeroMs: number,
): { message(): void } {
  const { scheduler, options } = answering;
  const over = answering.begin();
  let performance: Pick<Performance, "message"> | undefined;
  let early = 0;
  const start = (ready: PreparedPlan<Http2Head>): void => {
    if (stream.destroyed || stream.closed) return over();
    if (ready.whole && options.speed === Number.POSITIVE_INFINITY) {
      // What needs no waiting needs no performance either.
      const alone = ready.bytes.length === 0 && ready.trailers === undefined;
      stage.head(ready, alone);
      stage.end(ready.bytes, ready.trailers, undefined);
      performance = FINISHED;
      return over();
    }
    const begun = play(ready, stage, { scheduler, speed: options.speed, zeroMs, finished: over });
    performance = begun;
    for (; early > 0; early--) begun.message();
    if (!begun.running) return;
    stream.once("close", () => {
      begun.stop();
      over();
    });
  };
  const ready = shelf.ready(plan, head);
  // Not at once: what is written while the connection is being read leaves in a write of its own for each stream, which costs twice as
  // much as one for all of them.
  if (ready instanceof Promise) void ready.then(start);
  else setImmediate(start, ready);
  return {
    message: () => {
      if (performance === undefined) early++;
      else performance.message();
    },
  };
}

/** Ends a call with a status once the time is over that its client has given it, whatever has been said until then. */
function keepDeadline({ answering, stream, head, stage }: Call): void {
  const timeoutMs = grpcTimeoutMs(head);
  if (timeoutMs === undefined) return;
  const { scheduler } = answering;
  const deadline = scheduler.at(scheduler.nowMs() + timeoutMs, () => stage.finish(DEADLINE_EXCEEDED));
  stream.once("close", () => scheduler.cancel(deadline));
}

function converse({ stream, stage }: Call, conversation: Conversation): void {
  const trailers: HeaderList = [["grpc-status", "0"]];
  stage.head(
    {
      head: createHttp2Head(200, [["content-type", "application/grpc"]]),
      bytes: EMPTY,
      acts: [],
      trailers,
      framed: false,
      whole: false,
    },
    false,
  );
  readHttp2Messages(stream, conversation.createFramer(), {
    message: (frame) => {
      if (stage.send(conversation.answer(frame))) return;
      stream.pause();
      stage.drained(() => void stream.resume());
    },
    end: () => stage.end(EMPTY, trailers, undefined),
  });
}
