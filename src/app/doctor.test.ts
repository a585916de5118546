import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createKeyFile } from "../store/keys.ts";
import { createWorkspace } from "../store/workspace.ts";
import { diagnose } from "./doctor.ts";
import type { Finding } from "./finding.ts";
import { openTwin } from "./open-twin.ts";
import { learnModel } from "./synth.ts";

const SECRET = "sk-proj-AbCdEf0123456789";
const roots: string[] = [];
afterEach(async () => {
  for (const root of roots.splice(0)) await rm(root, { recursive: true, force: true });
});

async function setUp() {
  const root = await mkdtemp(join(tmpdir(), "wraith-doctor-"));
  roots.push(root);
  const workspace = await createWorkspace(root, "t", { baseUrl: "http://localhost:9", force: false });
  return { root, workspace };
}
async function findings(root: string, env: Record<string, string> = {}) {
  const { twins, exitCode } = await diagnose({ root, name: "t", env });
  return { exitCode, list: twins[0]!.findings, text: JSON.stringify(twins) };
}
const worse = (list: readonly Finding[]) => list.filter((f) => f.level !== "ok").map((f) => [f.level, f.area, f.place]);

/** A recording of one stream, in which these lines stand. */
async function recording(sessionsDir: string, id: string, lines: readonly object[], open: object = {}) {
  const head = {
    wrec: 1,
    session: id,
    twin: "t",
    baseUrl: "http://localhost:9",
    startedAt: "2026-11-22T10:00:00.000000Z",
    tags: [],
    tool: "wraith",
    scrub: {},
  };
  const request = {
    protocol: "http",
    httpVersion: "1.1",
    conn: 1,
    stream: null,
    method: "POST",
    path: "/x",
    query: "",
    headers: [],
    ...open,
  };
  const all = [
    head,
    { x: 0, atUs: 1, open: request },
    ...lines.map((line, i) => ({ x: 0, atUs: i + 2, ...line })),
    { x: 0, atUs: 99, close: { shape: "clean", by: "server" } },
    { atUs: 99, ended: { exchanges: 1 } },
  ];
  await writeFile(join(sessionsDir, `${id}.wrec`), all.map((l) => `${JSON.stringify(l)}\n`).join(""));
}
const HEAD = { head: { status: 200, headers: [["Content-Type", "text/event-stream"]] } };
const delta = (content: string) => ({
  dir: "server",
  text: `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`,
});

test("a fresh twin is fine", async () => {
  const { root, workspace } = await setUp();
  await createKeyFile(workspace.dir);
  const { exitCode, list } = await findings(root);
  expect(exitCode).toBe(0);
  expect(worse(list)).toEqual([["note", "model", undefined]]);
});

test("without a name: the machine, and every twin", async () => {
  const { root } = await setUp();
  await createWorkspace(root, "u", { baseUrl: "http://localhost:9", force: false });
  const diagnosis = await diagnose({ root, env: {} });
  expect(diagnosis.twins.map((t) => t.twin)).toEqual(["t", "u"]);
  expect(diagnosis.machine.map((f) => f.text).join(" ")).toMatch(/Node v.* Port 8080/);
});

test("secrets in recordings, by place and rule, spread over events too; their values are not told", async () => {
  const { root, workspace } = await setUp();
  const { sessionsDir } = workspace;
  await recording(sessionsDir, "clean", [HEAD, delta("wraith_tok_0123456789abcdefghijkl"), delta("skill")], {
    headers: [["authorization", "Bearer wraith_tok_abc"]],
  });
  await recording(sessionsDir, "spread", [HEAD, delta("sk-proj-"), delta("AbCdEf01"), delta("23456789 ")]);
  await recording(sessionsDir, "heads", [HEAD], {
    headers: [["Authorization", `Bearer ${SECRET}`]],
    query: `key=${SECRET}`,
    path: `/bot/${SECRET}`,
  });
  const { exitCode, list, text } = await findings(root);
  expect(exitCode).toBe(3);
  expect(text).not.toMatch(/AbCdEf/);
  expect(list.filter((f) => f.level === "secret").map((f) => [f.place, f.text])).toEqual([
    ["heads/0", "request.headers holds what header:authorization would replace."],
    ["heads/0", "request.query holds what query:key would replace."],
    ["heads/0", "request.path holds what known-key would replace."],
    ["spread/0", "response.body holds what known-key would replace."],
  ]);
});

test("a rule of one's own finds what was recorded before it was written", async () => {
  const { root, workspace } = await setUp();
  await recording(workspace.sessionsDir, "s", [
    { dir: "client", text: '{"user":{"mail":"a@b"}}' },
    { dir: "client", end: true },
  ]);
  expect((await findings(root)).exitCode).toBe(0);
  await writeFile(workspace.scrubFile, '[[rule]]\nname = "mail"\nscope = "json"\nmatch = "**.mail"\n');
  const { exitCode, list } = await findings(root);
  expect(exitCode).toBe(3);
  expect(list.filter((f) => f.level === "secret").map((f) => f.text)).toEqual([
    "request.body holds what mail would replace.",
  ]);
});

test("secrets in the model's files, and in the pieces of a text", async () => {
  const { root, workspace } = await setUp();
  const takes = join(workspace.modelDir, "takes", "r");
  await mkdir(takes, { recursive: true });
  await writeFile(
    join(takes, "v.jsonl"),
    `${JSON.stringify({ take: "s/0", holes: { content: ["hi sk-proj-", "AbCdEf01", "23456789"] } })}\n`,
  );
  const { exitCode, list } = await findings(root);
  expect(exitCode).toBe(3);
  expect(list.filter((f) => f.level === "secret").map((f) => f.place)).toEqual([
    join("model", "takes", "r", "v.jsonl"),
  ]);
});

describe("a model of messages", () => {
  const PROTO = `syntax = "proto3"; package lease;
    message Grant { int64 ID = 1; string note = 2; repeated int64 keys = 3; }
    service Lease { rpc LeaseGrant(Grant) returns (stream Grant); }`;
  const NUMBER = "4027522161712411667";
  const grpc = {
    protocol: "grpc",
    httpVersion: "2",
    path: "/lease.Lease/LeaseGrant",
    headers: [["content-type", "application/grpc"]],
  } as const;

  /** A twin that learned from calls that were recorded without a scrubber; only its model is left. */
  async function learned(calls: readonly { readonly asked: string; readonly said: readonly string[] }[]) {
    const { root, workspace } = await setUp();
    await writeFile(join(workspace.protoDir, "lease.proto"), PROTO);
    const twin = await openTwin(root, "t");
    const request = { method: "POST", query: "", ...grpc } as const;
    const codec = twin.formats.find(request, { status: 200, headers: grpc.headers }).createCodec({
      request,
      direction: "server",
    });
    const line = (dir: string, text: string) => ({ dir, b64: Buffer.from(codec.encode(text)).toString("base64") });
    for (const [i, { asked, said }] of calls.entries())
      await recording(
        workspace.sessionsDir,
        `s${i}`,
        [
          line("client", asked),
          { dir: "client", end: true },
          { head: { status: 200, headers: grpc.headers } },
          ...said.map((text) => line("server", text)),
          { dir: "server", trailers: [["grpc-status", "0"]] },
        ],
        grpc,
      );
    await learnModel({ ...twin, sessions: [], tags: [], force: false });
    const seen = await findings(root);
    await rm(workspace.sessionsDir, { recursive: true });
    await mkdir(workspace.sessionsDir);
    const { exitCode, list } = await findings(root);
    return {
      recorded: seen.list.filter((f) => f.level === "secret" && f.place?.startsWith("s")).length,
      exitCode,
      places: list.filter((f) => f.level === "secret").map((f) => f.place),
      takes: join("model", "takes", (await readdir(join(workspace.modelDir, "takes")))[0]!),
    };
  }

  test("a 64-bit number that passes Luhn is no card number, alone or in a row", async () => {
    const call = (note: string, key: string) => ({
      asked: `{"ID":"${NUMBER}","note":"${note}"}`,
      said: [
        `{"ID":"${NUMBER}","note":"${note}","keys":["1","${key}"]}`,
        `{"ID":"41111111","note":"x${note}"}`,
        `{"ID":"11111111","note":"y"}`,
      ],
    });
    expect(await learned([call("one", NUMBER), call("two", "4111111111111111")])).toMatchObject({
      recorded: 0,
      exitCode: 0,
      places: [],
    });
  });

  test("a text with the same digits is one, and so are its pieces", async () => {
    const whole = { asked: '{"ID":"1"}', said: [`{"ID":"1","note":"${NUMBER}"}`, '{"ID":"1","note":"b"}'] };
    const spread = { asked: '{"ID":"2"}', said: ['{"ID":"1","note":"41111111"}', '{"ID":"1","note":"11111111 "}'] };
    for (const call of [whole, spread]) {
      const { recorded, exitCode, places, takes } = await learned([call, { ...call, asked: '{"ID":"7"}' }]);
      expect({ recorded, exitCode }).toEqual({ recorded: 2, exitCode: 3 });
      expect(places).toEqual([join(takes, "200-stream.jsonl")]);
    }
  });

  test("a card number in a request that the model remembers", async () => {
    const { exitCode, places } = await learned([
      { asked: `{"note":"${NUMBER}"}`, said: ['{"ID":"1"}'] },
      { asked: '{"note":"a"}', said: ['{"ID":"2"}'] },
    ]);
    expect(exitCode).toBe(3);
    expect(places).toHaveLength(1);
  });
});

test("configuration, rules and schemas that are wrong, each with its place", async () => {
  const { root, workspace } = await setUp();
  await writeFile(workspace.configFile, 'base_url = "nowhere"\n');
  await writeFile(workspace.scrubFile, '[[rule]]\nscope = "regex"\nmatch = "("\n');
  const { exitCode, list } = await findings(root);
  expect(exitCode).toBe(1);
  expect(list.filter((f) => f.level === "problem").map((f) => [f.area, f.place?.replace(workspace.dir, "")])).toEqual([
    ["config", expect.stringContaining("/wraith.toml:1:1: base_url")],
    ["rules", "/scrub.toml:3:1: rule[0].match"],
  ]);
});

test("a key that others can read or that git does not ignore", async () => {
  const { root, workspace } = await setUp();
  await createKeyFile(workspace.dir);
  await chmod(join(workspace.dir, ".wraith-key"), 0o644);
  await writeFile(join(workspace.dir, ".gitignore"), "");
  const { exitCode, list } = await findings(root);
  expect(exitCode).toBe(1);
  expect(list.filter((f) => f.area === "key" && f.level === "problem")).toHaveLength(2);
  await writeFile(join(workspace.dir, ".wraith-key"), "\n");
  expect(worse((await findings(root)).list)).toContainEqual(["problem", "key", join(workspace.dir, ".wraith-key")]);
});

test("recordings that cannot be read or were not ended, recordings newer than the model, leftovers", async () => {
  const { root, workspace } = await setUp();
  await writeFile(join(workspace.sessionsDir, "broken.wrec"), "no head\n");
  await recording(workspace.sessionsDir, "torn", [HEAD]);
  await writeFile(join(workspace.sessionsDir, "torn.wrec"), '{"x":0,"atU', { flag: "a" });
  await writeFile(join(workspace.dir, "wraith.toml.12.tmp"), "");
  await mkdir(`${workspace.modelDir}.tmp`);
  const { exitCode, list } = await findings(root);
  expect(exitCode).toBe(1);
  expect(worse(list)).toEqual(
    expect.arrayContaining([
      ["problem", "recordings", expect.stringContaining("broken.wrec:1")],
      ["note", "recordings", "torn"],
      ["note", "leftovers", join(workspace.dir, "wraith.toml.12.tmp")],
      ["note", "leftovers", `${workspace.modelDir}.tmp`],
    ]),
  );
});

test("files that look like recordings and are not read are said", async () => {
  const { root, workspace } = await setUp();
  await recording(workspace.sessionsDir, "a", [HEAD]);
  const file = join(workspace.sessionsDir, "a.wrec");
  await copyFile(file, join(workspace.sessionsDir, "b c.wrec"));
  await writeFile(join(workspace.sessionsDir, "a.wrec.gz"), "");
  await writeFile(join(workspace.sessionsDir, "notes.txt"), "");
  const { list } = await findings(root);
  expect(list.filter((f) => f.text.startsWith("Not read"))).toEqual([
    { level: "note", area: "recordings", text: "Not read: a.wrec is read instead.", place: `${file}.gz` },
    {
      level: "note",
      area: "recordings",
      text: 'Not read: "b c" cannot be the name of a session.',
      place: join(workspace.sessionsDir, "b c.wrec"),
    },
  ]);
});

test("CI without the variable is said", async () => {
  const { root } = await setUp();
  const { list, exitCode } = await findings(root, { CI: "true" });
  expect(exitCode).toBe(0);
  expect(list.find((f) => f.area === "key")).toMatchObject({
    level: "note",
    text: expect.stringContaining("WRAITH_HMAC_KEY") as string,
  });
});
