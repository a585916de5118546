import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGzip, constants as zlib } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { startRecorder, type Recorder } from "../../src/app/record.ts";
import { openScrubber } from "../../src/app/open-scrubber.ts";
import { openTwin } from "../../src/app/open-twin.ts";
import { WraithError } from "../../src/base/errors.ts";
import { findHeader } from "../../src/base/http.ts";
import { scrubRequest } from "../../src/recording/scrub-create.ts";
import { readSession, listSessions } from "../../src/store/recordings.ts";
import { createWorkspace, type Workspace } from "../../src/store/workspace.ts";

const SECRET = "sk-proj-AbCdEf0123456789";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

type Env = Readonly<Record<string, string | undefined>>;
const WITH_KEY: Env = { WRAITH_HMAC_KEY: "a key for tests" };

async function setUp(upstream: RequestListener) {
  const server = createServer(upstream);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => (server.closeAllConnections(), server.close()));
  const root = await mkdtemp(join(tmpdir(), "wraith-secrets-"));
  cleanups.push(() => rm(root, { recursive: true, force: true }));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const workspace = await createWorkspace(root, "t", { baseUrl: origin, force: false });
  return { root, origin, workspace };
}

async function record(root: string, env: Env = WITH_KEY) {
  const notices: string[] = [];
  const twin = await openTwin(root, "t");
  const recorder = await startRecorder({ ...twin, port: 0, tags: [], env, onNotice: (t) => notices.push(t) });
  let isOver = false;
  const stop = async (): ReturnType<Recorder["stop"]> => {
    isOver = true;
    return recorder.stop();
  };
  cleanups.push(() => isOver || recorder.stop().catch(() => undefined));
  return { url: recorder.url, notices, stop };
}

async function send(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; onData?: (text: string) => void },
) {
  return new Promise<{ text: string; headers: IncomingMessage["headers"] }>((resolve, reject) => {
    const request = httpRequest(url, { method: options.method ?? "GET", headers: options.headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
        options.onData?.(piece);
      });
      response.on("end", () => resolve({ text, headers: response.headers }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(options.body);
  });
}

/** All that is stored, as text. */
async function stored({ sessionsDir }: Workspace): Promise<string> {
  const files = await readdir(sessionsDir);
  return (await Promise.all(files.map(async (f) => readFile(join(sessionsDir, f), "utf8")))).join("");
}
async function exchanges(workspace: Workspace) {
  const ids = await listSessions(workspace);
  return (await Promise.all(ids.map(async (id) => readSession(workspace, id)))).flatMap((s) => s.exchanges);
}

test("half of a secret is at the client while the recorder holds it back; stored are its token, all events and their times", async () => {
  const parts = ["Your key: ", "sk-", "proj-", "AbCdEf", "0123456789", " keep it", "."];
  const events = parts.map((content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
  let confirm: () => void = () => undefined;
  const { root, origin, workspace } = await setUp((request, response) => {
    if (request.url === "/confirm") {
      response.end("ok");
      return confirm();
    }
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    let n = 0;
    confirm = () => (n === events.length ? response.end("data: [DONE]\n\n") : response.write(events[n++]!));
    confirm();
  });
  const { url, stop } = await record(root);
  const seen: string[] = [];
  // The upstream sends nothing more before the client has what was sent.
  const { text } = await send(`${url}/stream`, {
    onData: (piece) => (seen.push(piece), piece.includes("[DONE]") || void send(`${origin}/confirm`, {})),
  });
  expect(text).toBe(`${events.join("")}data: [DONE]\n\n`);
  expect(seen).toHaveLength(events.length + 1);
  await stop();

  const file = await stored(workspace);
  for (const piece of ["AbCdEf", "0123456789", "sk-", "proj-"]) expect(file).not.toContain(piece);
  const [exchange] = await exchanges(workspace);
  const stream = exchange!.chunks.map((c) => Buffer.from(c.bytes).toString());
  expect(stream).toHaveLength(events.length + 1);
  const contents = stream
    .slice(0, -1)
    .map((e) => (JSON.parse(e.slice(6)) as { choices: { delta: { content: string } }[] }).choices[0]!.delta.content);
  expect(contents).toEqual(["Your key: ", expect.stringMatching(/^wraith_tok_\w{22}$/), "", "", "", " keep it", "."]);
  const times = exchange!.chunks.map((c) => c.atUs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(new Set(times).size).toBe(times.length);
  expect(exchange).toMatchObject({ scrubbed: ["known-key"], unscrubbed: false, close: { shape: "clean" } });
});

test("one secret has one token in headers, cookies, query, form, JSON and gzip; the upstream and the client get it as it is", async () => {
  const received: { url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
  const { root, workspace } = await setUp((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (t: string) => (body += t));
    request.on("end", () => {
      received.push({ url: request.url!, headers: request.headers, body });
      response.setHeader("Set-Cookie", [`sid=${SECRET}; Path=/; HttpOnly`, "plain=; Secure"]);
      if (request.url!.startsWith("/gzip")) {
        response.setHeader("Content-Type", "text/event-stream");
        response.setHeader("Content-Encoding", "gzip");
        const gzip = createGzip({ flush: zlib.Z_SYNC_FLUSH });
        gzip.pipe(response);
        gzip.end(`data: {"text":"it is ${SECRET}!"}\n\n`);
        return;
      }
      const answer = `{"access_token": "${SECRET}", "n":1.0}`;
      response.setHeader("Content-Type", "application/json");
      response.setHeader("Content-Length", String(Buffer.byteLength(answer)));
      response.end(answer);
    });
  });
  const { url, stop } = await record(root);
  const json = `{ "password" : "${SECRET}", "amount":1e2, "nested":{"password":"stays"} }`;
  const headers = {
    authorization: `Bearer ${SECRET}`,
    cookie: `a=${SECRET}; b=2`,
    "x-api-key": SECRET,
    "content-type": "application/json",
  };
  const answer = await send(`${url}/json?key=${SECRET}&q=1`, { method: "POST", headers, body: json });
  expect(answer.text).toContain(SECRET);
  expect(answer.headers["set-cookie"]![0]).toContain(SECRET);
  await send(`${url}/form`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: `client_secret=${SECRET}&x=a%20b`,
  });
  await send(`${url}/gzip`, {});
  await stop();
  expect(received[0]).toMatchObject({
    url: `/json?key=${SECRET}&q=1`,
    body: json,
    headers: { authorization: `Bearer ${SECRET}` },
  });

  expect(await stored(workspace)).not.toContain("AbCdEf");
  const [first, form, gzip] = await exchanges(workspace);
  const tokens = new Set((await stored(workspace)).match(/wraith_tok_\w+/g));
  expect(tokens.size).toBe(2); // the secret's, and that of the cookie b
  const token = findHeader(first!.request.headers, "x-api-key")!;
  expect(first!.request.query).toBe(`key=${token}&q=1`);
  expect(findHeader(first!.request.headers, "authorization")).toBe(`Bearer ${token}`);
  expect(findHeader(first!.request.headers, "cookie")).toMatch(new RegExp(`^a=${token}; b=wraith_tok_\\w{22}$`));
  const body = Buffer.concat(first!.requestChunks.map((c) => c.bytes)).toString();
  expect(body).toBe(`{ "password" : "${token}", "amount":1e2, "nested":{"password":"stays"} }`);
  expect(findHeader(first!.request.headers, "content-length")).toBe(String(Buffer.byteLength(body)));
  const answered = Buffer.concat(first!.chunks.map((c) => c.bytes)).toString();
  expect(answered).toBe(`{"access_token": "${token}", "n":1.0}`);
  expect(findHeader(first!.response!.headers, "content-length")).toBe(String(Buffer.byteLength(answered)));
  expect(first!.response!.headers.filter(([n]) => n === "Set-Cookie").map(([, v]) => v)).toEqual([
    `sid=${token}; Path=/; HttpOnly`,
    "plain=; Secure",
  ]);
  expect(Buffer.concat(form!.requestChunks.map((c) => c.bytes)).toString()).toBe(`client_secret=${token}&x=a%20b`);
  expect(Buffer.concat(gzip!.chunks.map((c) => c.bytes)).toString()).toBe(`data: {"text":"it is ${token}!"}\n\n`);
  expect(first!.scrubbed).toEqual(
    expect.arrayContaining([
      "header:authorization",
      "header:cookie",
      "query:key",
      "json:password",
      "json:access_token",
    ]),
  );

  // What a twin makes of the same request is what was recorded.
  const { scrubber } = await openScrubber({ ...(await openTwin(root, "t")), env: WITH_KEY, onNotice: () => undefined });
  const raw = { ...first!.request, query: `key=${SECRET}&q=1`, headers: Object.entries(headers) };
  const incoming = scrubRequest(scrubber, raw, Buffer.from(json));
  expect(Buffer.from(incoming.body).toString()).toBe(body);
  expect(incoming.head.query).toBe(first!.request.query);
  for (const name of Object.keys(headers))
    expect(findHeader(incoming.head.headers, name)).toBe(findHeader(first!.request.headers, name));
});

test("in CI without its key a secret is left out, said at once, and the recorder ends with exit code 3", async () => {
  const { root, workspace } = await setUp((_request, response) => response.end("ok"));
  const { url, notices, stop } = await record(root, { CI: "true" });
  await send(`${url}/none`, {});
  expect(notices).toEqual([]);
  await send(`${url}/a`, { headers: { authorization: `Bearer ${SECRET}` } });
  await send(`${url}/b`, { headers: { authorization: `Bearer ${SECRET}` } });
  const error = await stop().catch((e: unknown) => e);
  expect(error).toBeInstanceOf(WraithError);
  expect(error).toMatchObject({ code: "SECRET_KEY_MISSING", exitCode: 3 });
  expect(notices).toHaveLength(1);
  expect(notices[0]).toContain("WRAITH_HMAC_KEY");
  const file = await stored(workspace);
  expect(file).not.toContain("AbCdEf");
  expect(file).toContain("Bearer wraith_redacted");
});

test("a recorder without secrets needs no key in CI", async () => {
  const { root } = await setUp((_request, response) => response.end("ok"));
  const { url, stop } = await record(root, { CI: "true" });
  await send(url, {});
  await expect(stop()).resolves.toMatchObject({ exchanges: 1 });
});

test("a recording names its key; another key is said at once, the same one is not", async () => {
  const { root, workspace } = await setUp((_request, response) => response.end("ok"));
  const first = await record(root, {});
  await send(first.url, {});
  await first.stop();
  const key = await readFile(join(workspace.dir, ".wraith-key"), "utf8");
  expect((await stat(join(workspace.dir, ".wraith-key"))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(workspace.dir, ".gitignore"), "utf8")).toContain(".wraith-key");
  expect(await stored(workspace)).toMatch(/"scrub":\{"key":"[0-9a-f]{12}","rules":"[0-9a-f]{16}"\}/);
  const same = await record(root, { WRAITH_HMAC_KEY: key.trim() });
  expect(same.notices).toEqual([]);
  await same.stop();
  const other = await record(root, WITH_KEY);
  expect(other.notices).toEqual([expect.stringContaining("1 recording was made with another key")]);
  await other.stop();
});
