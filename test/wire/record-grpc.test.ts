import * as grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient, runCall, startGrpcService, type Seen } from "./grpc-service.ts";
import { startTestProxy, until } from "./proxy-support.ts";

/** Everything here is asked twice, of the service itself and through the proxy: both clients must see the same. */
let service: Awaited<ReturnType<typeof startGrpcService>>;
let proxy: Awaited<ReturnType<typeof startTestProxy>>;
let direct: grpc.Client;
let proxied: grpc.Client;

beforeAll(async () => {
  service = await startGrpcService();
  proxy = await startTestProxy(`http://127.0.0.1:${service.port}`);
  direct = createClient(service.port);
  proxied = createClient(proxy.port);
});
afterAll(async () => {
  direct?.close();
  proxied?.close();
  await proxy?.stop();
  service?.stop();
});

async function both(
  ...args: [name: Parameters<typeof runCall>[1], options?: Parameters<typeof runCall>[2]]
): Promise<Seen> {
  const expected = await runCall(direct, ...args);
  const actual = await runCall(proxied, ...args);
  expect(actual).toEqual(expected);
  return actual;
}
const last = () => proxy.exchanges.at(-1)!;

describe("what a client and a server say to each other directly, they say through the proxy", () => {
  test("unary", async () => {
    const seen = await both("unary");
    expect(seen).toMatchObject({
      code: 0,
      messages: ["hello"],
      metadata: { head: ["er"] },
      trailers: { trail: ["er"], "trail-bin": ["00ff01"] },
    });
    expect(last().closed).toEqual({ shape: "clean", by: "server" });
    expect(last().log).toEqual(["client data", "client end", "head", "data", "trailers", "close"]);
    expect(last().opened.head).toMatchObject({
      protocol: "grpc",
      httpVersion: "2",
      method: "POST",
      path: "/test.Echo/Unary",
    });
    expect(last().trailers).toContainEqual(["grpc-status", "0"]);
  });
  test("server streaming", async () => {
    const seen = await both("download", { metadata: { count: ["5"] } });
    expect(seen.messages).toHaveLength(5);
  });
  test("client streaming", async () => {
    const seen = await both("upload", { messages: [Buffer.alloc(3), Buffer.alloc(0), Buffer.alloc(70_000)] });
    expect(seen.messages).toEqual(["3,0,70000"]);
  });
  test("full duplex: each message waits for the answer to the one before", async () => {
    const seen = await both("chat", {
      drive: (call, messages) => {
        call.write(Buffer.from("0"));
        call.on("data", () => (messages.length < 20 ? call.write(Buffer.from(String(messages.length))) : call.end()));
      },
    });
    expect(seen.messages).toHaveLength(20);
    expect(last().clientEnded).toBe(true);
  });
  test("half-close reaches the server, which goes on", async () => {
    const seen = await both("chat", { messages: [Buffer.from("a")], metadata: { linger: ["1"] } });
    expect(seen.messages).toEqual(["re:a", "after half-close"]);
  });
  test("no client message at all", async () => {
    await both("chat", { messages: [] });
    expect(last().clientChunks).toEqual([]);
  });
  test("errors with details, before a message (Trailers-Only) and after some", async () => {
    const before = await both("unary", { metadata: { fail: ["5"] } });
    expect(before).toMatchObject({
      code: 5,
      details: "größer, 100% — bad\nline",
      trailers: { "grpc-status-details-bin": [Buffer.from("details of the failure").toString("hex")] },
    });
    expect(last().head).toMatchObject({ last: true });
    expect(last().closed).toEqual({ shape: "clean", by: "server" });
    const after = await both("download", { metadata: { fail: ["9"], count: ["2"] } });
    expect(after).toMatchObject({ code: 9, messages: { length: 2 } });
    await both("missing");
  });
  test("metadata: duplicates, binary, empty values", async () => {
    const seen = await both("unary", {
      metadata: { "x-echo": ["a", "b, c", ""], "x-echo-bin": [Buffer.from([0, 1, 254, 255]), Buffer.alloc(0)] },
    });
    expect(seen.trailers["x-echo-bin"]).toEqual(["0001feff", ""]);
  });
  test("empty and 4 MiB messages", async () => {
    const big = Buffer.alloc(4 << 20, "wraith!");
    const seen = await both("chat", { messages: [Buffer.alloc(0), big, Buffer.alloc(0)] });
    expect(seen.messages).toHaveLength(3);
    expect(Buffer.concat(last().chunks).length).toBe(5 * 3 + 9 + big.length);
    await both("download", { messages: [big], metadata: { count: ["4"] } });
  });
  test("compressed messages", async () => {
    const squeeze = { "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip };
    const a = createClient(service.port, squeeze);
    const b = createClient(proxy.port, squeeze);
    const messages = [Buffer.alloc(5000, "abc")];
    expect(await runCall(b, "chat", { messages })).toEqual(await runCall(a, "chat", { messages }));
    expect(Buffer.concat(last().clientChunks)[0]).toBe(1);
    expect(Buffer.concat(last().clientChunks).length).toBeLessThan(1000);
    a.close();
    b.close();
  });
  test("cancel reaches the server, and is recorded as the client's", async () => {
    for (const client of [direct, proxied]) {
      service.log.events.length = 0;
      const seen = await runCall(client, "chat", {
        drive: (call) => {
          call.write(Buffer.from("x"));
          call.on("data", () => call.cancel());
        },
      });
      expect(seen.code).toBe(grpc.status.CANCELLED);
      await until(() => service.log.events.includes("chat cancelled"), "the server's cancel");
    }
    expect(last().closed).toMatchObject({ shape: "truncated", by: "client", code: 8 });
  });
  test("deadline", async () => {
    for (const client of [direct, proxied]) {
      service.log.events.length = 0;
      const seen = await runCall(client, "download", {
        metadata: { hold: ["1"] },
        call: { deadline: Date.now() + 300 },
      });
      expect(seen).toMatchObject({ code: grpc.status.DEADLINE_EXCEEDED, messages: { length: 3 } });
      await until(() => service.log.events.includes("download cancelled"), "the server's cancel");
    }
    expect(last().opened.head.headers.map(([n]) => n)).toContain("grpc-timeout");
    await until(() => last().closed !== undefined, "the close");
    expect(last().closed).toMatchObject({ shape: "truncated" });
  });
});

describe("many streams on one connection", () => {
  test("1,000 at once; one that is cancelled disturbs no other", async () => {
    const before = proxy.exchanges.length;
    const calls = Array.from({ length: 1000 }, (_, i) => {
      const messages: string[] = [];
      let open: () => void;
      const opened = new Promise<void>((resolve) => (open = resolve));
      let call: grpc.ClientDuplexStream<Buffer, Buffer>;
      const done = runCall(proxied, "chat", {
        drive: (c, seen) => {
          call = c;
          c.on("data", () => (messages.push(seen.at(-1)!), open()));
          c.write(Buffer.from(`first ${i}`));
        },
      });
      return { opened, done, messages, get: () => call };
    });
    await Promise.all(calls.map((c) => c.opened));
    expect(new Set(proxy.exchanges.slice(before).map((e) => e.opened.connection)).size).toBe(1);
    calls[500]!.get().cancel();
    expect((await calls[500]!.done).code).toBe(1);
    for (const [i, c] of calls.entries()) if (i !== 500) c.get().end(Buffer.from(`second ${i}`));
    const results = await Promise.all(calls.filter((_, i) => i !== 500).map((c) => c.done));
    expect(results.every((r) => r.code === 0)).toBe(true);
    expect(calls[7]!.messages).toEqual(["re:first 7", "re:second 7"]);
  });
});

describe("an upstream that is not there, or goes away", () => {
  test("down: UNAVAILABLE with a sentence", async () => {
    const spare = await startGrpcService();
    const gone = spare.port;
    spare.stop();
    const lonely = await startTestProxy(`http://127.0.0.1:${gone}`);
    const client = createClient(lonely.port);
    const seen = await runCall(client, "unary");
    expect(seen).toMatchObject({ code: grpc.status.UNAVAILABLE });
    expect(seen.details).toContain("ECONNREFUSED");
    expect(lonely.exchanges[0]!.closed).toMatchObject({
      shape: "error",
      by: "server",
      detail: expect.stringContaining("ECONNREFUSED"),
    });
    expect(lonely.exchanges[0]!.head).toBeUndefined();
    client.close();
    await lonely.stop();
  });
  test("dies in mid-stream: the client keeps what it got and sees UNAVAILABLE, then a new connection is made", async () => {
    const spare = await startGrpcService();
    const between = await startTestProxy(`http://127.0.0.1:${spare.port}`);
    const client = createClient(between.port);
    const running = runCall(client, "download", { metadata: { hold: ["1"] } });
    await until(
      () =>
        between.exchanges[0]?.chunks.length === 3 || Buffer.concat(between.exchanges[0]?.chunks ?? []).length === 33,
      "messages",
    );
    spare.stop();
    expect(await running).toMatchObject({ messages: { length: 3 }, code: grpc.status.UNAVAILABLE });
    expect(between.exchanges[0]!.closed).toMatchObject({ shape: "truncated", by: "server" });
    expect(between.exchanges[0]!.trailers).toBeUndefined();
    client.close();
    await between.stop();
  });
});
