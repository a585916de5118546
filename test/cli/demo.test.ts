import { setTimeout as pause } from "node:timers/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesIn, scratch, start, wraith } from "./support.ts";

test("the demo shows the whole loop and leaves a workspace that works", async () => {
  const cwd = scratch();
  const { code, stdout, stderr } = await wraith(cwd, "demo");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const titles = [...stdout.matchAll(/^(\d)\. (.*)$/gm)].map((m) => m[2]);
  expect(titles).toEqual(["init", "record", "synth", "check", "serve", "a check that can fail"]);
  expect(stdout).toContain("✓ my-llm in memory: 100.00 %");
  expect(stdout).toMatch(/^ +\+ *\d+ ms .*delta \{"role":"assistant","content":""\}$/m);
  expect(stdout).toContain('"chat.completion.chunk" → "chat.completion.chonk"');
  expect(stdout).toMatch(/^✗ events\[\d*\]\.data\.object {2}value_mismatch/m);
  expect(stdout).toMatch(/^✗ my-llm in memory: \d/m);
  expect(stdout).toContain("wraith inspect my-llm --dir .wraith-demo");
  expect((await wraith(cwd, "check", "my-llm", "--dir", ".wraith-demo")).code).toBe(0);
  expect((await wraith(cwd, "inspect", "my-llm", "--dir", ".wraith-demo")).code).toBe(0);
  expect((await wraith(cwd, "synth", "my-llm", "--dir", ".wraith-demo")).code).toBe(0);
});

test("as JSON", async () => {
  const { code, stdout } = await wraith(scratch(), "demo", "--json");
  expect(code).toBe(0);
  const { ok, steps } = JSON.parse(stdout) as { ok: boolean; steps: { kind: string }[] };
  expect(ok).toBe(true);
  expect(new Set(steps.map((s) => s.kind))).toContain("caught");
});

test("Ctrl-C in the middle stops everything, at once and quietly", async () => {
  const cwd = scratch();
  const running = start(cwd, ["demo"]);
  while (!running.stdout().includes("1. init")) await pause(5);
  while (filesIn(join(cwd, ".wraith-demo/twins/my-llm/recordings/sessions")).length === 0) await pause(5);
  running.child.kill("SIGINT");
  expect(await running.ended).toMatchObject({ code: 4, stderr: "Stopped.\n" });
});
