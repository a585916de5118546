import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createWorkspace } from "../store/workspace.ts";
import { checkTwin } from "./check.ts";
import { openTwin } from "./open-twin.ts";
import { startTwin } from "./serve.ts";
import { learnModel } from "./synth.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** A picture, a text and a JSON body with a picture in it, each recorded twice. */
async function learned() {
  const root = await mkdtemp(join(tmpdir(), "wraith-bodies-"));
  cleanups.push(() => rm(root, { recursive: true, force: true }));
  const workspace = await createWorkspace(root, "t", { baseUrl: "http://localhost:9", force: false });
  const picture = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255));
  const text = Buffer.from("größer, \ttabs\r\n".repeat(20_000));
  const json = Buffer.from(JSON.stringify({ name: "x", b64: picture.toString("base64") }));
  const bodies = { picture, text, json };
  const head = {
    wrec: 1,
    session: "s",
    twin: "t",
    baseUrl: "u",
    startedAt: "2026-11-22T10:00:00.000000Z",
    tags: [],
    tool: "t",
    scrub: {},
  };
  const lines: object[] = [head];
  const types = { picture: "image/png", text: "text/plain", json: "application/json" };
  let x = 0;
  for (const name of ["picture", "text", "json", "picture", "text", "json"] as const) {
    const open = {
      protocol: "http",
      httpVersion: "1.1",
      conn: 1,
      stream: null,
      method: "GET",
      path: `/${name}`,
      query: "",
      headers: [],
    };
    const at = { x, atUs: x++ * 1000 };
    lines.push(
      { ...at, open },
      { ...at, dir: "client", end: true },
      { ...at, head: { status: 200, headers: [["Content-Type", types[name]]] } },
      { ...at, dir: "server", b64: bodies[name].toString("base64") },
      { ...at, close: { shape: "clean", by: "server" } },
    );
  }
  await writeFile(join(workspace.sessionsDir, "s.wrec"), lines.map((l) => `${JSON.stringify(l)}\n`).join(""));
  const twin = await openTwin(root, "t");
  const report = await learnModel({ ...twin, sessions: [], tags: [], force: false });
  return { workspace, twin, bodies, report };
}

test("big bodies lie beside the takes, as they are and once; the twin serves them, and a check finds nothing", async () => {
  const { workspace, twin, bodies, report } = await learned();
  expect(report.exactEvents).toBe(6);
  const kept = Object.values(bodies).reduce((sum, body) => sum + body.length, 0);
  expect(report.takeBytes).toBeGreaterThan(kept - 1000);
  expect(report.takeBytes).toBeLessThan(kept + 5000);
  const folder = join(workspace.modelDir, "bodies");
  const names = (await readdir(folder)).filter((n) => !n.startsWith("."));
  expect(names).toHaveLength(3);
  for (const body of [bodies.picture, bodies.text]) {
    const name = createHash("sha256").update(body).digest("hex");
    expect(body.equals(await readFile(join(folder, name)))).toBe(true);
  }
  expect((await stat(workspace.symbolsFile)).size).toBeLessThan(8000);
  expect(await readFile(workspace.symbolsFile, "utf8")).toMatch(/"text": \{"text": \{"\$hole"/);
  for (const file of await readdir(join(workspace.modelDir, "takes"), { recursive: true }))
    if (file.endsWith(".jsonl")) expect((await stat(join(workspace.modelDir, "takes", file))).size).toBeLessThan(2000);

  for (const mode of ["memory", "wire"] as const) {
    const { conformance } = await checkTwin({ ...twin, sessions: [], tags: [], mode, showSuppressed: false, env: {} });
    expect(conformance).toMatchObject({ score_bp: 10_000, exchanges_total: 6, divergences: [] });
  }
  const served = await startTwin({
    ...twin,
    port: 0,
    fidelity: "synth",
    speed: Infinity,
    seed: 1,
    provenanceHeaders: true,
    env: { WRAITH_HMAC_KEY: "k" },
    onNotice: () => undefined,
  });
  cleanups.push(() => served.stop());
  for (const [name, body] of Object.entries(bodies))
    expect(body.equals(Buffer.from(await (await fetch(`${served.url}/${name}`)).arrayBuffer()))).toBe(true);
});

test("another body in a take's place is a divergence where it stands", async () => {
  const { workspace, twin, bodies } = await learned();
  const [picture, text] = [bodies.picture, bodies.text].map((b) => createHash("sha256").update(b).digest("hex"));
  const below = join(workspace.modelDir, "takes");
  const names = await readdir(below, { recursive: true });
  const file = join(
    below,
    names.find((f) => f.includes("text") && f.endsWith(".jsonl"))!,
  );
  await writeFile(file, (await readFile(file, "utf8")).replaceAll(text!, picture!));
  const { conformance } = await checkTwin({
    ...twin,
    sessions: [],
    tags: [],
    mode: "memory",
    showSuppressed: false,
    env: {},
  });
  expect(conformance.divergence_count).toBeGreaterThan(0);
  expect(new Set(conformance.divergences.map((d) => `${d.route} ${d.path}`))).toEqual(new Set(["GET /text body"]));
});
