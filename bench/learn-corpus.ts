import { join } from "node:path";
import { loadSync, type ServiceDefinition } from "@grpc/proto-loader";
import type { WrittenExchange } from "./harness.ts";

export const FEED_PROTO = join(import.meta.dirname, "servers/feed.proto");

const LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const STARTED_S = Math.floor(Date.UTC(2026, 10, 22, 10) / 1000);

/** Letters that look drawn at random, and are the same in each run. */
function randomText(length: number, seed: number): string {
  return Array.from(
    { length },
    (_, i) => LETTERS[(seed * 7919 + i * i * 104729 + seed * seed * (i + 1)) % LETTERS.length],
  ).join("");
}

/** A stream as an LLM sends it, with ids and times of its own. */
export function chatStream(s: number, events: number): WrittenExchange {
  const id = `chatcmpl-${randomText(29, s)}`;
  const created = STARTED_S + (s % 300);
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id, object: "chat.completion.chunk", created, model: "gpt-4o", system_fingerprint: "fp_44709d6fcb", choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })}\n\n`;
  const textAt = (n: number): string => {
    if (n === 0) return chunk({ role: "assistant", content: "" }, null);
    if (n === events - 1) return "data: [DONE]\n\n";
    if (n === events - 2) return chunk({}, "stop");
    return chunk({ content: ` word${(n * 31 + s) % 977}` }, null);
  };
  const request = JSON.stringify({
    model: "gpt-4o",
    stream: true,
    messages: [{ role: "user", content: `question ${s}` }],
  });
  return {
    path: "/v1/chat/completions",
    request,
    contentType: "text/event-stream",
    chunks: Array.from({ length: events }, (_, n) => ({ atMs: 100 + n * 0.1, body: textAt(n) })),
  };
}

/** A call as a store's change feed answers it: revisions that rise, keys and values in bytes, one id a call. */
export function feedCall(s: number, messages: number): WrittenExchange {
  const watchId = randomText(24, s);
  const first = 1_000_000 + s * 5000;
  const change = (n: number): Uint8Array =>
    frame(
      watch.responseSerialize({
        watchId,
        revision: first + n,
        kind: (n * 7 + s) % 5 === 0 ? 1 : 0,
        pair: {
          key: Buffer.from(`/orders/${(n * 31 + s) % 977}`),
          value: Buffer.from(randomText(40 + ((n + s) % 20), n + s * 31)),
          modRevision: first + n,
          lease: "7587869134821834753",
        },
        cause: "write",
      }),
    );
  return {
    path: "/feed.Feed/Watch",
    request: frame(watch.requestSerialize({ prefix: `/orders/${s}` })),
    contentType: "application/grpc",
    chunks: Array.from({ length: messages }, (_, n) => ({ atMs: 5 + n * 0.1, body: change(n) })),
    trailers: [
      ["grpc-status", "0"],
      ["grpc-message", ""],
    ],
  };
}

const watch = (loadSync(FEED_PROTO)["feed.Feed"] as ServiceDefinition)["Watch"]!;

const json = { longs: String, enums: String, bytes: String };
const watchJson = (loadSync(FEED_PROTO, json)["feed.Feed"] as ServiceDefinition)["Watch"]!;

/** What protobufjs makes of a call's messages: read, as JSON text, and written from it again. Bytes in all. */
export function thereAndBack({ chunks }: WrittenExchange): number {
  let length = 0;
  for (const { body } of chunks) {
    const message = watchJson.responseDeserialize(Buffer.from((body as Uint8Array).subarray(5)));
    length += watchJson.responseSerialize(JSON.parse(JSON.stringify(message)) as object).length;
  }
  return length;
}

function frame(message: Uint8Array): Uint8Array {
  const out = Buffer.alloc(5 + message.length);
  out.writeUInt32BE(message.length, 1);
  out.set(message, 5);
  return out;
}
