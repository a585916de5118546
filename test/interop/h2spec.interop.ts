import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasH2spec, INTEROP, run, scratch, startWraith, wraith, type RunningWraith } from "./harness.ts";

/** One port speaks HTTP/1.1, too: what does not begin like HTTP/2 gets a 400 of that. */
const EXPECTED_FAILURES = ["Sends invalid connection preface"];

describe.skipIf(!hasH2spec)("h2spec against a twin", () => {
  const { dir, remove } = scratch();
  let twin: RunningWraith;

  beforeAll(async () => {
    const upstream = createServer((request, response) => {
      request.resume().on("end", () => response.end("hello"));
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");
    const { port } = upstream.address() as AddressInfo;
    expect((await wraith(dir, "init", "t", "--base-url", `http://127.0.0.1:${port}`)).code).toBe(0);
    const recorder = await startWraith(dir, "record", "t");
    await (await fetch(recorder.url)).text();
    await (await fetch(recorder.url, { method: "POST", body: "x" })).text();
    expect(await recorder.stop("SIGINT")).toBe(0);
    upstream.close();
    expect((await wraith(dir, "synth", "t")).code).toBe(0);
    twin = await startWraith(dir, "serve", "t", "--speed", "max");
  });

  afterAll(async () => {
    await twin.stop();
    remove();
  });

  it("every case but that of another protocol's first bytes", async () => {
    const { stdout, stderr } = await run(join(INTEROP, "bin/h2spec"), [String(twin.port)]);
    const failures = new Set([...stdout.matchAll(/× \d+: (.*)/g)].map(([, what]) => what!.trim()));
    expect([...failures], stderr).toEqual(EXPECTED_FAILURES);
    const [, tests] = /(\d+) tests, \d+ passed, 0 skipped, 1 failed/.exec(stdout) ?? [];
    expect(Number(tests)).toBeGreaterThan(140);
  });
});
