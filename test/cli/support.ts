import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll } from "vitest";

/** The bundle that `npm run bundle` makes (`pretest` does). */
const CLI = resolve(import.meta.dirname, "../../dist/cli.cjs");
const ENV = { ...process.env, WRAITH_HMAC_KEY: "a key for tests only", NO_COLOR: "", WRAITH_DIR: "" };

const folders: string[] = [];
const children = new Set<ChildProcess>();

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder that is removed after the tests of this file. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "wraith-cli-"));
  folders.push(folder);
  return folder;
}

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Result>;
  /** What was printed so far. */
  stdout(): string;
  stderr(): string;
}

/** `stdout`: a file to write to instead of a pipe. */
export function start(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdout: number | "pipe" = "pipe",
): Running {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: { ...ENV, ...env },
    stdio: ["ignore", stdout, "pipe"],
  });
  children.add(child);
  let [printed, told] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (told += text));
  const ended = new Promise<Result>((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => {
      children.delete(child);
      done({ code, stdout: printed, stderr: told });
    });
  });
  return { child, ended, stdout: () => printed, stderr: () => told };
}

/** Runs `wraith ARGS` in a folder to its end. */
export function wraith(cwd: string, ...args: string[]): Promise<Result> {
  return start(cwd, args).ended;
}

export interface Server extends Running {
  readonly url: string;
  readonly port: number;
  stop(signal?: NodeJS.Signals): Promise<Result>;
}

/** Starts `wraith record` or `serve` on a free port, and waits until it listens. */
export async function serverAt(cwd: string, ...args: string[]): Promise<Server> {
  const file = join(scratch(), "ready.json");
  const running = start(cwd, [...args, "--port", "0", "--ready-json", file]);
  while (!existsSync(file)) {
    if (running.child.exitCode !== null)
      throw new Error(`wraith ${args.join(" ")} ended: ${(await running.ended).stderr}`);
    await pause(10);
  }
  const { url, port } = JSON.parse(readFileSync(file, "utf8")) as { url: string; port: number };
  return {
    ...running,
    url,
    port,
    stop: (signal = "SIGTERM") => {
      running.child.kill(signal);
      return running.ended;
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** One request on a connection of its own. */
export function send(
  url: string,
  options: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((done, fail) => {
    const { method = "GET", body, headers } = options;
    const sent = request(
      url,
      { method, headers: { "content-type": "application/json", ...headers }, agent: false },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        answer.on("end", () => done({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
        answer.on("error", fail);
      },
    );
    sent.on("error", fail);
    sent.end(body);
  });
}

/** A chat request to the demo's upstream, or to its twin. */
export function chat(url: string, model: string, content: string, more: object = { stream: true }): Promise<Answer> {
  const body = JSON.stringify({ model, messages: [{ role: "user", content }], ...more });
  return send(`${url}/v1/chat/completions`, { method: "POST", body });
}

/** Names of the files in a folder, sorted; empty where there is none. */
export function filesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
