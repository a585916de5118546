import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  differingLines,
  hasLlama,
  proveModel,
  INTEROP,
  root,
  run,
  scratch,
  startLlama,
  startWraith,
  wraith,
  type Server,
} from "./harness.ts";

const python = join(INTEROP, "llama-venv/bin/python");
const clients = join(root, "test/interop/llama/clients.py");

/** What the Python clients see, one canonical line a scenario. */
async function drive(url: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(python, [clients, url, ...args]);
  if (code !== 0) throw new Error(`clients.py ended with ${code}: ${stderr}`);
  return stdout;
}

interface CheckOutput {
  readonly ok: boolean;
  readonly conformance: {
    divergence_count: number;
    score_bp: number;
    exchanges_total: number;
    events_total: number;
    divergences: readonly object[];
  };
}

describe.skipIf(!hasLlama)("llama.cpp, with openai, anthropic, httpx and httpx-sse in Python", () => {
  const { dir, remove } = scratch();
  let llama: Server;
  let throughRecorder: string;

  beforeAll(async () => {
    llama = await startLlama();
    expect((await wraith(dir, "init", "my-llm", "--base-url", llama.url)).code).toBe(0);
    const recorder = await startWraith(dir, "record", "my-llm");
    throughRecorder = await drive(recorder.url, "--exact");
    expect(await recorder.stop("SIGINT")).toBe(0);
  });

  afterAll(async () => {
    await llama.stop();
    remove();
  });

  it("the recorder is transparent: clients see through it what they see directly", async () => {
    const direct = await drive(llama.url);
    const recorder = await startWraith(dir, "record", "my-llm", "--tag", "second");
    const recorded = await drive(recorder.url);
    await recorder.stop();
    expect(differingLines(direct, recorded)).toEqual([]);
    expect(direct.trimEnd().split("\n")).toHaveLength(51);
  });

  it("synth learns every event exactly, and check finds nothing", async () => {
    const synth = await wraith(dir, "synth", "my-llm", "--json");
    expect(synth.stderr + synth.stdout).toContain('"exactEvents"');
    const report = (
      JSON.parse(synth.stdout) as {
        report: { events: number; exactEvents: number; takeBytes: number; recordedBytes: number };
      }
    ).report;
    expect(report.events).toBeGreaterThan(1000);
    expect(report.exactEvents).toBe(report.events);
    expect(report.takeBytes).toBeLessThan(report.recordedBytes);
    for (const mode of ["--in-memory", "--wire"]) {
      const check = await wraith(dir, "check", "my-llm", mode, "--format", "json");
      const { conformance } = JSON.parse(check.stdout) as CheckOutput;
      expect(conformance.divergences.slice(0, 3)).toEqual([]);
      expect(conformance).toMatchObject({ divergence_count: 0, score_bp: 10000 });
      expect(check.code).toBe(0);
    }
  });

  it("every change of the model is told at its place, and a stream that was left out fits the shapes of the others", async () => {
    expect(await proveModel(dir, "my-llm")).toBeGreaterThanOrEqual(0.98);
  });

  it("the same clients see on the twin what they saw through the recorder, ids and times included", async () => {
    const twinDir = join(dir, "one");
    cpSync(join(dir, "twins"), join(twinDir, "twins"), { recursive: true });
    const [first] = readdirSync(join(twinDir, "twins/my-llm/recordings/sessions")).sort();
    const session = (
      JSON.parse(
        readFileSync(join(twinDir, "twins/my-llm/recordings/sessions", first!), "utf8").split("\n", 1)[0]!,
      ) as { session: string }
    ).session;
    expect((await wraith(twinDir, "synth", "my-llm", "--session", session)).code).toBe(0);
    const twin = await startWraith(twinDir, "serve", "my-llm");
    const seen = await drive(twin.url, "--exact");
    expect(await twin.stop()).toBe(0);
    expect(differingLines(throughRecorder, seen)).toEqual([]);
  });

  it("openai, @anthropic-ai/sdk, eventsource and curl from npm see on the twin what they saw through the recorder", async () => {
    const npmClients = async (url: string): Promise<string> => {
      const { code, stdout, stderr } = await run(process.execPath, [
        join(root, "test/interop/llm-clients.mjs"),
        url,
        "llama",
        "--exact",
      ]);
      if (code !== 0) throw new Error(`llm-clients.mjs ended with ${code}: ${stderr}`);
      return stdout;
    };
    expect((await wraith(dir, "init", "npm", "--base-url", llama.url)).code).toBe(0);
    const recorder = await startWraith(dir, "record", "npm");
    const recorded = await npmClients(recorder.url);
    expect(await recorder.stop("SIGINT")).toBe(0);
    expect((await wraith(dir, "synth", "npm")).code).toBe(0);
    const check = await wraith(dir, "check", "npm", "--json");
    expect(JSON.parse(check.stdout)).toMatchObject({ ok: true, conformance: { divergence_count: 0 } });
    const twin = await startWraith(dir, "serve", "npm");
    const seen = await npmClients(twin.url);
    expect(await twin.stop()).toBe(0);
    expect(differingLines(recorded, seen)).toEqual([]);
    expect(recorded.trimEnd().split("\n")).toHaveLength(15);
  });
});
