import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createBench, median, ratio, whole, writeSession, type Usage, type WrittenExchange } from "./harness.ts";
import type { Bench, Result } from "./harness.ts";
import { chatStream, FEED_PROTO, feedCall, thereAndBack } from "./learn-corpus.ts";

// So many that what the engine takes to warm up is a small part.
const STREAMS = 4000;
const CALLS = 2000;
/** Events of a stream, messages of a call. */
const LENGTH = 100;
const ROUNDS = 3;

/** What a second of CPU time gets through in synth and check, files read and written included, against JSON.parse of the same events. */
export async function measureLearning(): Promise<Result> {
  const bench = createBench();
  try {
    const streams = Array.from({ length: STREAMS }, (_, s) => chatStream(s, LENGTH));
    const calls = Array.from({ length: CALLS }, (_, s) => feedCall(s, LENGTH));
    const sse = await prepare(bench, "sse", streams);
    const grpc = await prepare(bench, "grpc", calls);
    copyFileSync(FEED_PROTO, join(protoFolder(bench, "grpc"), "feed.proto"));
    const start: number[] = [];
    const parse: number[] = [];
    const peer: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      start.push((await bench.measureWraith("inspect", "--help")).cpuSeconds);
      parse.push(cpuSecondsOf(() => parseAll(streams)));
      peer.push(cpuSecondsOf(() => calls.reduce((sum, call) => sum + thereAndBack(call), 0)));
      for (const corpus of [sse, grpc]) {
        corpus.synth.push(await bench.measureWraith("synth", corpus.twin, "--force"));
        corpus.check.push(await bench.measureWraith("check", corpus.twin));
      }
    }
    const parsed = sse.items / median(parse);
    const carried = grpc.items / median(peer);
    const rows = [
      ["JSON.parse of the events", whole(parsed), "", "1.00", "", ""],
      ["protobufjs: messages to JSON text and back", whole(carried), "", "1.00", "", ""],
    ];
    for (const [what, corpus, limit, goal] of [
      ["SSE", sse, parsed, "≥ 250,000"],
      ["gRPC", grpc, carried, "≥ 60,000"],
    ] as const)
      for (const command of ["synth", "check"] as const) {
        const seconds = median(corpus[command].map((u) => u.cpuSeconds)) - median(start);
        const memory = median(corpus[command].map((u) => u.maxRssBytes));
        const rate = corpus.items / seconds;
        rows.push([
          `wraith ${command}, ${what}`,
          whole(rate),
          command === "check" ? whole(rate * 2) : "",
          ratio(rate, limit),
          goal,
          ratio(memory, corpus.sessionBytes),
        ]);
      }
    return {
      title: `Learning and checking: ${whole(STREAMS)} chat streams of ${LENGTH} events, ${whole(CALLS)} calls of ${LENGTH} messages; whole commands without the program's own start; median of ${ROUNDS}`,
      columns: ["what", "recorded events a CPU second", "compared", "of the parser alone", "goal", "memory/session"],
      rows,
      notes: [
        "CPU time is that of all threads. Check makes, encodes, reads and compares each event twice: with its own and with fresh values.",
        `Memory is the highest that was resident, node's own included, against the file of the only session (${mib(sse.sessionBytes)} and ${mib(grpc.sessionBytes)}). Goal: at most 3.`,
      ],
    };
  } finally {
    await bench.close();
  }
}

interface Corpus {
  readonly twin: string;
  readonly items: number;
  readonly sessionBytes: number;
  readonly synth: Usage[];
  readonly check: Usage[];
}

async function prepare(bench: Bench, twin: string, exchanges: readonly WrittenExchange[]): Promise<Corpus> {
  await bench.wraith("init", twin, "--base-url", "http://127.0.0.1:9");
  mkdirSync(protoFolder(bench, twin), { recursive: true });
  const sessionBytes = writeSession(bench, twin, "written", exchanges);
  return { twin, items: exchanges.length * LENGTH, sessionBytes, synth: [], check: [] };
}

function protoFolder(bench: Bench, twin: string): string {
  return join(bench.dir, "twins", twin, "proto");
}

function cpuSecondsOf(work: () => unknown): number {
  const begun = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6;
}

function parseAll(exchanges: readonly WrittenExchange[]): number {
  let n = 0;
  for (const e of exchanges)
    for (const { body } of e.chunks)
      if (typeof body === "string" && body.startsWith("data: {"))
        n += Object.keys(JSON.parse(body.slice(6)) as object).length;
  return n;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
