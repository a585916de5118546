import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createBench,
  load,
  median,
  whole,
  writeSession,
  type Bench,
  type Result,
  type WrittenExchange,
} from "./harness.ts";

const STREAMS = [1, 100, 1000, 5000];
const GOALS: Readonly<Record<number, string>> = { 100: "≤ 2", 1000: "≤ 6", 5000: "≤ 60" };
const EVENTS = 200;
const ROUNDS = 3;
const BODY = JSON.stringify({ stream: true, topic: "pace" });

interface Pace {
  readonly events: number;
  readonly expected: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly driftMs: number;
}

/** How far events come from their recorded times, with all streams open at once and 20 ms between events on average. */
export async function measurePace(): Promise<Result> {
  const bench = createBench();
  try {
    const timesMs = await learn(bench);
    const file = join(bench.dir, "times.json");
    writeFileSync(file, JSON.stringify(timesMs));
    const twin = await bench.startWraith(["serve", "p"], 0);
    const bare = await bench.start([join(import.meta.dirname, "servers/pace.mjs"), file], { core: 0 });
    const servers = [
      ["wraith serve", twin.port],
      ["bare socket", Number(bare.line)],
    ] as const;
    const runs = STREAMS.map(() => servers.map((): Pace[] => []));
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, streams] of STREAMS.entries())
        for (const [k, [, port]] of servers.entries()) {
          const seen = await load<Pace>(bench, "pace.mjs", port, streams, BODY, file);
          if (seen.events !== seen.expected) throw new Error(`${seen.events} events for ${seen.expected}`);
          runs[i]![k]!.push(seen);
        }
    const rows = STREAMS.flatMap((streams, i) =>
      servers.map(([name], k) => {
        const middle = (pick: (seen: Pace) => number): number => median(runs[i]![k]!.map(pick));
        return [
          whole(streams),
          whole(streams * 50),
          name,
          middle((seen) => seen.p50).toFixed(2),
          middle((seen) => seen.p99).toFixed(2),
          middle((seen) => seen.max).toFixed(1),
          middle((seen) => seen.driftMs).toFixed(2),
          name === "wraith serve" ? (GOALS[streams] ?? "") : "",
        ];
      }),
    );
    const [first, firstBare] = runs[0]!.map(([seen]) => seen!.p99.toFixed(2));
    return {
      title: `Pace at --speed 1: ${EVENTS} events a stream, 20 ms apart on average, all streams open at once; median of ${ROUNDS}`,
      columns: ["streams", "events/s", "server", "p50 error ms", "p99 error ms", "max ms", "drift ms", "goal p99"],
      rows,
      notes: [
        `The first stream of a fresh program had a p99 error of ${first} ms, of the bare socket ${firstBare} ms.`,
        "Errors are against the recorded times since the request, as the client sees them: network and client included.",
        "The bare socket is the limit: ready bytes of the same events, all that is due of a stream in one write each millisecond.",
      ],
    };
  } finally {
    await bench.close();
  }
}

/** Learns a stream with gaps of 10 to 30 ms. */
async function learn(bench: Bench): Promise<number[]> {
  const timesMs: number[] = [];
  for (let i = 0, at = 30; i < EVENTS; i++) {
    timesMs.push(at);
    at += 10 + ((i * 7919) % 21);
  }
  await bench.wraith("init", "p", "--base-url", "http://127.0.0.1:9");
  const exchange: WrittenExchange = {
    path: "/v1/feed",
    request: BODY,
    contentType: "text/event-stream",
    chunks: timesMs.map((atMs, n) => ({
      atMs,
      body: `data: ${JSON.stringify({ n, text: "x".repeat(60 + (n % 9)) })}\n\n`,
    })),
  };
  writeSession(bench, "p", "written", [exchange]);
  await bench.wraith("synth", "p");
  return timesMs;
}
