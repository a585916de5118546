import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { cpuUs, createBench, load, median, ratio, whole, type Result } from "./harness.ts";

const PROTO = join(import.meta.dirname, "servers/bench.proto");
/** `{"name": "x"}` of bench.Request. */
const REQUEST_HEX = "0a0178";
const ROUNDS = 3;
const SECONDS = 3;
const MESSAGES = 40;

interface Load {
  readonly responses: number;
  readonly seconds: number;
}

interface Call {
  (request: object, done: (error: Error | null) => void): grpc.ClientReadableStream<unknown>;
}

/** Calls a second without waiting, of the twin and of the grpc-js server that it has learned. */
export async function measureGrpc(): Promise<Result> {
  const bench = createBench();
  try {
    const real = await bench.start([join(import.meta.dirname, "servers/grpc-js.mjs")], { core: 0 });
    await bench.wraith("init", "g", "--base-url", `http://127.0.0.1:${real.line}`);
    mkdirSync(join(bench.dir, "twins/g/proto"), { recursive: true });
    copyFileSync(PROTO, join(bench.dir, "twins/g/proto/bench.proto"));
    const recorder = await bench.startWraith(["record", "g"]);
    await record(recorder.port);
    await recorder.stop("SIGINT");
    await bench.wraith("synth", "g");
    const twin = await bench.startWraith(["serve", "g", "--speed", "max"], 0);
    const contenders = [
      { name: "wraith serve", server: twin, port: twin.port },
      { name: "grpc-js server", server: real, port: Number(real.line) },
    ];
    const kinds = [
      { name: `server streaming, ${MESSAGES} messages of 200 bytes`, path: "/bench.Bench/Many", goal: "≥ 7" },
      { name: "unary, 200 bytes", path: "/bench.Bench/One", goal: "≥ 1" },
    ];
    const rows: string[][] = [];
    for (const kind of kinds) {
      const rates = contenders.map((): number[] => []);
      const cpu = contenders.map((): number[] => []);
      for (let round = 0; round < ROUNDS; round++)
        for (const [i, c] of contenders.entries()) {
          const before = cpuUs(c.server.child.pid!);
          const { responses, seconds } = await load<Load>(
            bench,
            "grpc.mjs",
            c.port,
            4,
            16,
            SECONDS,
            kind.path,
            REQUEST_HEX,
          );
          rates[i]!.push(responses / seconds);
          cpu[i]!.push(((cpuUs(c.server.child.pid!) - before) * (SECONDS / (SECONDS + 1))) / responses);
        }
      const theirs = median(rates[1]!);
      for (const [i, c] of contenders.entries())
        rows.push([
          `${c.name}, ${kind.name}`,
          whole(median(rates[i]!)),
          median(cpu[i]!).toFixed(1),
          ratio(median(rates[i]!), theirs),
          i === 0 ? kind.goal : "",
        ]);
    }
    return {
      title: `gRPC at max speed: 4 connections with 16 calls each, median of ${ROUNDS}`,
      columns: ["server", "calls/s", "CPU µs/call", "of grpc-js", "goal"],
      rows,
      notes: [],
    };
  } finally {
    await bench.close();
  }
}

/** One call of each kind through the recorder. */
async function record(port: number): Promise<void> {
  const loaded = grpc.loadPackageDefinition(loadSync(PROTO)) as unknown as {
    bench: { Bench: grpc.ServiceClientConstructor };
  };
  const client = new loaded.bench.Bench(`127.0.0.1:${port}`, grpc.credentials.createInsecure()) as unknown as Record<
    "One" | "Many",
    Call
  > &
    grpc.Client;
  await new Promise<void>((done, fail) => client.One({ name: "x" }, (error) => (error ? fail(error) : done())));
  await new Promise<void>((done, fail) =>
    client
      .Many({ name: "x" }, () => undefined)
      .on("data", () => undefined)
      .on("error", fail)
      .on("end", done),
  );
  client.close();
}
