import type { HeaderList, RequestHead } from "../base/http.ts";
import { dataFrames, headerFrames, joinFrames, type ReadyFrames } from "./h2/frames.ts";
import { encodeHeaders } from "./h2/header-encoder.ts";
import type { Field } from "./h2/header-table.ts";
import { ERROR } from "./h2/protocol.ts";
import { endStream, resetStream, sendBody, sendHead, sendWhole, whenDrained, type Stream } from "./h2/stream.ts";
import { EMPTY } from "./forwarding.ts";
import type { Stage } from "./player.ts";
import type { PreparedPlan } from "./prepared.ts";
import { http2Protocol, splitTarget } from "./request-head.ts";

/** The head of an h2 request. */
export function requestHeadFromFields(fields: readonly Field[]): RequestHead {
  const headers = fields.filter(([name]) => !name.startsWith(":"));
  const pseudo = (name: string): string | undefined => fields.find(([n]) => n === name)?.[1];
  return {
    protocol: http2Protocol(headers),
    httpVersion: "2",
    method: pseudo(":method") ?? "GET",
    ...splitTarget(pseudo(":path") ?? "/"),
    headers,
  };
}

/** A head for h2, made once: its frames with more behind them, and alone. */
export interface Http2Head {
  readonly open: ReadyFrames;
  readonly alone: ReadyFrames;
}

export function createHttp2Head(status: number, list: HeaderList): Http2Head {
  const block = encodeHeaders(list, status);
  return { open: headerFrames(block, false), alone: headerFrames(block, true) };
}

/** Trailers that end a stream; undefined where there are none to be said. */
function trailerFrames(trailers: HeaderList | undefined): ReadyFrames | undefined {
  return trailers === undefined || trailers.length === 0 ? undefined : headerFrames(encodeHeaders(trailers), true);
}

const wholes = new WeakMap<PreparedPlan<Http2Head>, ReadyFrames>();

/** Head, body and end in one piece, made once. */
function wholeFrames(plan: PreparedPlan<Http2Head>): ReadyFrames {
  const known = wholes.get(plan);
  if (known !== undefined) return known;
  const trailers = trailerFrames(plan.trailers);
  const parts =
    plan.bytes.length === 0 && trailers === undefined
      ? [plan.head.alone]
      : [plan.head.open, dataFrames(plan.bytes, trailers === undefined), ...(trailers === undefined ? [] : [trailers])];
  const made = joinFrames(parts);
  wholes.set(plan, made);
  return made;
}

/** The way back to a client on an h2 stream. */
export interface Http2Stage extends Stage<Http2Head> {
  /** An answer that needs no waiting. */
  whole(plan: PreparedPlan<Http2Head>): void;
  /** Ends the stream with these trailers, in whatever state it is; without a head yet they stand in it. */
  finish(trailers: HeaderList): void;
}

/**
 * Writes to an h2 stream. An answer that was cut without a code ends without trailers in gRPC, all others are reset, as an ordinary
 * end would pass for a whole answer.
 */
export function createHttp2Stage(stream: Stream, grpc: boolean): Http2Stage {
  return {
    informational: (status, headers) =>
      sendHead(stream, headerFrames(encodeHeaders(headers, status), false), "informational"),
    head: (plan, alone) => sendHead(stream, alone ? plan.head.alone : plan.head.open, alone ? "last" : "head"),
    flush: () => undefined,
    send: (bytes) => sendBody(stream, bytes),
    drained: (callback) => whenDrained(stream, callback),
    end: (bytes, trailers, code) => endStream(stream, bytes, trailerFrames(trailers), code),
    reset: (code) => {
      if (code === undefined && grpc && stream.headSent) endStream(stream, EMPTY, undefined, undefined);
      else resetStream(stream, code ?? ERROR.internal);
    },
    whole: (plan) => {
      if (sendWhole(stream, wholeFrames(plan))) return;
      const trailers = trailerFrames(plan.trailers);
      const alone = plan.bytes.length === 0 && trailers === undefined;
      sendHead(stream, alone ? plan.head.alone : plan.head.open, alone ? "last" : "head");
      endStream(stream, plan.bytes, trailers, undefined);
    },
    finish: (list) => {
      if (stream.headSent) return endStream(stream, EMPTY, trailerFrames(list), undefined);
      const { alone } = createHttp2Head(200, [["content-type", "application/grpc"], ...list]);
      sendHead(stream, alone, "last");
    },
  };
}
