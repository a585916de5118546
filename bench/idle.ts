import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createBench, pause, whole, writeSession, type Bench, type Result } from "./harness.ts";

const EVENTS = 40;
const BODY = JSON.stringify({ stream: true, topic: "idle" });
const CALL = "/bench.Bench/Many";
/** `{"name": "x"}` of bench.Request, with its length before it. */
const REQUEST = Buffer.from("00000000030a0178", "hex");

/** Memory of answers that are open and have nothing to say: one event an hour. */
export async function measureIdle(): Promise<Result> {
  const bench = createBench();
  try {
    await learn(bench);
    const sse = await measure(bench, "h1", 10_000, 1, "/v1/feed", Buffer.from(BODY));
    const grpc = await measure(bench, "h2", 10, 1000, CALL, REQUEST);
    return {
      title: `Open streams that wait: ${EVENTS} events an hour apart, of 200 bytes`,
      columns: ["what", "streams", "KB a stream", "goal"],
      rows: [
        ["SSE, a connection each", whole(sse.streams), sse.kilobytes.toFixed(1), "≤ 10"],
        ["gRPC, 1,000 on a connection", whole(grpc.streams), grpc.kilobytes.toFixed(1), "≤ 10"],
      ],
      notes: ["Resident memory of the server with them less that before, heap that waits for its collection included."],
    };
  } finally {
    await bench.close();
  }
}

async function measure(
  bench: Bench,
  protocol: string,
  connections: number,
  streams: number,
  path: string,
  body: Buffer,
): Promise<{ streams: number; kilobytes: number }> {
  const twin = await bench.startWraith(["serve", "i"], 0);
  // Whatever the first request makes the server load is no stream's.
  const args = (n: number, each: number) =>
    [join(import.meta.dirname, "load/idle.mjs"), twin.port, n, each, protocol, path, body.toString("hex")].map(String);
  await (await bench.start(args(1, 1), { core: 1 })).stop();
  await pause(500);
  const before = residentKb(twin.child.pid!);
  const client = await bench.start(args(connections, streams), { core: 1 });
  await pause(2000);
  const after = residentKb(twin.child.pid!);
  await client.stop();
  await twin.stop();
  return { streams: connections * streams, kilobytes: (after - before) / (connections * streams) };
}

/** Resident memory in KB; not a number where /proc does not tell. */
function residentKb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return Number.NaN;
  }
}

/** A stream of each kind, with an event at once and the others an hour apart. */
async function learn(bench: Bench): Promise<void> {
  const atMs = (n: number): number => 5 + n * 3_600_000;
  const events = Array.from({ length: EVENTS }, (_, n) => n);
  await bench.wraith("init", "i", "--base-url", "http://127.0.0.1:9");
  writeSession(bench, "i", "written", [
    {
      path: "/v1/feed",
      request: BODY,
      contentType: "text/event-stream",
      chunks: events.map((n) => ({
        atMs: atMs(n),
        body: `data: ${JSON.stringify({ n, text: "x".repeat(170 + (n % 9)) })}\n\n`,
      })),
    },
    {
      path: CALL,
      request: REQUEST,
      contentType: "application/grpc",
      chunks: events.map((n) => ({ atMs: atMs(n), body: message(n) })),
      trailers: [["grpc-status", "0"]],
    },
  ]);
  await bench.wraith("synth", "i");
}

/** `{"number": n, "text": "xx..."}` of bench.Reply, with its length before it. */
function message(n: number): Buffer {
  const text = Buffer.alloc(190 + (n % 9), "x");
  const bytes = Buffer.concat([Buffer.from([0x08, n, 0x12, (text.length & 0x7f) | 0x80, text.length >> 7]), text]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}
