import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

export const root = resolve(import.meta.dirname, "..");
export const CLI = join(root, "dist/cli.cjs");
const env = { ...process.env, WRAITH_HMAC_KEY: "a key for measurements only", NO_COLOR: "1", CI: "" };

/** What a measurement gives: rows of a table with a title, and sentences about what could not be measured. */
export interface Result {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** A folder for one measurement; everything that was started in it is stopped by `close`. */
export interface Bench {
  readonly dir: string;
  /** Runs a program to its end and gives its output; throws where it fails. */
  run(command: string, args: readonly string[]): Promise<string>;
  wraith(...args: string[]): Promise<string>;
  /** Runs `wraith` to its end, and gives what it took. */
  measureWraith(...args: string[]): Promise<Usage>;
  /** Starts a program and waits until it prints a line. */
  start(args: readonly string[], options?: { core?: number; command?: string }): Promise<Started>;
  /** Starts `wraith record|serve` on a free port. */
  startWraith(args: readonly string[], core?: number): Promise<Started & { readonly port: number }>;
  close(): Promise<void>;
}

export interface Usage {
  /** Of all threads. */
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
}

export interface Started {
  readonly child: ChildProcess;
  /** Its first line. */
  readonly line: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const hasTaskset = ((): boolean => {
  try {
    execFileSync("taskset", ["-c", "0", "true"]);
    return cpus().length > 1;
  } catch {
    return false;
  }
})();

/** A command line, bound to one core where that can be done: the server on core 0, the load on core 1. */
function bound(core: number | undefined, command: string, args: readonly string[]): [string, string[]] {
  return core === undefined || !hasTaskset ? [command, [...args]] : ["taskset", ["-c", String(core), command, ...args]];
}

export function createBench(): Bench {
  const dir = mkdtempSync(join(tmpdir(), "wraith-bench-"));
  const running = new Set<Started>();
  const run = async (command: string, args: readonly string[], more: Record<string, string> = {}): Promise<string> => {
    const child = spawn(command, args, { cwd: dir, env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${stderr || stdout}`);
    return stdout;
  };
  const started = (child: ChildProcess, line: string): Started => {
    const closed = once(child, "close");
    const it: Started = {
      child,
      line,
      stop: async (signal = "SIGTERM") => {
        running.delete(it);
        child.kill(signal);
        await closed;
      },
    };
    running.add(it);
    return it;
  };
  return {
    dir,
    run,
    wraith: (...args) => run(process.execPath, [CLI, ...args]),
    measureWraith: async (...args) => {
      const file = join(dir, "usage.json");
      const preload = pathToFileURL(join(import.meta.dirname, "load/usage.mjs")).href;
      await run(process.execPath, ["--import", preload, CLI, ...args], { BENCH_USAGE: file });
      return JSON.parse(readFileSync(file, "utf8")) as Usage;
    },
    start: async (args, { core, command = process.execPath } = {}) => {
      const child = spawn(...bound(core, command, args), { cwd: dir, env, stdio: ["ignore", "pipe", "inherit"] });
      let text = "";
      child.stdout!.setEncoding("utf8").on("data", (more: string) => (text += more));
      while (!text.includes("\n")) {
        if (child.exitCode !== null) throw new Error(`${args.join(" ")} ended early`);
        await pause(5);
      }
      return started(child, text.split("\n", 1)[0]!);
    },
    startWraith: async (args, core) => {
      const file = join(dir, `ready-${Math.random().toString(36).slice(2)}.json`);
      const all = [CLI, ...args, "--port", "0", "--ready-json", file];
      const child = spawn(...bound(core, process.execPath, all), {
        cwd: dir,
        env,
        stdio: ["ignore", "ignore", "inherit"],
      });
      while (!existsSync(file)) {
        if (child.exitCode !== null) throw new Error(`wraith ${args.join(" ")} ended early`);
        await pause(5);
      }
      const { port } = JSON.parse(readFileSync(file, "utf8")) as { port: number };
      return { ...started(child, ""), port };
    },
    close: async () => {
      await Promise.all([...running].map((r) => r.stop("SIGKILL")));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Runs one of the load programs of this folder on the second core; its standard output is JSON. */
export async function load<T>(bench: Bench, program: string, ...args: (string | number)[]): Promise<T> {
  const [command, all] = bound(1, process.execPath, [join(import.meta.dirname, "load", program), ...args.map(String)]);
  return JSON.parse(await bench.run(command, all)) as T;
}

/** CPU time of a process so far, in microseconds; 0 where /proc does not tell. */
export function cpuUs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return 0;
  }
}

export function has(command: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`]);
    return true;
  } catch {
    return false;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** `12,345` */
export function whole(n: number): string {
  return Math.round(n).toLocaleString("en-US");
}

export function ratio(a: number, b: number): string {
  return (a / b).toFixed(2);
}

/** A recording of one session, written by hand, for what would take too long to record. */
export interface WrittenExchange {
  readonly path: string;
  readonly request: string | Uint8Array;
  readonly contentType: string;
  /** Pieces of the response with the milliseconds since the request's end. */
  readonly chunks: readonly { readonly atMs: number; readonly body: string | Uint8Array }[];
  /** Given, it is a gRPC call. */
  readonly trailers?: readonly (readonly [string, string])[];
}

/** Writes a `.wrec` file that a recorder could have written; gives its length in bytes. */
export function writeSession(
  bench: Bench,
  twin: string,
  session: string,
  exchanges: Iterable<WrittenExchange>,
): number {
  const lines = [
    JSON.stringify({
      wrec: 1,
      session,
      twin,
      baseUrl: "http://127.0.0.1:9",
      startedAt: "2026-11-22T10:00:00.000000Z",
      tags: [],
      tool: "bench",
      scrub: {},
    }),
  ];
  let atUs = 0;
  let x = 0;
  for (const e of exchanges) {
    const isGrpc = e.trailers !== undefined;
    const headers = [
      ["Host", "127.0.0.1:9"],
      ["Content-Type", isGrpc ? "application/grpc" : "application/json"],
      ...(isGrpc ? [] : [["Content-Length", String(Buffer.byteLength(e.request))]]),
    ];
    const protocol = isGrpc
      ? { protocol: "grpc", httpVersion: "2", conn: 1, stream: 2 * x + 1 }
      : { protocol: "http", httpVersion: "1.1", conn: 1, stream: null };
    const say = (line: object): number => lines.push(JSON.stringify({ x, atUs, ...line }));
    say({ open: { ...protocol, method: "POST", path: e.path, query: "", headers } });
    say({ dir: "client", ...written(e.request) });
    say({ dir: "client", end: true });
    const zero = atUs;
    say({ head: { status: 200, headers: [["Content-Type", e.contentType]] } });
    for (const { atMs, body } of e.chunks) {
      atUs = zero + Math.round(atMs * 1000);
      say({ dir: "server", ...written(body) });
    }
    if (isGrpc) say({ dir: "server", trailers: e.trailers });
    say({ close: { shape: "clean", by: "server" } });
    atUs += 100;
    x++;
  }
  lines.push(JSON.stringify({ atUs, ended: { exchanges: x } }));
  const file = `${lines.join("\n")}\n`;
  writeFileSync(join(bench.dir, "twins", twin, "recordings/sessions", `${session}.wrec`), file);
  return Buffer.byteLength(file);
}

function written(body: string | Uint8Array): object {
  return typeof body === "string" ? { text: body } : { b64: Buffer.from(body).toString("base64") };
}

/** The machine, for the head of a table. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${cpus().length} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`;
}
