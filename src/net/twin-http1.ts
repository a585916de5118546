import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { RequestHead } from "../base/http.ts";
import type { ResponsePlan } from "../twin/plan.ts";
import { sendJsonHttp1 } from "./control-server.ts";
import type { ListenOptions } from "./listener.ts";
import { ownAnswer } from "./own-answer.ts";
import { createPlanShelf, type PlanShelf } from "./plan-shelf.ts";
import { play } from "./player.ts";
import type { PreparedPlan } from "./prepared.ts";
import { requestHeadFromHttp1 } from "./request-head.ts";
import { createHttp1Head, createHttp1Stage, readHttp1Body, writeHttp1Head, type Http1Head } from "./serve-http1.ts";
import type { Answering } from "./twin-server.ts";

/** Answers HTTP/1 requests, those of one connection in their order. */
export function createHttp1Handler(answering: Answering): ListenOptions["onHttp1"] {
  const latest = new WeakMap<Socket, ServerResponse>();
  const provenance = answering.options.provenanceHeaders;
  const shelf = createPlanShelf({ http: "1", provenance, createHead: createHttp1Head });
  const context: Context = { answering, shelf };
  return (request, response, expectsContinue) => {
    const before = latest.get(request.socket);
    latest.set(request.socket, response);
    // Without a socket the answer before it is not over: the client may rely on the order of what it sent at once.
    if (response.socket !== null || before === undefined) answer(context, request, response, expectsContinue);
    else before.once("close", () => request.socket.destroyed || answer(context, request, response, expectsContinue));
  };
}

interface Context {
  readonly answering: Answering;
  readonly shelf: PlanShelf<Http1Head>;
}

function answer(context: Context, request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
  const { answering } = context;
  const { options, scheduler } = answering;
  // Before the head is read and the twin thinks: their time is part of the answer's.
  let arrivedMs: number | undefined = scheduler.nowMs();
  scheduler.catchUp();
  const head = requestHeadFromHttp1(request);
  if (options.control.owns(head)) {
    request.resume();
    return void options.control.answer(head).then(({ status, body }) => sendJsonHttp1(response, status, body));
  }
  const admitted = answering.admit(head);
  const refuse = (plan: ResponsePlan): void => {
    // What the client still sends is read and dropped. One that waits for its 100 may send its body or not: nobody could say where
    // its next request begins.
    request.resume();
    perform(context, request, response, head, plan, arrivedMs ?? scheduler.nowMs(), expectsContinue);
  };
  if ("steps" in admitted) return refuse(admitted);
  let waits = expectsContinue;
  readHttp1Body(request, options.maxBodyBytes, {
    whole: (body) => {
      // Without a body it is whole at once and needs no 100; Node ends a connection on which one was asked for and not given.
      const closing = waits;
      waits = false;
      const zeroMs = arrivedMs ?? scheduler.nowMs();
      perform(context, request, response, head, admitted.respond(body), zeroMs, closing);
    },
    tooLarge: () => {
      waits = false;
      refuse(ownAnswer(head, 413, `the request's body is longer than ${options.maxBodyBytes} bytes`));
    },
  });
  // A body that is still on its way ends later.
  arrivedMs = undefined;
  if (!waits) return;
  waits = false;
  response.writeContinue();
}

function perform(
  { answering, shelf }: Context,
  request: IncomingMessage,
  response: ServerResponse,
  head: RequestHead,
  plan: ResponsePlan,
  zeroMs: number,
  closing: boolean,
): void {
  const { scheduler, options } = answering;
  const start = (ready: PreparedPlan<Http1Head>): void => {
    if (request.socket.destroyed) return;
    const over = answering.begin();
    if (ready.whole && options.speed === Number.POSITIVE_INFINITY) {
      // What needs no waiting needs no performance either.
      writeHttp1Head(request, response, ready, closing);
      response.end(ready.bytes);
      return over();
    }
    const stage = createHttp1Stage(request, response, closing);
    const performance = play(ready, stage, { scheduler, speed: options.speed, zeroMs, finished: over });
    if (!performance.running) return;
    response.once("close", () => {
      performance.stop();
      over();
    });
  };
  const ready = shelf.ready(plan, head);
  if (ready instanceof Promise) void ready.then(start);
  else start(ready);
}
