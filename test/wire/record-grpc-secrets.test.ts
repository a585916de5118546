import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { afterEach, describe, expect, test } from "vitest";
import { checkTwin } from "../../src/app/check.ts";
import { openTwin } from "../../src/app/open-twin.ts";
import { startRecorder } from "../../src/app/record.ts";
import { startTwin } from "../../src/app/serve.ts";
import { learnModel } from "../../src/app/synth.ts";
import { findHeader, type HeaderList } from "../../src/base/http.ts";
import { createReplacer } from "../../src/recording/scrub-tokens.ts";
import { readSession, listSessions } from "../../src/store/recordings.ts";
import { createWorkspace } from "../../src/store/workspace.ts";

/** Secrets over a real connection: a grpc-js client and service, the recorder between them, and then the twin in the service's place. */
const PROTO = `syntax = "proto3"; package bank;
message Owner { string name = 1; string e_mail = 2; bytes photo = 3; repeated Owner heirs = 4; }
message Login { string password = 1; string api_key = 2; bytes client_secret = 3; string note = 4; Owner owner = 5; int64 id = 6; }
message Part { int32 index = 1; string text = 2; Owner owner = 3; map<string, string> labels = 4; }
service Bank {
  rpc Open(Login) returns (Part);
  rpc Watch(Login) returns (stream Part);
  rpc Talk(stream Login) returns (stream Part);
}`;
const KEY = { WRAITH_HMAC_KEY: "a key for tests" };
const SECRET = "sk-proj-AbCdEf0123456789";
const token = (value: string): string =>
  createReplacer({ kind: "secret", secret: KEY.WRAITH_HMAC_KEY }).replace("tokenize", value);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface Answer {
  readonly metadata?: Readonly<Record<string, string | Buffer>>;
  readonly parts: readonly object[];
  readonly trailers?: Readonly<Record<string, string | Buffer>>;
  readonly fail?: string;
}
interface Seen {
  readonly metadata: grpc.Metadata;
  readonly parts: readonly object[];
  readonly status: grpc.StatusObject;
}
/** What both kinds of streaming calls have. */
interface Writable {
  write(part: object): unknown;
  end(trailers: grpc.Metadata): unknown;
  emit(name: "error", error: object): unknown;
}
type Method = "Open" | "Watch" | "Talk";

function metadataOf(values: Readonly<Record<string, string | Buffer>> = {}): grpc.Metadata {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(values)) metadata.set(name, value);
  return metadata;
}

/** A twin's folder, a service that answers as `answer` says, and what it got. */
async function setUp(answer: (request: object | undefined) => Answer, rules = "", withSchema = true) {
  const root = await mkdtemp(join(tmpdir(), "wraith-grpc-secrets-"));
  cleanups.push(() => rm(root, { recursive: true, force: true }));
  const protoFile = join(root, "bank.proto");
  await writeFile(protoFile, PROTO);
  const loaded = loadSync(protoFile, { longs: String, bytes: Buffer, defaults: true });
  const definition = loaded["bank.Bank"] as unknown as grpc.ServiceDefinition;
  const received: { metadata: grpc.Metadata; messages: object[] }[] = [];
  const server = new grpc.Server();
  const end = (call: Writable, { parts, trailers, fail }: Answer): void => {
    for (const part of parts) call.write(part);
    if (fail === undefined) call.end(metadataOf(trailers));
    else call.emit("error", { code: 16, details: fail, metadata: metadataOf(trailers) });
  };
  server.addService(definition, {
    Open: (call: grpc.ServerUnaryCall<object, object>, done: grpc.sendUnaryData<object>) => {
      received.push({ metadata: call.metadata, messages: [call.request] });
      const { metadata, parts, trailers, fail } = answer(call.request);
      if (fail !== undefined) return done({ code: 16, details: fail, metadata: metadataOf(trailers) });
      call.sendMetadata(metadataOf(metadata));
      done(null, parts[0]!, metadataOf(trailers));
    },
    Watch: (call: grpc.ServerWritableStream<object, object>) => {
      received.push({ metadata: call.metadata, messages: [call.request] });
      const said = answer(call.request);
      call.sendMetadata(metadataOf(said.metadata));
      end(call, said);
    },
    Talk: (call: grpc.ServerDuplexStream<object, object>) => {
      const messages: object[] = [];
      received.push({ metadata: call.metadata, messages });
      call.on("data", (message: object) => messages.push(message));
      call.on("end", () => end(call, answer(messages[0])));
    },
  } as unknown as grpc.UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, p) =>
      error === null ? resolve(p) : reject(error),
    ),
  );
  cleanups.push(() => server.forceShutdown());
  const workspace = await createWorkspace(root, "t", { baseUrl: `http://127.0.0.1:${port}`, force: false });
  await writeFile(workspace.scrubFile, rules);
  if (withSchema) await writeFile(join(workspace.protoDir, "bank.proto"), PROTO);

  const callAt = async (
    at: number,
    method: Method,
    messages: readonly object[],
    metadata: Readonly<Record<string, string | Buffer>> = {},
  ): Promise<Seen> => {
    const { path, requestSerialize, responseDeserialize } = definition[method]!;
    const client = new grpc.Client(`127.0.0.1:${at}`, grpc.credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
    });
    const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadataOf(metadata));
    const parts: object[] = [];
    let head = new grpc.Metadata();
    call.on("metadata", (m: grpc.Metadata) => (head = m));
    call.on("data", (part: object) => parts.push(part));
    call.on("error", () => undefined);
    const status = new Promise<grpc.StatusObject>((resolve) => call.on("status", resolve));
    for (const message of messages) call.write(message);
    call.end();
    const seen = { metadata: head, parts, status: await status };
    client.close();
    return { ...seen, metadata: head };
  };
  return {
    root,
    workspace,
    received,
    direct: (...args: [Method, readonly object[], Readonly<Record<string, string | Buffer>>?]) => callAt(port, ...args),
    /** Records while `use` runs. */
    async record(use: (call: typeof this.direct) => Promise<void>): Promise<void> {
      const recorder = await startRecorder({
        ...(await openTwin(root, "t")),
        port: 0,
        tags: [],
        env: KEY,
        onNotice: () => undefined,
      });
      try {
        await use((...args) => callAt(recorder.port, ...args));
      } finally {
        await recorder.stop();
      }
    },
    async serve(fidelity: "synth" | "strict", use: (call: typeof this.direct) => Promise<void>): Promise<void> {
      const twin = await openTwin(root, "t");
      if (fidelity === "synth") await learnModel({ ...twin, sessions: [], tags: [], force: false });
      const server = await startTwin({
        ...twin,
        port: 0,
        fidelity,
        speed: Infinity,
        seed: 1,
        provenanceHeaders: true,
        env: KEY,
        onNotice: () => undefined,
      });
      try {
        await use((...args) => callAt(server.port, ...args));
      } finally {
        await server.stop();
      }
    },
    /** All that is on the disk, as bytes: what is stored in base64 too. */
    async stored(): Promise<string> {
      const names = await readdir(workspace.sessionsDir);
      const files = await Promise.all(names.map(async (n) => readFile(join(workspace.sessionsDir, n), "utf8")));
      const lines = files.join("");
      return (
        lines + [...lines.matchAll(/"([\w+/]{8,}=*)"/g)].map((m) => Buffer.from(m[1]!, "base64").toString()).join("\n")
      );
    },
    async exchanges() {
      const ids = await listSessions(workspace);
      return (await Promise.all(ids.map(async (id) => readSession(workspace, id)))).flatMap((s) => s.exchanges);
    },
    /** Messages of a recorded body, read by who knows nothing of wraith: each prefix must be right. */
    decoded(chunks: readonly { bytes: Uint8Array }[], method: Method, side: "request" | "response"): object[] {
      const read = definition[method]![side === "request" ? "requestDeserialize" : "responseDeserialize"];
      const out: object[] = [];
      let rest = Buffer.concat(chunks.map((c) => c.bytes));
      while (rest.length > 0) {
        const length = 5 + rest.readUInt32BE(1);
        expect(rest.length).toBeGreaterThanOrEqual(length);
        out.push(read(rest.subarray(5, length)) as object);
        rest = rest.subarray(length);
      }
      return out;
    },
  };
}

const valuesOf = (headers: HeaderList | undefined, name: string): string | undefined => findHeader(headers ?? [], name);
const owner = (name: string, email: string, more: object = {}): object => ({ name, eMail: email, ...more });

describe("metadata", () => {
  const metadata = {
    authorization: `Bearer ${SECRET}`,
    "x-api-key": "plain-key",
    token: "etcd-token.7",
    "x-note": `mine is ${SECRET}!`,
    "ticket-bin": Buffer.from([1, 2, 254, 255]),
    "note-bin": Buffer.from(`mine is ${SECRET}!`),
  };
  const answer: Answer = {
    metadata: { "set-cookie": `sid=${SECRET}; Path=/; HttpOnly`, token: "etcd-token.8" },
    parts: [{ index: 1, text: "in" }],
    trailers: { "x-api-key": "next-key", "ticket-bin": Buffer.from([3, 253]) },
  };
  const rules = '[[rule]]\nscope = "header"\nmatch = "ticket-bin"\n';

  test.each(["strict", "synth"] as const)(
    "is stored without secrets, reaches both sides with them, and the %s twin knows the call again",
    async (fidelity) => {
      const t = await setUp(() => answer, rules);
      const direct = await t.direct("Watch", [{ note: "x" }], metadata);
      await t.record(async (call) => {
        const seen = await call("Watch", [{ note: "x" }], metadata);
        for (const name of ["set-cookie", "token"]) expect(seen.metadata.get(name)).toEqual(direct.metadata.get(name));
        expect(seen.parts).toEqual(direct.parts);
        for (const name of ["x-api-key", "ticket-bin"])
          expect(seen.status.metadata.get(name)).toEqual(direct.status.metadata.get(name));
      });
      for (const [name, value] of Object.entries(metadata))
        expect(t.received.at(-1)!.metadata.get(name)).toEqual([value]);

      const stored = await t.stored();
      for (const secret of [SECRET, "plain-key", "etcd-token", "next-key", "AQL+/w", "A/0"])
        expect(stored).not.toContain(secret);
      const [exchange] = await t.exchanges();
      const { headers } = exchange!.request;
      expect(valuesOf(headers, "authorization")).toBe(`Bearer ${token(SECRET)}`);
      expect(valuesOf(headers, "x-api-key")).toBe(token("plain-key"));
      expect(valuesOf(headers, "token")).toBe(token("etcd-token.7"));
      expect(valuesOf(headers, "x-note")).toBe(`mine is ${token(SECRET)}!`);
      expect(Buffer.from(valuesOf(headers, "note-bin")!, "base64").toString()).toBe(`mine is ${token(SECRET)}!`);
      expect(valuesOf(exchange!.response!.headers, "set-cookie")).toBe(`sid=${token(SECRET)}; Path=/; HttpOnly`);
      expect(valuesOf(exchange!.response!.headers, "token")).toBe(token("etcd-token.8"));
      expect(valuesOf(exchange!.trailers, "x-api-key")).toBe(token("next-key"));
      expect(Buffer.from(valuesOf(exchange!.trailers, "ticket-bin")!, "base64").toString()).toMatch(/^wraith_tok_/);

      await t.serve(fidelity, async (call) => {
        const seen = await call("Watch", [{ note: "x" }], metadata);
        expect(seen.status.code).toBe(0);
        expect(seen.parts).toEqual(direct.parts);
        expect(seen.metadata.get("x-wraith-provenance")).toEqual(["recorded"]);
        expect(seen.metadata.get("token")).toEqual([token("etcd-token.8")]);
        expect(seen.status.metadata.get("x-api-key")).toEqual([token("next-key")]);
        expect(seen.status.metadata.get("ticket-bin")[0]).toBeInstanceOf(Buffer);
      });
    },
  );

  test("of a failure: the message and its details, whose lengths follow", async () => {
    const message = `bad key ${SECRET} größer`;
    const text = Buffer.from(message);
    // google.rpc.Status {code: 16, message}
    const details = Buffer.concat([Buffer.from([0x08, 16, 0x12, text.length]), text]);
    const t = await setUp(() => ({ parts: [], trailers: { "grpc-status-details-bin": details }, fail: message }));
    await t.record(async (call) => {
      const { status } = await call("Open", [{ id: 1 }]);
      expect(status).toMatchObject({ code: 16, details: message });
      expect(status.metadata.get("grpc-status-details-bin")).toEqual([details]);
    });
    expect(await t.stored()).not.toContain("AbCdEf");
    await t.serve("synth", async (call) => {
      const { status } = await call("Open", [{ id: 1 }]);
      const instead = Buffer.from(`bad key ${token(SECRET)} größer`);
      expect(status).toMatchObject({ code: 16, details: instead.toString() });
      expect(status.metadata.get("grpc-status-details-bin")).toEqual([
        Buffer.concat([Buffer.from([0x08, 16, 0x12, instead.length]), instead]),
      ]);
    });
  });
});

describe("messages", () => {
  const rules = [
    '[[rule]]\nname = "mail"\nscope = "proto"\nmatch = "**.e_mail"\n',
    '[[rule]]\nname = "photo"\nscope = "proto"\nmatch = "owner.photo"\naction = "redact"\n',
  ].join("\n");
  const login = {
    password: "hunter2",
    apiKey: "k-1",
    clientSecret: Buffer.from([1, 2, 255]),
    note: `see ${SECRET}, ünlaut`,
    owner: owner("Ann", "ann@x", { photo: Buffer.from([9, 8, 7]), heirs: [owner("Bob", "bob@x")] }),
    id: "4027522161712411667",
  };
  const part = { index: 1, text: `hi ${SECRET}`, owner: owner("Ann", "ann@x", { heirs: [owner("Bob", "bob@x")] }) };

  test.each(["Open", "Watch", "Talk"] as const)(
    "%s: rules reach nested fields of requests and answers; all lengths follow; the twin knows the request again",
    async (method) => {
      const t = await setUp(() => ({ parts: [part] }), rules);
      const direct = await t.direct(method, [login]);
      await t.record(async (call) => {
        expect((await call(method, [login])).parts).toEqual(direct.parts);
      });
      expect(t.received[1]!.messages).toEqual(t.received[0]!.messages);
      expect(t.received[1]!.messages[0]).toMatchObject({ password: "hunter2", id: login.id });

      const stored = await t.stored();
      for (const secret of ["hunter2", "k-1", "AbCdEf", "ann@x", "bob@x"]) expect(stored).not.toContain(secret);
      const [exchange] = await t.exchanges();
      expect(exchange!.scrubbed).toEqual(
        expect.arrayContaining(["json:api_key", "json:client_secret", "json:password", "known-key", "mail", "photo"]),
      );
      expect(exchange!.unscrubbed).toBe(false);
      const [asked] = t.decoded(exchange!.requestChunks, method, "request");
      expect(asked).toMatchObject({
        password: token("hunter2"),
        apiKey: token("k-1"),
        note: `see ${token(SECRET)}, ünlaut`,
        id: login.id,
        owner: { name: "Ann", eMail: token("ann@x"), heirs: [{ name: "Bob", eMail: token("bob@x") }] },
      });
      expect((asked as { owner: { photo: Buffer } }).owner.photo.toString()).toBe("wraith_redacted");
      const answered = t.decoded(exchange!.chunks, method, "response");
      expect(answered).toHaveLength(1);
      expect(answered[0]).toMatchObject({
        text: `hi ${token(SECRET)}`,
        owner: { eMail: token("ann@x"), heirs: [{ eMail: token("bob@x") }] },
      });

      for (const fidelity of ["strict", "synth"] as const)
        await t.serve(fidelity, async (call) => {
          const seen = await call(method, [login]);
          expect(seen.metadata.get("x-wraith-provenance")).toEqual(["recorded"]);
          expect(seen.parts).toEqual(answered);
          if (fidelity === "strict")
            expect((await call(method, [{ ...login, password: "hunter3" }])).status.code).toBe(12);
        });
      const checked = await checkTwin({
        ...(await openTwin(t.root, "t")),
        sessions: [],
        tags: [],
        mode: "memory",
        env: KEY,
        showSuppressed: false,
      });
      expect(checked.conformance).toMatchObject({ score_bp: 10_000, divergences: [] });
    },
  );

  const spread = ["Hi", " sk-", "proj-AbCd", "Ef0123456789", " ok"].map((text, index) => ({
    text,
    labels: { a: `${index}` },
  }));
  test.each([
    ["with a schema", true, "", false],
    ["without one", false, "", false],
    ["without one, and with a rule that needs it", false, rules, true],
  ])("a secret that is spread over messages, %s", async (_name, withSchema, toml, unscrubbed) => {
    const t = await setUp(() => ({ parts: spread }), toml, withSchema);
    const request = { note: `it is ${SECRET}` };
    const direct = await t.direct("Watch", [request]);
    await t.record(async (call) => {
      expect((await call("Watch", [request])).parts).toEqual(direct.parts);
    });
    const [exchange] = await t.exchanges();
    expect(exchange).toMatchObject({ scrubbed: ["known-key"], unscrubbed });
    const stored = await t.stored();
    for (const piece of ["AbCd", "Ef01", "proj"]) expect(stored).not.toContain(piece);
    const parts = t.decoded(exchange!.chunks, "Watch", "response") as { text: string; labels: object }[];
    expect(parts.map((p) => p.text)).toEqual(["Hi", ` ${token(SECRET)}`, "", "", " ok"]);
    expect(parts.map((p) => p.labels)).toEqual(spread.map((p) => p.labels));
    expect(exchange!.chunks.map((c) => c.atUs)).toEqual(exchange!.chunks.map((c) => c.atUs).sort((a, b) => a - b));
    for (const fidelity of ["strict", "synth"] as const)
      await t.serve(fidelity, async (call) => {
        const seen = await call("Watch", [request]);
        expect(seen.metadata.get("x-wraith-provenance")).toEqual(["recorded"]);
        expect(seen.parts).toEqual(parts);
      });
  });

  test.each([true, false])(
    "a message of many DATA frames, with secrets on the seams, in both directions (schema: %s)",
    async (withSchema) => {
      // Nothing but secrets: wherever it is cut, it is cut in one.
      const long = `${SECRET} `.repeat(4000);
      const t = await setUp((request) => ({ parts: [{ text: (request as { note: string }).note }] }), "", withSchema);
      await t.record(async (call) => {
        expect((await call("Watch", [{ note: long }])).parts).toMatchObject([{ text: long }]);
      });
      expect(await t.stored()).not.toContain("AbCdEf");
      const [exchange] = await t.exchanges();
      expect(exchange!.chunks.length).toBeGreaterThan(1);
      const scrubbed = long.replaceAll(SECRET, token(SECRET));
      expect(t.decoded(exchange!.requestChunks, "Watch", "request")).toMatchObject([{ note: scrubbed }]);
      expect(t.decoded(exchange!.chunks, "Watch", "response")).toMatchObject([{ text: scrubbed }]);
      await t.serve("synth", async (call) => {
        const seen = await call("Watch", [{ note: long }]);
        expect(seen.metadata.get("x-wraith-provenance")).toEqual(["recorded"]);
        expect(seen.parts).toMatchObject([{ text: scrubbed }]);
      });
    },
  );

  test("without a schema no field has a name: secrets of known form go, those by name stay and a rule for messages marks it", async () => {
    const t = await setUp(() => ({ parts: [part] }), rules, false);
    await t.record(async (call) => void (await call("Open", [login])));
    const [exchange] = await t.exchanges();
    expect(exchange).toMatchObject({ scrubbed: ["known-key"], unscrubbed: true });
    const [asked] = t.decoded(exchange!.requestChunks, "Open", "request");
    expect(asked).toMatchObject({ note: `see ${token(SECRET)}, ünlaut`, password: "hunter2", id: login.id });
  });
});
