import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  differingLines,
  freePort,
  proveModel,
  root,
  run,
  scratch,
  start,
  startWraith,
  until,
  wraith,
  type Running,
} from "./harness.ts";

async function drive(url: string, ...flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(process.execPath, [
    join(root, "test/interop/llm-clients.mjs"),
    url,
    "aimock",
    ...flags,
  ]);
  if (code !== 0) throw new Error(`llm-clients.mjs ended with ${code}: ${stderr}`);
  return stdout;
}

describe("aimock, with openai, @anthropic-ai/sdk, eventsource and curl", () => {
  const { dir, remove } = scratch();
  let aimock: Running;
  let url: string;
  let recorded: string;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    aimock = start(process.execPath, [join(root, "test/interop/aimock/start.mjs"), String(port)]);
    await until(
      () =>
        fetch(url).then(
          () => true,
          () => false,
        ),
      "aimock",
    );
    expect((await wraith(dir, "init", "mock", "--base-url", url)).code).toBe(0);
    const recorder = await startWraith(dir, "record", "mock");
    recorded = await drive(recorder.url, "--exact");
    expect(await recorder.stop()).toBe(0);
  });

  afterAll(async () => {
    await aimock.stop();
    remove();
  });

  it("clients see through the recorder what they see directly", async () => {
    const other = scratch();
    await wraith(other.dir, "init", "mock", "--base-url", url);
    const recorder = await startWraith(other.dir, "record", "mock");
    const [direct, through] = [await drive(url), await drive(recorder.url)];
    await recorder.stop();
    other.remove();
    expect(differingLines(direct, through)).toEqual([]);
  });

  it("synth is exact, check finds nothing, and the twin says to each client what it heard before", async () => {
    const synth = await wraith(dir, "synth", "mock", "--json");
    const { report } = JSON.parse(synth.stdout) as { report: { events: number; exactEvents: number } };
    expect(report.exactEvents).toBe(report.events);
    for (const mode of ["--in-memory", "--wire"]) {
      const check = await wraith(dir, "check", "mock", mode, "--json");
      const { conformance } = JSON.parse(check.stdout) as {
        conformance: { divergence_count: number; divergences: readonly object[] };
      };
      expect(conformance.divergences.slice(0, 3)).toEqual([]);
      expect(conformance.divergence_count).toBe(0);
    }
    const twin = await startWraith(dir, "serve", "mock");
    const seen = await drive(twin.url, "--exact");
    expect(await twin.stop()).toBe(0);
    expect(differingLines(recorded, seen)).toEqual([]);
  });

  it("every change of the model is told at its place, and a stream that was left out fits the shapes of the others", async () => {
    const recorder = await startWraith(dir, "record", "mock");
    await drive(recorder.url);
    expect(await recorder.stop()).toBe(0);
    expect((await wraith(dir, "synth", "mock")).code).toBe(0);
    expect(await proveModel(dir, "mock")).toBeGreaterThanOrEqual(0.98);
  });
});
