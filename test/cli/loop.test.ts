import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemoUpstream, type DemoUpstream } from "../../src/app/demo-upstream.ts";
import type { CheckReport } from "../../src/app/check.ts";
import { chat, filesIn, scratch, send, serverAt, wraith, type Answer } from "./support.ts";

const cwd = scratch();
const symbols = join(cwd, "twins/my-llm/model/symbols.json");
let upstream: DemoUpstream;
let recorded: readonly Answer[];

/** The user's path: init, record (two sessions), synth. */
beforeAll(async () => {
  upstream = await startDemoUpstream();
  expect((await wraith(cwd, "init", "my-llm", "--base-url", upstream.url)).stdout).toContain("twins/my-llm");
  const recorder = await serverAt(cwd, "record", "my-llm", "--tag", "first");
  const usage = { stream: true, stream_options: { include_usage: true } };
  const first = await Promise.all([
    chat(recorder.url, "demo-1", "hi"),
    chat(recorder.url, "demo-1", "Who are you?", usage),
    chat(recorder.url, "badmodel", "hi"),
  ]);
  expect((await send(`${recorder.url}/__wraith/new-session`, { method: "POST" })).status).toBe(200);
  const second = await Promise.all([
    chat(recorder.url, "demo-2", "hello"),
    chat(recorder.url, "demo-2", "one piece", { stream: false }),
  ]);
  recorded = [...first, ...second];
  expect(await recorder.stop("SIGINT")).toMatchObject({ code: 0, stdout: "Recorded 5 exchanges in 2 sessions.\n" });
  expect(await wraith(cwd, "synth", "my-llm")).toMatchObject({ code: 0 });
});

afterAll(() => upstream.stop());

async function checkJson(...args: string[]): Promise<{ code: number | null; report: CheckReport }> {
  const { code, stdout } = await wraith(cwd, "check", "my-llm", "--format", "json", ...args);
  return { code, report: JSON.parse(stdout) as CheckReport };
}

describe("check", () => {
  test.each(["--in-memory", "--wire"])("%s: no divergence, every event counted", async (mode) => {
    const { code, report } = await checkJson(mode);
    expect(report.conformance.divergences).toEqual([]);
    expect(report).toMatchObject({
      twin: "my-llm",
      ok: true,
      conformance: {
        score_bp: 10_000,
        sessions_total: 2,
        sessions_passed: 2,
        session_pass_rate: 1,
        exchanges_total: 5,
        exchanges_passed: 5,
        divergence_count: 0,
      },
      advice: [],
    });
    expect(report.conformance.events_total).toBeGreaterThan(40);
    expect(code).toBe(0);
  });

  test("the report is kept", () => {
    const kept = JSON.parse(readFileSync(join(cwd, "twins/my-llm/reports/check-memory.json"), "utf8")) as CheckReport;
    expect(kept).toMatchObject({ ok: true });
    expect(filesIn(join(cwd, "twins/my-llm/reports"))).toContain("check-wire.json");
  });

  test("text is one fact a line, pretty is for people", async () => {
    expect((await wraith(cwd, "check", "my-llm")).stdout).toMatch(
      /^conformance my-llm ok mode=memory score=100\.00 exchanges=5\/5 sessions=2\/2 events=\d+ divergences=0 warnings=0 suppressed=0 unlearned=0\n$/,
    );
    const pretty = await wraith(cwd, "check", "my-llm", "--format", "pretty");
    expect(pretty.stdout).toContain("✓ my-llm in memory: 100.00 %\n  5 of 5 exchanges, 2 of 2 sessions,");
    expect(pretty.stdout).not.toContain("\u001b");
  });

  test("only some sessions", async () => {
    expect((await checkJson("--tag", "first")).report.conformance).toMatchObject({ sessions_total: 2 });
    const session = filesIn(join(cwd, "twins/my-llm/recordings/sessions"))[0]!.replace(/\.wrec$/, "");
    expect((await checkJson("--session", session)).report.conformance).toMatchObject({ sessions_total: 1 });
  });

  test("one constant changed by hand: its path and no other, exit 2, and a way to accept it", async () => {
    const before = readFileSync(symbols, "utf8");
    const config = join(cwd, "twins/my-llm/wraith.toml");
    const settings = readFileSync(config, "utf8");
    expect(before).toContain('"role": "assistant"');
    writeFileSync(symbols, before.replace('"role": "assistant"', '"role": "robot"'));
    try {
      const { code, report } = await checkJson();
      expect(code).toBe(2);
      expect(report.ok).toBe(false);
      expect(new Set(report.conformance.divergences.map((d) => d.path))).toHaveProperty("size", 1);
      expect(report.conformance.divergences[0]).toMatchObject({ category: "value_mismatch", severity: "error" });
      const { path, driftId } = report.conformance.divergences[0]!;
      expect(path).toMatch(/^(events\[0\]\.data\.choices\[0\]\.delta|body\.choices\[0\]\.message)\.role$/);
      const text = await wraith(cwd, "check", "my-llm");
      expect(text.code).toBe(2);
      expect(text.stdout).toContain(` ${path} value_mismatch values=own drift=${driftId} type=value `);
      expect(text.stderr).toContain("[CONFORMANCE_BELOW_BAR]");
      expect((await wraith(cwd, "check", "my-llm", "--wire")).code).toBe(2);
      writeFileSync(config, `${settings}\n[[diff.suppress]]\npath = "*.role"\nreason = "the robot is meant"\n`);
      const accepted = await checkJson("--show-suppressed");
      expect(accepted.code).toBe(0);
      expect(accepted.report.conformance).toMatchObject({ divergence_count: 0 });
      expect(accepted.report.conformance.suppressed![0]).toMatchObject({ path, reason: "the robot is meant" });
    } finally {
      writeFileSync(symbols, before);
      writeFileSync(config, settings);
    }
  });

  test("drift.toml: a drift by its id, accepted or of another type; an entry that nothing drifts as is told; a bad one is exit 1", async () => {
    const before = readFileSync(symbols, "utf8");
    const file = join(cwd, "twins/my-llm/drift.toml");
    writeFileSync(symbols, before.replace('"role": "assistant"', '"role": "robot"'));
    try {
      const { driftId } = (await checkJson()).report.conformance.divergences[0]!;
      const rule = (...lines: string[]): void =>
        writeFileSync(file, `[[drift]]\nid = "${driftId}"\nreason = "robots are meant"\n${lines.join("\n")}\n`);
      rule("accept = true");
      const accepted = await checkJson("--show-suppressed");
      expect(accepted.code).toBe(0);
      expect(accepted.report.conformance).toMatchObject({ score_bp: 10_000, divergence_count: 0, divergences: [] });
      expect(new Set(accepted.report.conformance.suppressed!.map((s) => `${s.driftId} ${s.reason}`))).toEqual(
        new Set([`${driftId} robots are meant`]),
      );
      expect(accepted.report.conformance.suppressed_count).toBe(accepted.report.conformance.suppressed!.length);
      expect((await wraith(cwd, "check", "my-llm", "--wire")).code).toBe(0);

      rule("accept = true", 'mode = "wire"');
      expect((await checkJson()).code).toBe(2);
      expect((await wraith(cwd, "check", "my-llm", "--wire")).code).toBe(0);

      rule('type = "head"');
      const text = await wraith(cwd, "check", "my-llm");
      expect(text.code).toBe(2);
      expect(text.stdout).toContain(` drift=${driftId} type=head `);
      expect((await checkJson()).report.conformance.divergences[0]).toMatchObject({ driftId, driftType: "head" });

      rule('type = "robotic"');
      for (const command of [["check"], ["check", "--wire"], ["doctor"]]) {
        const result = await wraith(cwd, ...command, "my-llm");
        expect(result.code).toBe(1);
        expect(result.stderr + result.stdout).toContain("drift.toml:4:1: drift[0].type");
      }

      rule("accept = true");
      expect((await wraith(cwd, "doctor", "my-llm")).stdout).toContain("drift.toml: 1 drift.");
      writeFileSync(symbols, before);
      const stale = await checkJson();
      expect(stale.code).toBe(0);
      expect(stale.report.advice).toContainEqual(
        expect.stringMatching(`^drift.toml, line 2: nothing drifts as ${driftId} any more`),
      );
      const [session] = filesIn(join(cwd, "twins/my-llm/recordings/sessions"));
      expect((await checkJson("--session", session!.replace(".wrec", ""))).report.advice).toEqual([]);
    } finally {
      writeFileSync(symbols, before);
      rmSync(file, { force: true });
    }
  });

  test("--upstream asks the live API, each allowed route, and finds no drift", async () => {
    const config = join(cwd, "twins/my-llm/wraith.toml");
    const settings = readFileSync(config, "utf8");
    writeFileSync(config, `${settings.replace(/^\[upstream\]$/m, "")}\n[upstream]\nallow = ["POST /v1/*"]\n`);
    try {
      const { code, report } = await checkJson("--upstream");
      expect(report.conformance.divergences).toEqual([]);
      expect(report.conformance).toMatchObject({ mode: "upstream", exchanges_total: 5 });
      expect(code).toBe(0);
    } finally {
      writeFileSync(config, settings);
    }
  });
});

describe("serve", () => {
  test("gives the recorded bytes for recorded requests, and template answers for others", async () => {
    const twin = await serverAt(cwd, "serve", "my-llm", "--speed", "max");
    const usage = { stream: true, stream_options: { include_usage: true } };
    const answers = [
      await chat(twin.url, "demo-1", "hi"),
      await chat(twin.url, "demo-1", "Who are you?", usage),
      await chat(twin.url, "badmodel", "hi"),
      await chat(twin.url, "demo-2", "hello"),
      await chat(twin.url, "demo-2", "one piece", { stream: false }),
    ];
    expect(answers.map((a) => [a.status, a.text])).toEqual(recorded.map((a) => [a.status, a.text]));
    expect(answers.every((a) => a.headers["x-wraith-provenance"] === "recorded")).toBe(true);
    const other = await chat(twin.url, "demo-9", "never asked");
    expect(other.headers["x-wraith-provenance"]).toBe("template");
    expect(other.text).toContain('"model":"demo-9"');
    expect(other.text.endsWith("data: [DONE]\n\n")).toBe(true);
    const nowhere = await send(`${twin.url}/v2/nothing`);
    expect([nowhere.status, nowhere.headers["x-wraith-provenance"]]).toEqual([501, "miss"]);
    expect((await twin.stop()).code).toBe(0);
  });
});

describe("inspect", () => {
  test("sessions, exchanges, and a stream as a time line", async () => {
    const { stdout } = await wraith(cwd, "inspect", "my-llm", "--json");
    const { sessions } = JSON.parse(stdout) as { sessions: { session: string; exchanges: number }[] };
    expect(sessions.map((s) => s.exchanges)).toEqual([3, 2]);
    const { session } = sessions[0]!;
    expect((await wraith(cwd, "inspect", "my-llm", session)).stdout).toContain(`${session}/0`);
    const line = await wraith(cwd, "inspect", "my-llm", `${session}/0`, "--full");
    expect(line.code).toBe(0);
    expect(line.stdout).toContain('"delta":{"role":"assistant","content":""}');
    expect(line.stdout).toMatch(/^ +\+\d+\.\d ms .* end +clean by server$/m);
  });

  test("the model", async () => {
    const { stdout } = await wraith(cwd, "inspect", "my-llm");
    expect(stdout).toContain("POST /v1/chat/completions");
  });
});

test("a second synth gives the same bytes", async () => {
  const before = readFileSync(symbols);
  expect((await wraith(cwd, "synth", "my-llm", "--force")).code).toBe(0);
  expect(readFileSync(symbols).equals(before)).toBe(true);
});
