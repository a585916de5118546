import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { RequestHead } from "../base/http.ts";
import type { ResponsePlan } from "../twin/plan.ts";
import { sendJsonHttp1 } from "./control-server.ts";
import type { ListenOptions } from "./listener.ts";
import { ownAnswer } from "./own-answer.ts";
import { play } from "./player.ts";
import type { PreparedPlan } from "./prepared.ts";
import { requestHeadFromHttp1 } from "./request-head.ts";
import { createHttp1Stage, readHttp1Body, type Http1Head } from "./serve-http1.ts";
import type { Answering } from "./twin-server.ts";

/** Answers HTTP/1 requests, those of one connection in their order. */
export function createHttp1Handler(answering: Answering): ListenOptions["onHttp1"] {
  const latest = new WeakMap<Socket, ServerResponse>();
  return (request, response, expectsContinue) => {
    const before = latest.get(request.socket);
    latest.set(request.socket, response);
    // Without a socket the answer before it is not over: the client may rely on the order of what it sent at once.
    if (response.socket !== null || before === undefined) answer(answering, request, response, expectsContinue);
    else before.once("close", () => request.socket.destroyed || answer(answering, request, response, expectsContinue));
  };
}

function answer(
  answering: Answering,
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
): void {
  const { options } = answering;
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
    perform(answering, request, response, head, plan, expectsContinue);
  };
  if ("steps" in admitted) return refuse(admitted);
  let waits = expectsContinue;
  readHttp1Body(request, options.maxBodyBytes, {
    whole: (body) => perform(answering, request, response, head, admitted.respond(body), false),
    tooLarge: () => {
      waits = false;
      refuse(ownAnswer(head, 413, `the request's body is longer than ${options.maxBodyBytes} bytes`));
    },
  });
  if (waits) response.writeContinue();
}

function perform(
  answering: Answering,
  request: IncomingMessage,
  response: ServerResponse,
  head: RequestHead,
  plan: ResponsePlan,
  closing: boolean,
): void {
  const { scheduler, options } = answering;
  const zeroMs = scheduler.nowMs();
  const start = (ready: PreparedPlan<Http1Head>): void => {
    if (request.socket.destroyed) return;
    const over = answering.begin();
    const stage = createHttp1Stage(request, response, closing);
    const performance = play(ready, stage, { scheduler, speed: options.speed, zeroMs, finished: over });
    if (!performance.running) return;
    response.once("close", () => {
      performance.stop();
      over();
    });
  };
  const ready = answering.shelf.forHttp1(plan, head);
  if (ready instanceof Promise) void ready.then(start);
  else start(ready);
}
