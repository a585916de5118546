import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");
/** Where foreign servers and clients are installed. */
export const INTEROP = join(root, ".interop");
const CLI = join(root, "dist/cli.cjs");

export const hasLlama = existsSync(join(INTEROP, "llama-venv/pins"));
export const hasEtcd = existsSync(join(INTEROP, "bin/etcd"));
export const hasCatalog = existsSync(join(INTEROP, ".catalog"));
export const hasH2spec = existsSync(join(INTEROP, ".h2spec"));

/** Recordings of real clients hold credentials, and in CI no key is made up. */
const ENV = { ...process.env, WRAITH_HMAC_KEY: "a key for tests only" };

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** Runs a program to its end; never throws on its exit code. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...ENV, ...options.env },
      timeout: options.timeoutMs ?? 120_000,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    child.on("error", fail);
    child.on("close", (code) => done({ code, stdout, stderr }));
  });
}

/** A running program of ours or of others. */
export interface Running {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export function start(command: string, args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: { ...ENV, ...options.env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const exited = new Promise<number | null>((done) => child.on("close", (code) => done(code)));
  return {
    child,
    stderr: () => stderr,
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return exited;
    },
  };
}

/** `wraith ARGS` from the bundle, in a folder. */
export function wraith(cwd: string, ...args: string[]): Promise<Result> {
  return run(process.execPath, [CLI, ...args], { cwd });
}

export interface RunningWraith extends Running {
  readonly url: string;
  readonly port: number;
}

/** Starts `wraith record|serve` on a free port and waits until it is open. */
export async function startWraith(cwd: string, ...args: string[]): Promise<RunningWraith> {
  const folder = mkdtempSync(join(tmpdir(), "wraith-ready-"));
  const file = join(folder, "ready.json");
  const running = start(process.execPath, [CLI, ...args, "--port", "0", "--ready-json", file], { cwd });
  try {
    await until(
      () => {
        if (running.child.exitCode !== null) throw new Error(`wraith ${args.join(" ")} ended: ${running.stderr()}`);
        return existsSync(file);
      },
      `wraith ${args.join(" ")} to be ready`,
    );
    const { url, port } = JSON.parse(readFileSync(file, "utf8")) as { url: string; port: number };
    return { ...running, url, port };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Polls a condition; throws after 60 s. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 1200; i++) {
    if (await condition()) return;
    await pause(50);
  }
  throw new Error(`waited 60 s for ${what}`);
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** A port that was free a moment ago, for servers that cannot pick one. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}

/** An empty folder that is removed by `remove`. */
export function scratch(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), "wraith-interop-"));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

export interface Server {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

async function startedByScript(script: string, args: string[], env: Record<string, string>): Promise<number> {
  const { code, stdout, stderr } = await run("bash", [join(root, "test/interop", script), ...args], { env });
  if (code !== 0) throw new Error(`${script}: ${stderr}`);
  return Number(stdout.trim());
}

function killed(pid: number, signal: NodeJS.Signals): () => Promise<void> {
  return async () => {
    process.kill(pid, signal);
    await until(() => {
      try {
        process.kill(pid, 0);
        return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
      } catch {
        return true;
      }
    }, `process ${pid} to end`);
  };
}

/** A real llama.cpp server on a free port; see llama/start.sh for the environment. */
export async function startLlama(env: Record<string, string> = {}): Promise<Server> {
  const port = await freePort();
  const pid = await startedByScript("llama/start.sh", [String(port), INTEROP], env);
  return { url: `http://127.0.0.1:${port}`, port, stop: killed(pid, "SIGTERM") };
}

/** A fresh, empty etcd on a free port. */
export async function startEtcd(): Promise<Server> {
  const port = await freePort();
  const folder = join(INTEROP, `etcd-run-${port}`);
  const pid = await startedByScript("etcd/start.sh", [String(port), folder, INTEROP], {});
  const stop = killed(pid, "SIGKILL");
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    stop: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Compares two texts line by line and says the first lines that differ, short: for `expect(...).toEqual([])`. */
export function differingLines(expected: string, actual: string): string[] {
  const a = expected.trimEnd().split("\n");
  const b = actual.trimEnd().split("\n");
  const out: string[] = [];
  for (let i = 0; i < Math.max(a.length, b.length) && out.length < 8; i++)
    if (a[i] !== b[i])
      out.push(`line ${i + 1}\n  expected ${String(a[i]).slice(0, 400)}\n  actual   ${String(b[i]).slice(0, 400)}`);
  return out;
}

/**
 * The two proofs that a model is neither blind nor narrow: every place of it that is changed alone is told at exactly its path, and
 * with one stream left out its events still fit a learned shape. Gives the share of events that do.
 */
export async function proveModel(folder: string, name: string): Promise<number> {
  const check = await wraith(folder, "check", name, "--mutate", "--json");
  const { mutations } = JSON.parse(check.stdout) as {
    mutations: { total: number; inexact: number; missed: number; caught_bp: number; failures: readonly object[] };
  };
  if (mutations.total < 100 || mutations.caught_bp !== 10_000 || mutations.failures.length > 0 || check.code !== 0)
    throw new Error(`check --mutate: ${JSON.stringify({ ...mutations, failures: mutations.failures.slice(0, 5) })}`);
  const held = await run(process.execPath, ["--import", "tsx", join(root, "test/interop/holdout.mjs"), folder, name]);
  if (held.code !== 0) throw new Error(`holdout.mjs: ${held.stderr}`);
  return (JSON.parse(held.stdout) as { share: number }).share;
}
