import { join } from "node:path";
import { createBench, load, median, ratio, whole, type Result } from "./harness.ts";

const STREAMS = 10;
const DELAY_ROUNDS = 7;
const RATE_ROUNDS = 3;
const PIPE = "bare TCP pipe";
const RECORDER = "wraith record";
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
      [PIPE]: { paced: await proxy("pipe.mjs", paced.line), fast: await proxy("pipe.mjs", fast.line) },
      [FRESH_PIPE]: {
        paced: await proxy("fresh-pipe.mjs", paced.line),
        fast: await proxy("fresh-pipe.mjs", fast.line),
      },
      [NODE_PROXY]: {
        paced: await proxy("node-proxy.mjs", paced.line),
        fast: await proxy("node-proxy.mjs", fast.line),
      },
      [RECORDER]: { paced: await recorder("a", paced.line), fast: await recorder("b", fast.line) },
    };
    const names = Object.keys(ways) as (keyof typeof ways)[];
    const delays = names.map((): Delay[] => []);
    const rates = names.map((): number[] => []);
    for (let round = 0; round < DELAY_ROUNDS; round++)
      for (const [i, name] of names.entries())
        delays[i]!.push(await load<Delay>(bench, "ticks.mjs", ways[name].paced, STREAMS));
    for (let round = 0; round < RATE_ROUNDS; round++)
      for (const [i, name] of names.entries()) {
        const { fast: port } = ways[name];
        const { responses, seconds } = await load<Load>(bench, "http.mjs", port, STREAMS, 2, "GET", "/stream");
        rates[i]!.push(responses / seconds);
      }
    const medians = names.map((_, i) => ({
      p50: median(delays[i]!.map((delay) => delay.p50)),
      p99: median(delays[i]!.map((delay) => delay.p99)),
      rate: median(rates[i]!),
    }));
    const [, bare, fresh, node, ours] = medians;
    /** Within a round, as the machine is not equally fast in all of them. */
    const added = (pick: (delay: Delay) => number): string =>
      whole(
        median(
          delays[names.indexOf(RECORDER)]!.map(
            (delay, round) => pick(delay) - pick(delays[names.indexOf(PIPE)]![round]!),
          ),
        ),
      );
    return {
      title: `Recorder: delay of an event on its way, ${STREAMS} streams with an event each 5 ms, median of ${DELAY_ROUNDS}; and streams of 40 events a second, median of ${RATE_ROUNDS}`,
      columns: ["way", "p50 µs", "p99 µs", "streams/s"],
      rows: medians.map(({ p50, p99, rate }, i) => [names[i]!, whole(p50), whole(p99), whole(rate)]),
      notes: [
        `The recorder adds ${added((delay) => delay.p50)} µs (p50) and ${added((delay) => delay.p99)} µs (p99) to a bare pipe in the same round. Goal: at most 60 µs (p50).`,
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
