import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { CLI, createBench, median, ratio, writeSession, type Result } from "./harness.ts";

const ROUNDS = 15;

/** Start-up against Node's own, in one run: `wraith --version`, and `wraith serve` until its port is open. */
export async function measureStart(): Promise<Result> {
  const bench = createBench();
  try {
    await bench.wraith("init", "s", "--base-url", "http://127.0.0.1:9");
    const exchanges = Array.from({ length: 400 }, (_, s) => ({
      path: `/v1/route-${s % 40}`,
      request: JSON.stringify({ stream: true, n: s }),
      contentType: "text/event-stream",
      chunks: Array.from({ length: 60 }, (_u, n) => ({
        atMs: n,
        body: `data: ${JSON.stringify({ n, s, text: `some words ${n * s}`, [`key${s % 40}`]: "constant ".repeat(8) })}\n\n`,
      })),
    }));
    writeSession(bench, "s", "written", exchanges);
    await bench.wraith("synth", "s");
    const bytes = Number(
      spawnSync("du", ["-sb", join(bench.dir, "twins/s/model")], { encoding: "utf8" }).stdout.split("\t")[0] ??
        statSync(join(bench.dir, "twins/s/model")).size,
    );
    const ms = { node: [] as number[], version: [] as number[], serve: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      ms.node.push(timed(["-e", "0"]));
      ms.version.push(timed([CLI, "--version"]));
      const begun = performance.now();
      const twin = await bench.startWraith(["serve", "s"]);
      ms.serve.push(performance.now() - begun);
      await twin.stop();
    }
    const node = median(ms.node);
    const row = (name: string, values: readonly number[], goal: string): string[] => [
      name,
      median(values).toFixed(0),
      ratio(median(values), node),
      goal,
    ];
    return {
      title: `Start-up, median of ${ROUNDS}; serve with a model of ${(bytes / 2 ** 20).toFixed(1)} MiB`,
      columns: ["what", "ms", "of node's own start", "goal"],
      rows: [
        row("node -e 0", ms.node, ""),
        row("wraith --version", ms.version, "≤ 1.25"),
        row("wraith serve, port open", ms.serve, "≤ 2.5"),
      ],
      notes: ["The port is polled each 5 ms, which is in the figure of serve."],
    };
  } finally {
    await bench.close();
  }
}

function timed(args: readonly string[]): number {
  const begun = performance.now();
  spawnSync(process.execPath, args);
  return performance.now() - begun;
}
