import { join } from "node:path";
import { createBench, load, median, ratio, whole, type Result } from "./harness.ts";

const STREAMS = 10;
const ROUNDS = 7;
const FRESH_PIPE = "pipe, new connection each stream";
const NODE_PROXY = "node:http proxy, new connection each stream";

interface Delay {
  readonly events: number;
  readonly p50: number;
  readonly p99: number;
}

interface Load {
  readonly responses: number;
  readonly seconds: number;
}

/**
 * What the recorder adds to each event's way, against a bare TCP pipe, and the streams a second that pass through it. A pipe keeps its
 * connections; the recorder takes a new one for each stream (SPEC section 3), so proxies that do nothing but that are measured, too.
 */
export async function measureRecorder(): Promise<Result> {
  const bench = createBench();
  try {
    const paced = await bench.start([join(import.meta.dirname, "servers/ticks.mjs"), "5", "400"], { core: 1 });
    const fast = await bench.start([join(import.meta.dirname, "servers/fast.mjs")], { core: 1 });
    const ways = {
      direct: { paced: Number(paced.line), fast: Number(fast.line) },
      "bare TCP pipe": { paced: await proxy("pipe.mjs", paced.line), fast: await proxy("pipe.mjs", fast.line) },
      [FRESH_PIPE]: {
        paced: await proxy("fresh-pipe.mjs", paced.line),
        fast: await proxy("fresh-pipe.mjs", fast.line),
      },
      [NODE_PROXY]: {
        paced: await proxy("node-proxy.mjs", paced.line),
        fast: await proxy("node-proxy.mjs", fast.line),
      },
      "wraith record": { paced: await recorder("a", paced.line), fast: await recorder("b", fast.line) },
    };
    const names = Object.keys(ways) as (keyof typeof ways)[];
    const seen = names.map(() => ({ p50: [] as number[], p99: [] as number[], rate: [] as number[] }));
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, name] of names.entries()) {
        const delay = await load<Delay>(bench, "ticks.mjs", ways[name].paced, STREAMS);
        seen[i]!.p50.push(delay.p50);
        seen[i]!.p99.push(delay.p99);
        const { responses, seconds } = await load<Load>(
          bench,
          "http.mjs",
          ways[name].fast,
          STREAMS,
          2,
          "GET",
          "/stream",
        );
        seen[i]!.rate.push(responses / seconds);
      }
    const medians = seen.map((s) => ({ p50: median(s.p50), p99: median(s.p99), rate: median(s.rate) }));
    const [, bare, fresh, node, ours] = medians;
    return {
      title: `Recorder: delay of an event on its way, ${STREAMS} streams with an event each 5 ms, and streams of 40 events a second; median of ${ROUNDS}`,
      columns: ["way", "p50 µs", "p99 µs", "streams/s"],
      rows: medians.map(({ p50, p99, rate }, i) => [names[i]!, whole(p50), whole(p99), whole(rate)]),
      notes: [
        `The recorder adds ${whole(ours!.p50 - bare!.p50)} µs (p50) and ${whole(ours!.p99 - bare!.p99)} µs (p99) to a bare pipe. Goal: at most 60 µs (p50).`,
        `Streams a second: ${ratio(ours!.rate, bare!.rate)} of a bare pipe, ${ratio(ours!.rate, fresh!.rate)} of a pipe with a new connection each stream, ${ratio(ours!.rate, node!.rate)} of a proxy of node:http that records nothing.`,
      ],
    };

    async function proxy(program: string, upstream: string): Promise<number> {
      const path = join(import.meta.dirname, "servers", program);
      return Number((await bench.start([path, upstream], { core: 0 })).line);
    }
    async function recorder(twin: string, upstream: string): Promise<number> {
      await bench.wraith("init", twin, "--base-url", `http://127.0.0.1:${upstream}`);
      return (await bench.startWraith(["record", twin], 0)).port;
    }
  } finally {
    await bench.close();
  }
}
