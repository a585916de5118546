import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from "node:http2";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import type { ResponsePlan } from "../../src/twin/plan.ts";
import { until } from "./proxy-support.ts";
import { frame, lengthPrefixed, planOf, startTestTwin, type TestTwinOptions } from "./serve-support.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function serve(plan: ResponsePlan | TestTwinOptions["respond"], more: Partial<TestTwinOptions> = {}) {
  const twin = await startTestTwin({ respond: typeof plan === "function" ? plan : () => plan, ...more });
  cleanups.push(() => twin.stop());
  return twin;
}
function clientTo(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  cleanups.push(() => session.destroy());
  return session;
}
/** All that a client hears of a stream, as lines. */
function listen(stream: ClientHttp2Stream) {
  const log: string[] = [];
  const raw: string[][] = [];
  const body: Buffer[] = [];
  type Headers = Record<string, unknown>;
  stream.on(
    "headers",
    (h: Headers, _f: number, r: string[]) => (log.push(`info ${String(h[":status"])}`), raw.push(r)),
  );
  stream.on(
    "response",
    (h: Headers, f: number, r: string[]) => (
      log.push(`head ${String(h[":status"])}${f & 1 ? " last" : ""}`),
      raw.push(r)
    ),
  );
  stream.on("data", (b: Buffer) => (log.push("data"), body.push(b)));
  stream.on("trailers", (_h: Headers, _f: number, r: string[]) => (log.push("trailers"), raw.push(r)));
  stream.on("end", () => log.push("end"));
  stream.on("error", () => undefined);
  stream.on("close", () => log.push(`close ${stream.rstCode}`));
  return {
    log,
    raw,
    body: () => Buffer.concat(body),
    /** The log with repeated lines once. */
    short: () => log.filter((line, i) => line !== log[i - 1]),
    closed: () => until(() => log.at(-1)?.startsWith("close") === true, `the close after ${log.join()}`),
  };
}
const max = { speed: Number.POSITIVE_INFINITY };
const grpcPost = { ":method": "POST", ":path": "/s/M", "content-type": "application/grpc", te: "trailers" };
const OK = [
  ["grpc-status", "0"],
  ["grpc-message", ""],
] as const;
const grpcHead = [["content-type", "application/grpc"]] as const;
const grpcPlan = (pieces: Parameters<typeof planOf>[0], more: Parameters<typeof planOf>[1] = {}): ResponsePlan =>
  planOf(pieces, { format: "messages", headers: grpcHead, trailers: OK, ...more });
const get = (session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}) =>
  listen(session.request({ ":path": "/x", ...headers }));

describe("plain h2", () => {
  test("headers in lower case and in order, duplicates and empty values kept, nothing of Node's own; provenance where it is wanted", async () => {
    const headers = [
      ["X-C", "3"],
      ["x-a", "1"],
      ["X-c", "4"],
      ["Empty", ""],
      ["Connection", "x-hop"],
      ["X-Hop", "1"],
    ] as const;
    const twin = await serve(
      planOf(
        [
          [0, "ab"],
          [0, "c"],
        ],
        { headers },
      ),
      { provenanceHeaders: true },
    );
    const got = get(clientTo(twin.port));
    await got.closed();
    expect(got.short()).toEqual(["head 200", "data", "end", "close 0"]);
    expect(got.raw[0]).toEqual([
      ":status",
      "200",
      "x-c",
      "3",
      "x-a",
      "1",
      "x-c",
      "4",
      "empty",
      "",
      "x-wraith-provenance",
      "recorded",
      "x-wraith-route",
      "GET /x",
      "x-wraith-exchange",
      "s/0",
    ]);
    expect(got.body().toString()).toBe("abc");
  });
  test("duplicates of headers that should have one value", async () => {
    const twin = await serve(
      planOf([[0, "a"]], {
        headers: [
          ["content-type", "a/b"],
          ["content-type", "c/d"],
        ],
      }),
    );
    const got = get(clientTo(twin.port));
    await got.closed();
    expect(got.raw[0]).toEqual([":status", "200", "content-type", "a/b", "content-type", "c/d"]);
  });
  test("what the twin takes to answer is part of its answer's time, for a body and for a first message", async () => {
    const pieces: Parameters<typeof planOf>[0] = [
      [0, "1"],
      [60, "2"],
      [90, "3"],
    ];
    const twin = await serve(({ head }) => {
      const until = performance.now() + 150;
      while (performance.now() < until);
      return head.protocol === "grpc" ? grpcPlan(pieces) : planOf(pieces);
    });
    const session = clientTo(twin.port);
    const plain = get(session);
    await plain.closed();
    const call = session.request(grpcPost);
    const seen = listen(call);
    call.end(Buffer.alloc(5));
    await seen.closed();
    for (const { log, body } of [plain, seen]) {
      expect(body().toString()).toBe("123");
      expect(log.filter((line) => line === "data")).toHaveLength(1);
    }
  });
  test("1xx, trailers, HEAD, 204 and codings", async () => {
    const plans: Record<string, ResponsePlan> = {
      trailers: planOf([[0, "a"]], {
        before: [{ kind: "informational", atUs: 0, status: 103, headers: [["Link", "</a>"]] }],
        trailers: [["X-T", "1"]],
      }),
      head: planOf([[0, "a"]], { headers: [["Content-Length", "5"]] }),
      none: planOf([], { status: 204 }),
      coded: planOf(
        [
          [0, "a"],
          [0, "b"],
        ],
        { coding: "gzip", headers: [["Content-Encoding", "gzip"]] },
      ),
    };
    const twin = await serve((r) => plans[r.head.query]!);
    const session = clientTo(twin.port);
    const trailing = get(session, { ":path": "/x?trailers" });
    await trailing.closed();
    expect(trailing.log).toEqual(["info 103", "head 200", "data", "trailers", "end", "close 0"]);
    expect(trailing.raw.map((r) => r.filter((_, i) => i !== 1))).toEqual([
      [":status", "link", "</a>"],
      [":status"],
      ["x-t"],
    ]);
    const head = get(session, { ":path": "/x?head", ":method": "HEAD" });
    await head.closed();
    expect(head.log).toEqual(["head 200 last", "end", "close 0"]);
    expect(head.raw[0]).toContain("5");
    const none = get(session, { ":path": "/x?none" });
    await none.closed();
    expect(none.log).toEqual(["head 204 last", "end", "close 0"]);
    const coded = get(session, { ":path": "/x?coded", "accept-encoding": "gzip" });
    await coded.closed();
    expect(gunzipSync(coded.body()).toString()).toBe("ab");
    const plain = get(session, { ":path": "/x?coded" });
    await plain.closed();
    expect(plain.body().toString()).toBe("ab");
    expect(plain.raw[0]).toEqual([":status", "200"]);
  });
  test("an answer cut without a code is reset, as an end would pass for a whole answer", async () => {
    const twin = await serve(planOf([[0, "a"]], { end: { kind: "reset", atUs: 10_000 } }));
    const got = get(clientTo(twin.port));
    await got.closed();
    expect(got.log.filter((l) => l !== "end")).toEqual([
      "head 200",
      "data",
      `close ${constants.NGHTTP2_INTERNAL_ERROR}`,
    ]);
  });
  test("413 while the client still sends, 415 for Connect, and the connection goes on", async () => {
    const twin = await serve(planOf([[0, "ok"]]), { maxBodyBytes: 1000 });
    const session = clientTo(twin.port);
    const stream = session.request({ ":method": "POST", ":path": "/x" });
    const got = listen(stream);
    stream.write(Buffer.alloc(5000));
    await got.closed();
    expect(got.log[0]).toBe("head 413");
    expect(got.body().toString()).toContain("longer than 1000 bytes");
    const connectRpc = get(session, { ":method": "POST", "content-type": "application/connect+proto" });
    await until(() => connectRpc.log.includes("end"));
    expect(connectRpc.log[0]).toBe("head 415");
    const good = get(session);
    await good.closed();
    expect(good.body().toString()).toBe("ok");
    const control = get(session, { ":path": "/__wraith/health" });
    await control.closed();
    expect(control.body().toString()).toBe('{"ok":true}\n');
  });
});

describe("gRPC", () => {
  test("the answer begins with the first message, before the client has ended its side; then the stream is released", async () => {
    const twin = await serve(
      grpcPlan([
        [0, frame("a")],
        [0, frame("b")],
      ]),
    );
    const stream = clientTo(twin.port).request(grpcPost);
    const got = listen(stream);
    const request = frame("hello");
    stream.write(request.subarray(0, 3));
    await new Promise((done) => setTimeout(done, 20));
    expect(twin.asked).toHaveLength(0);
    stream.write(request.subarray(3));
    await got.closed();
    expect(got.short()).toEqual(["head 200", "data", "trailers", "end", "close 0"]);
    expect(got.raw).toEqual([
      [":status", "200", "content-type", "application/grpc"],
      ["grpc-status", "0", "grpc-message", ""],
    ]);
    expect(got.body()).toEqual(Buffer.concat([frame("a"), frame("b")]));
    expect(Buffer.from(twin.asked[0]!.body)).toEqual(request);
  });
  test("no message at all, and one that is cut off, are answered when the client ends its side", async () => {
    const twin = await serve(grpcPlan([[0, frame("a")]]));
    const session = clientTo(twin.port);
    for (const bytes of [Buffer.alloc(0), Buffer.from([0, 0, 0, 0, 9, 1])]) {
      const stream = session.request(grpcPost);
      const got = listen(stream);
      stream.end(bytes);
      await got.closed();
      expect(got.short()).toEqual(["head 200", "data", "trailers", "end", "close 0"]);
      expect(Buffer.from(twin.asked.at(-1)!.body)).toEqual(bytes);
    }
  });
  test("an answer that began before the client spoke begins so again; later steps count from the message they wait for", async () => {
    const plan = grpcPlan([[0, frame("first")]]);
    const [head, first, ...end] = plan.steps;
    const twin = await serve(
      {
        ...plan,
        steps: [
          head!,
          first!,
          { kind: "await", trigger: "client-message" },
          { kind: "event", atUs: 30_000, bytes: frame("second") },
          ...end,
        ],
      },
      { waits: (path) => path !== "/s/M" },
    );
    const stream = clientTo(twin.port).request(grpcPost);
    const got = listen(stream);
    await until(() => got.body().includes("first"));
    expect(got.body().includes("second")).toBe(false);
    const spokeMs = performance.now();
    stream.write(frame("go on"));
    await until(() => got.body().includes("second"));
    expect(performance.now() - spokeMs).toBeGreaterThanOrEqual(30);
    await got.closed();
    expect(got.log.at(-1)).toBe("close 0");
  });
  test("messages that come together count each", async () => {
    const plan = grpcPlan([[0, frame("first")]]);
    const [head, first, ...end] = plan.steps;
    const wait = { kind: "await", trigger: "client-message" } as const;
    const second = { kind: "event", atUs: 0, bytes: frame("second") } as const;
    const twin = await serve({ ...plan, steps: [head!, first!, wait, second, wait, ...end] });
    const stream = clientTo(twin.port).request(grpcPost);
    const got = listen(stream);
    stream.write(Buffer.concat([frame("1"), frame("2")]));
    await until(() => got.body().includes("second"));
    expect(got.log).not.toContain("trailers");
    stream.write(frame("3"));
    await got.closed();
    expect(got.log).toContain("trailers");
  });
  test("a reset waits for what a client with a small window has not got yet", async () => {
    const pieces = Array.from({ length: 20 }, (_, i) => [i, frame("x".repeat(50))] as const);
    const twin = await serve(grpcPlan(pieces, { trailers: undefined, end: { kind: "reset", atUs: 30_000, code: 8 } }));
    const session = connect(`http://127.0.0.1:${twin.port}`, { settings: { initialWindowSize: 100 } });
    cleanups.push(() => session.destroy());
    const stream = session.request(grpcPost).end(frame("a"));
    stream.pause();
    const got = listen(stream);
    stream.pause();
    await new Promise((done) => setTimeout(done, 100));
    stream.resume();
    await got.closed();
    expect(got.body().length).toBe(20 * 55);
    expect(got.log.at(-1)).toBe("close 8");
  });
  test("Trailers-Only: the head is the end", async () => {
    const twin = await serve(
      planOf([], { format: "messages", headers: [...grpcHead, ["grpc-status", "5"], ["grpc-message", ""]] }),
    );
    const stream = clientTo(twin.port).request(grpcPost);
    const got = listen(stream);
    stream.write(frame("x"));
    await got.closed();
    expect(got.log).toEqual(["head 200 last", "end", "close 0"]);
    expect(got.raw[0]).toEqual([
      ":status",
      "200",
      "content-type",
      "application/grpc",
      "grpc-status",
      "5",
      "grpc-message",
      "",
    ]);
  });
  test("a reset by the upstream comes after what was sent before, with its code; a missing end is an end without trailers", async () => {
    const cut = (end: ResponsePlan["steps"][number]) =>
      grpcPlan([[0, frame("x".repeat(200_000))]], { trailers: undefined, end });
    for (const code of [
      constants.NGHTTP2_INTERNAL_ERROR,
      constants.NGHTTP2_CANCEL,
      constants.NGHTTP2_ENHANCE_YOUR_CALM,
    ]) {
      const twin = await serve(cut({ kind: "reset", atUs: 0, code }));
      const got = listen(clientTo(twin.port).request(grpcPost).end(frame("a")));
      await got.closed();
      expect(got.log.at(-1)).toBe(`close ${code}`);
      expect(got.body().length).toBe(200_005);
      expect(got.log).not.toContain("trailers");
    }
    const twin = await serve(cut({ kind: "reset", atUs: 0 }));
    const got = listen(clientTo(twin.port).request(grpcPost).end(frame("a")));
    await got.closed();
    expect(got.short()).toEqual(["head 200", "data", "end", "close 0"]);
    const early = await serve({
      ...grpcPlan([]),
      steps: [{ kind: "reset", atUs: 0, code: constants.NGHTTP2_REFUSED_STREAM }],
    });
    const refused = listen(clientTo(early.port).request(grpcPost).end(frame("a")));
    await refused.closed();
    expect(refused.log.filter((l) => l !== "end")).toEqual([`close ${constants.NGHTTP2_REFUSED_STREAM}`]);
  });
  test("a deadline ends a call with DEADLINE_EXCEEDED: before the head, in mid-stream, and where the client never speaks", async () => {
    const silent = grpcPlan([], { headMs: 3_600_000 });
    const held = grpcPlan([[0, frame("a")]], { trailers: undefined, end: { kind: "hold", atUs: 0 } });
    const twin = await serve((r) => (r.head.path === "/s/Silent" ? silent : held));
    const session = clientTo(twin.port);
    const withTimeout = { ...grpcPost, "grpc-timeout": "60m" };
    const before = listen(session.request({ ...withTimeout, ":path": "/s/Silent" }).end(frame("a")));
    const middle = listen(session.request(withTimeout).end(frame("a")));
    const mute = listen(session.request(withTimeout));
    await Promise.all([before.closed(), middle.closed(), mute.closed()]);
    for (const got of [before, mute]) {
      expect(got.log).toEqual(["head 200 last", "end", "close 0"]);
      expect(got.raw[0]).toContain("context deadline exceeded");
    }
    expect(middle.log).toEqual(["head 200", "data", "trailers", "end", "close 0"]);
    expect(middle.raw[1]).toEqual(["grpc-status", "4", "grpc-message", "context deadline exceeded"]);
    await until(() => twin.counts().open === 0);
  });
  test("refusals are statuses", async () => {
    const twin = await serve(() => {
      throw new Error("broken");
    });
    const session = clientTo(twin.port);
    const named = listen(session.request({ ...grpcPost, "x-wraith-session": "NO" }).end(frame("a")));
    const broken = listen(session.request(grpcPost).end(frame("a")));
    await Promise.all([named.closed(), broken.closed()]);
    expect(named.raw[0]).toEqual(expect.arrayContaining(["grpc-status", "3"]));
    expect(broken.raw[0]).toEqual(expect.arrayContaining(["grpc-status", "13", "wraith: the twin failed"]));
  });
  test("a conversation of the server's own: each message is answered, and the client's end ends it", async () => {
    const own = await startTestTwin({
      respond: () => grpcPlan([]),
      findConversation: (head) =>
        head.path === "/own"
          ? { createFramer: lengthPrefixed, answer: (bytes) => frame(Buffer.from(bytes.subarray(5)).reverse()) }
          : undefined,
    });
    cleanups.push(() => own.stop());
    const stream = clientTo(own.port).request({ ...grpcPost, ":path": "/own" });
    const got = listen(stream);
    stream.write(frame("abc"));
    await until(() => got.body().includes("cba"));
    stream.end(Buffer.concat([frame("12"), frame("34")]));
    await got.closed();
    expect(
      got
        .body()
        .toString("latin1")
        .replaceAll(/[^a-z0-9]/g, ""),
    ).toBe("cba2143");
    expect(got.raw.at(-1)).toEqual(["grpc-status", "0"]);
    expect(own.asked).toHaveLength(0);
  });
});

describe("many streams on one connection", () => {
  test("1,000 at once, each with its own answer; one that is reset disturbs none, and all is freed", async () => {
    const twin = await serve((r) => {
      const name = Buffer.from(r.body.subarray(5)).toString();
      return grpcPlan([
        [0, frame(`${name}:1`)],
        [600, frame(`${name}:2`)],
      ]);
    });
    const session = clientTo(twin.port);
    const streams = Array.from({ length: 1000 }, (_, i) => {
      const stream = session.request(grpcPost);
      stream.end(frame(`s${i}`));
      return { stream, got: listen(stream) };
    });
    const victim = streams[500]!;
    victim.stream.on("data", () => victim.stream.close(constants.NGHTTP2_CANCEL));
    await Promise.all(streams.map(({ got }) => got.closed()));
    for (const [i, { got }] of streams.entries()) {
      if (i === 500) continue;
      expect(got.body()).toEqual(Buffer.concat([frame(`s${i}:1`), frame(`s${i}:2`)]));
      expect(got.raw.at(-1)).toEqual(["grpc-status", "0", "grpc-message", ""]);
    }
    expect(victim.got.body()).toEqual(frame("s500:1"));
    await until(() => twin.counts().open === 0);
    expect(twin.counts().answers).toBe(1000);
  });
  test("a 4 MiB message, a client that reads late, and its neighbour that does not wait for it", async () => {
    const big = frame(Buffer.alloc(4 << 20, "wraith!"));
    const twin = await serve(
      (r) =>
        r.head.path === "/s/Big"
          ? grpcPlan([
              [0, big],
              [0, big],
            ])
          : grpcPlan([[0, frame("quick")]]),
      max,
    );
    const session = clientTo(twin.port);
    const slow = session.request({ ...grpcPost, ":path": "/s/Big" }).end(frame("a"));
    slow.pause();
    const quick = listen(session.request(grpcPost).end(frame("a")));
    await quick.closed();
    expect(quick.body()).toEqual(frame("quick"));
    const got = listen(slow);
    slow.resume();
    await got.closed();
    expect(got.body().equals(Buffer.concat([big, big]))).toBe(true);
  });
  test("the client goes away with its connection: every stream is freed", async () => {
    const twin = await serve(
      grpcPlan([
        [0, frame("a")],
        [3_600_000, frame("b")],
      ]),
    );
    const session = clientTo(twin.port);
    const all = Array.from({ length: 20 }, () =>
      listen(session.request({ ...grpcPost, "grpc-timeout": "1H" }).end(frame("a"))),
    );
    await until(() => all.every((got) => got.log.includes("data")));
    // Each waits for its next event and for its deadline.
    expect(twin.counts()).toEqual({ answers: 20, open: 20, waiting: 40 });
    session.destroy();
    await until(() => twin.counts().open === 0);
    expect(twin.counts().waiting).toBe(0);
  });
  test("what a client keeps sending is read and dropped: its window never closes", async () => {
    const twin = await serve(grpcPlan([[0, frame("a")]], { trailers: undefined, end: { kind: "hold", atUs: 0 } }));
    const stream = clientTo(twin.port).request(grpcPost);
    const got = listen(stream);
    // More than the connection's window of 16 MiB.
    for (let i = 0; i < 200; i++) await new Promise((done) => stream.write(frame(Buffer.alloc(100_000)), done));
    expect(got.log.filter((l) => l !== "data")).toEqual(["head 200"]);
    expect(twin.asked).toHaveLength(1);
  });
});
