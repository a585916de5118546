import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const CLI = resolve(import.meta.dirname, "../../dist/cli.cjs");
const dir = mkdtempSync(join(tmpdir(), "wraith-kill-"));
const env = { ...process.env, WRAITH_HMAC_KEY: "a key for tests only" };
let stream: ServerResponse | undefined;
const upstream = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.flushHeaders();
  stream = response;
});

beforeAll(async () => {
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
});
afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
  rmSync(dir, { recursive: true, force: true });
});

async function wraith(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: dir, env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, stdout, stderr };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1500; i++) {
    if (condition()) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`waited for ${what}`);
}

test("a recorder killed in mid-stream leaves a recording that every command reads as truncated, with all that was written", async () => {
  const { port } = upstream.address() as AddressInfo;
  expect((await wraith("init", "k", "--base-url", `http://127.0.0.1:${port}`)).code).toBe(0);
  const ready = join(dir, "ready.json");
  const recorder = spawn(process.execPath, [CLI, "record", "k", "--port", "0", "--ready-json", ready], {
    cwd: dir,
    env,
    stdio: "ignore",
  });
  await until("the recorder", () => existsSync(ready));
  const { url } = JSON.parse(readFileSync(ready, "utf8")) as { url: string };
  let seen = "";
  const abort = new AbortController();
  void fetch(`${url}/feed`, { signal: abort.signal })
    .then(async (response) => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body!) seen += decoder.decode(chunk, { stream: true });
    })
    .catch(() => undefined);
  await until("the stream", () => stream !== undefined);
  const sessions = join(dir, "twins/k/recordings/sessions");
  const stored = (): string =>
    existsSync(sessions)
      ? readdirSync(sessions)
          .map((f) => readFileSync(join(sessions, f), "utf8"))
          .join("")
      : "";
  for (let n = 0; n < 5; n++) {
    stream!.write(`id: ${n}\ndata: {"n":${n}}\n\n`);
    // While the stream is open, each event is at the client and on the disk without any other event pushing it.
    await until(`event ${n} at the client`, () => seen.includes(`"n":${n}`));
    await until(`event ${n} on the disk`, () => stored().includes(`\\"n\\":${n}`));
  }
  stream!.write('data: {"n":5}\n\n');
  recorder.kill("SIGKILL");
  await once(recorder, "close");
  abort.abort();

  const list = JSON.parse((await wraith("inspect", "k", "--json")).stdout) as {
    sessions: { session: string; ended: boolean }[];
  };
  expect(list.sessions).toMatchObject([{ ended: false }]);
  const detail = JSON.parse((await wraith("inspect", "k", `${list.sessions[0]!.session}/0`, "--json")).stdout) as {
    events: number;
    termination: { shape: string; by: string };
  };
  expect(detail.events).toBeGreaterThanOrEqual(5);
  expect(detail.termination).toMatchObject({ shape: "truncated", by: "recorder" });
  const synth = JSON.parse((await wraith("synth", "k", "--json")).stdout) as {
    report: { events: number; exactEvents: number };
  };
  expect(synth.report).toMatchObject({ events: detail.events, exactEvents: detail.events });
  const check = await wraith("check", "k", "--json");
  expect(check.code).toBe(0);
  expect(JSON.parse(check.stdout)).toMatchObject({
    ok: true,
    conformance: { divergence_count: 0, events_total: detail.events },
  });
});
