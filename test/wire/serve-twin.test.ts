import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { checkTwin } from "../../src/app/check.ts";
import { openTwin } from "../../src/app/open-twin.ts";
import { startTwin, type ServeTwinOptions, type ServedTwin } from "../../src/app/serve.ts";
import { learnModel } from "../../src/app/synth.ts";
import { createReplacer } from "../../src/recording/scrub-tokens.ts";
import { createWorkspace } from "../../src/store/workspace.ts";
import { until } from "./proxy-support.ts";
import { connectRaw } from "./raw-http1.ts";
import { frame } from "./serve-support.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const KEY = { WRAITH_HMAC_KEY: "a key for tests" };

/** A twin with one session, written as a recorder would have. */
async function makeTwin(lines: readonly object[]): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "wraith-serve-"));
  cleanups.push(() => rmSync(root, { recursive: true, force: true }));
  const workspace = await createWorkspace(root, "t", { baseUrl: "http://127.0.0.1:9", force: false });
  if (lines.length === 0) return root;
  const head = {
    wrec: 1,
    session: "s",
    twin: "t",
    baseUrl: "http://127.0.0.1:9",
    startedAt: "2026-11-22T10:00:00.000000Z",
    tags: [],
    tool: "test",
    scrub: {},
  };
  writeFileSync(
    join(workspace.sessionsDir, "s.wrec"),
    [head, ...lines, { atUs: 9_000_000, ended: { exchanges: 1 } }].map((l) => `${JSON.stringify(l)}\n`).join(""),
  );
  return root;
}
async function serve(root: string, more: Partial<ServeTwinOptions> = {}): Promise<ServedTwin & { notices: string[] }> {
  const notices: string[] = [];
  const { workspace, config, formats } = await openTwin(root, "t");
  const twin = await startTwin({
    workspace,
    config,
    formats,
    port: 0,
    fidelity: "strict",
    speed: 1,
    seed: 1,
    provenanceHeaders: true,
    env: KEY,
    onNotice: (text) => void notices.push(text),
    ...more,
  });
  cleanups.push(() => twin.stop());
  return { ...twin, notices };
}

/** An exchange over HTTP/1.1 whose answer came in these chunks, at `atMs`. */
function exchange(
  x: number,
  body: string,
  chunks: readonly (readonly [atMs: number, text: string])[],
  close: object = { shape: "clean", by: "server" },
): object[] {
  const beginUs = x * 1_000_000;
  const headers = [
    ["Host", "u"],
    ["Content-Type", "application/json"],
    ["Content-Length", String(body.length)],
  ];
  const last = (chunks.at(-1)?.[0] ?? 0) * 1000;
  return [
    {
      x,
      atUs: beginUs,
      open: {
        protocol: "http",
        httpVersion: "1.1",
        conn: 1,
        stream: null,
        method: "POST",
        path: "/v1/x",
        query: "",
        headers,
      },
    },
    { x, atUs: beginUs, dir: "client", text: body },
    { x, atUs: beginUs, dir: "client", end: true },
    {
      x,
      atUs: beginUs,
      head: {
        status: 200,
        headers: [
          ["Content-Type", "text/event-stream"],
          ["X-Odd", "1"],
        ],
      },
    },
    ...chunks.map(([atMs, text]) => ({ x, atUs: beginUs + atMs * 1000, dir: "server", text })),
    { x, atUs: beginUs + last, close },
  ];
}
const ask = (url: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/v1/x`, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });

describe("strict", () => {
  test("recorded chunks at their split points, in recorded order and cycling, by session; reset; a miss names what there is", async () => {
    const root = await makeTwin([
      ...exchange(0, '{"a":1,"b":2}', [
        [0, "data: o"],
        [10, "ne\n\ndata: two\n\n"],
      ]),
      ...exchange(1, '{"a":1,"b":2}', [[0, "data: three\n\n"]]),
    ]);
    const twin = await serve(root);
    const client = await connectRaw(twin.port);
    cleanups.push(() => client.socket.destroy());
    client.send(
      'POST /v1/x HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"b":2,"a":1}',
    );
    await client.waitFor("0\r\n\r\n");
    expect(client.received).toBe(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Odd: 1\r\nX-Wraith-Provenance: recorded\r\nX-Wraith-Route: POST /v1/x\r\nX-Wraith-Exchange: s/0\r\nTransfer-Encoding: chunked\r\n\r\n" +
        "7\r\ndata: o\r\nf\r\nne\n\ndata: two\n\n\r\n0\r\n\r\n",
    );
    const text = async (headers?: Record<string, string>): Promise<string> =>
      (await ask(twin.url, '{"a":1,"b":2}', headers)).text();
    expect(await text()).toBe("data: three\n\n");
    expect(await text()).toBe("data: one\n\ndata: two\n\n");
    expect(await text({ "x-wraith-session": "other" })).toBe("data: one\n\ndata: two\n\n");
    await fetch(`${twin.url}/__wraith/reset`, { method: "POST", headers: { "x-wraith-session": "other" } });
    expect(await text({ "x-wraith-session": "other" })).toBe("data: one\n\ndata: two\n\n");
    expect(await text()).toBe("data: three\n\n");
    const miss = await ask(twin.url, '{"a":2}');
    expect([miss.status, miss.headers.get("x-wraith-provenance")]).toEqual([501, "miss"]);
    expect(await miss.text()).toContain("POST /v1/x");
  });
  test("a request that carries a secret finds its recording, in which a token stands", async () => {
    const root = await makeTwin([]);
    const token = createReplacer({ kind: "secret", secret: KEY.WRAITH_HMAC_KEY }).replace("tokenize", "hunter2");
    const lines = exchange(0, JSON.stringify({ password: token, q: 1 }), [[0, "data: found\n\n"]]);
    const { workspace } = await openTwin(root, "t");
    writeFileSync(
      join(workspace.sessionsDir, "s.wrec"),
      [
        {
          wrec: 1,
          session: "s",
          twin: "t",
          baseUrl: "http://u",
          startedAt: "2026-11-22T10:00:00.000000Z",
          tags: [],
          tool: "t",
          scrub: {},
        },
        ...lines,
      ]
        .map((l) => `${JSON.stringify(l)}\n`)
        .join(""),
    );
    const twin = await serve(root);
    for (let i = 0; i < 2; i++)
      expect(await (await ask(twin.url, '{"password":"hunter2","q":1}')).text()).toBe("data: found\n\n");
    expect((await ask(twin.url, '{"password":"hunter3","q":1}')).status).toBe(501);
  });
  test("a stream that its client had cut is held; info counts it", async () => {
    const twin = await serve(
      await makeTwin(exchange(0, "{}", [[0, "data: 1\n\n"]], { shape: "truncated", by: "client" })),
    );
    const leave = new AbortController();
    const response = await fetch(`${twin.url}/v1/x`, {
      method: "POST",
      body: "{}",
      headers: { "content-type": "application/json" },
      signal: leave.signal,
    });
    await response.body!.getReader().read();
    const info = async () => (await (await fetch(`${twin.url}/__wraith/info`)).json()) as Record<string, unknown>;
    expect(await info()).toMatchObject({
      command: "serve",
      twin: "t",
      fidelity: "strict",
      speed: 1,
      seed: 1,
      answers: 1,
      open: 1,
    });
    leave.abort();
    for (let open: unknown = 1; open !== 0; open = (await info())["open"])
      await new Promise((done) => setTimeout(done, 5));
  });
  test("nothing to replay is an error of its own", async () => {
    const root = await makeTwin([]);
    await expect(serve(root)).rejects.toMatchObject({ code: "RECORDING_MISSING" });
    await expect(serve(root, { fidelity: "synth" })).rejects.toMatchObject({ code: "MODEL_MISSING" });
    await expect(serve(root, { host: "0.0.0.0" })).rejects.toMatchObject({ code: "HOST_NEEDS_TOKEN" });
  });
});

test("an upload that is longer than any message that is read finds its recorded answer", async () => {
  const upload = (letter: string): string => JSON.stringify({ file: letter.repeat(2 * 1024 * 1024) });
  const root = await makeTwin([
    ...exchange(0, upload("a"), [[0, "data: a\n\n"]]),
    ...exchange(1, upload("b"), [[0, "data: b\n\n"]]),
  ]);
  const { workspace } = await openTwin(root, "t");
  appendFileSync(workspace.configFile, "[recordings]\nmax_message_mb = 1\n");
  const { config, formats } = await openTwin(root, "t");
  await learnModel({ workspace, config, formats, sessions: [], tags: [], force: false });
  for (const fidelity of ["strict", "synth"] as const) {
    const { url } = await serve(root, { fidelity, speed: Number.POSITIVE_INFINITY });
    for (const letter of ["b", "a"]) expect(await (await ask(url, upload(letter))).text()).toBe(`data: ${letter}\n\n`);
  }
});

test("a request that was answered before it had ended is asked again as far as it came", async () => {
  const cutShort = exchange(0, '{"file":"xxxxxxxx', [[0, "data: a\n\n"]])
    .filter((line) => !("end" in line))
    .map(
      (line) =>
        JSON.parse(JSON.stringify(line).replace('["Content-Length","17"]', '["Content-Length","9000"]')) as object,
    );
  const root = await makeTwin(cutShort);
  const { workspace, config, formats } = await openTwin(root, "t");
  const all = { workspace, config, formats, sessions: [], tags: [] };
  await learnModel({ ...all, force: false });
  const { conformance } = await checkTwin({ ...all, mode: "wire", showSuppressed: false, env: KEY });
  expect(conformance).toMatchObject({ exchanges_passed: 1, divergences: [] });
});

test("what a server tries out before its first client comes finds no secrets, whatever the rules are", async () => {
  const root = await makeTwin(exchange(0, '{"q":1}', [[0, "data: a\n\n"]]));
  const { workspace, config, formats } = await openTwin(root, "t");
  await learnModel({ workspace, config, formats, sessions: [], tags: [], force: false });
  writeFileSync(workspace.scrubFile, '[[rule]]\nscope = "regex"\nmatch = "[a-z]+"\n');
  const twin = await serve(root, { fidelity: "synth", env: { CI: "true" } });
  // Steps come a few milliseconds apart.
  await new Promise((done) => setTimeout(done, 100));
  expect(await (await fetch(`${twin.url}/__wraith/info`)).json()).toMatchObject({ answers: 0, open: 0 });
  expect(twin.notices).toEqual([]);
  await expect(twin.stop()).resolves.toBeUndefined();
});

describe("reflection", () => {
  const PROTO = 'syntax = "proto3"; package p; message M { string a = 1; } service S { rpc Do(M) returns (M); }';
  test.each(["v1", "v1alpha"])(
    "%s lists the services of the twin's schemas; without any the method is unknown",
    async (version) => {
      const root = await makeTwin(exchange(0, "{}", [[0, "data: 1\n\n"]]));
      const list = frame(Buffer.from([0x3a, 0]));
      const call = async (port: number) => {
        const session = connect(`http://127.0.0.1:${port}`);
        cleanups.push(() => session.destroy());
        const stream = session.request({
          ":method": "POST",
          ":path": `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
          "content-type": "application/grpc",
          te: "trailers",
        });
        let body = "";
        let status: unknown;
        stream.on("data", (b: Buffer) => (body += b.toString("latin1")));
        for (const name of ["response", "trailers"] as const)
          stream.on(name, (h: Record<string, unknown>) => (status = h["grpc-status"] ?? status));
        stream.end(list);
        await until(() => stream.closed);
        return { body, status };
      };
      expect(await call((await serve(root)).port)).toMatchObject({ status: "12" });
      const { workspace } = await openTwin(root, "t");
      writeFileSync(join(workspace.protoDir, "p.proto"), PROTO);
      const { body, status } = await call((await serve(root)).port);
      expect(status).toBe("0");
      expect(body).toContain("p.S");
      expect(body).toContain(`grpc.reflection.${version}.ServerReflection`);
      // A check asks for what was recorded, and not for what the twin knows by itself.
      expect(await call((await serve(root, { ownReflection: false })).port)).toMatchObject({ status: "12" });
    },
  );
});
