import { connect } from "node:http2";
import { connect as connectTcp } from "node:net";
import { fc, test as property } from "@fast-check/vitest";
import { afterEach, describe, expect, test } from "vitest";
import type { HeaderList } from "../../src/base/http.ts";
import { createFrame, settingsFrame, windowUpdate } from "../../src/net/h2/frames.ts";
import { ERROR, FLAG, FRAME, SETTING } from "../../src/net/h2/protocol.ts";
import { block, GET, hello, POST, rawHttp2, request, type RawHttp2 } from "./raw-http2.ts";
import { frame as message, planOf, startTestTwin, type TestTwin, type TestTwinOptions } from "./serve-support.ts";
import { until } from "./proxy-support.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function serve(respond: TestTwinOptions["respond"], more: Partial<TestTwinOptions> = {}): Promise<TestTwin> {
  const twin = await startTestTwin({ respond, speed: Number.POSITIVE_INFINITY, ...more });
  cleanups.push(() => twin.stop());
  return twin;
}
async function client(port: number): Promise<RawHttp2> {
  const it = await rawHttp2(port);
  cleanups.push(() => it.socket.destroy());
  return it;
}
const body = (it: RawHttp2, stream: number): Buffer => Buffer.concat(it.of(FRAME.data, stream).map((f) => f.payload));
const ended = (it: RawHttp2, stream: number): boolean =>
  it.frames.some((f) => f.stream === stream && f.type <= FRAME.headers && (f.flags & FLAG.endStream) !== 0);
const numbers = (...all: number[]): Buffer => {
  const out = Buffer.alloc(4 * all.length);
  all.forEach((n, i) => out.writeUInt32BE(n, 4 * i));
  return out;
};
const data = (stream: number, payload: string | Uint8Array, flags = 0): Buffer =>
  createFrame(FRAME.data, flags, stream, Buffer.from(payload as string));
const END = FLAG.endHeaders | FLAG.endStream;
const hello200 = planOf([[0, "hello"]]);

describe("a peer that breaks the protocol", () => {
  test.each<[string, number, Uint8Array]>([
    ["something else than SETTINGS first", ERROR.protocol, createFrame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ["SETTINGS of a wrong length", ERROR.frameSize, createFrame(FRAME.settings, 0, 0, Buffer.alloc(5))],
    ["SETTINGS on a stream", ERROR.protocol, createFrame(FRAME.settings, 0, 1, Buffer.alloc(0))],
    ["a window that is too large", ERROR.flowControl, settingsFrame([[SETTING.initialWindowSize, 0x8000_0000]])],
    ["a frame size that is too small", ERROR.protocol, settingsFrame([[SETTING.maxFrameSize, 100]])],
    ["a frame that is too long", ERROR.frameSize, data(1, Buffer.alloc(16_385))],
    ["DATA for nobody", ERROR.protocol, data(1, "x")],
    ["DATA for the connection", ERROR.protocol, data(0, "x")],
    ["an even stream", ERROR.protocol, request(2)],
    ["a block that cannot be read", ERROR.compression, createFrame(FRAME.headers, END, 1, Buffer.from([0x80]))],
    [
      "a frame within a header block",
      ERROR.protocol,
      Buffer.concat([createFrame(FRAME.headers, FLAG.endStream, 1, block(GET)), data(1, "")]),
    ],
    ["CONTINUATION of nothing", ERROR.protocol, createFrame(FRAME.continuation, FLAG.endHeaders, 1, block(GET))],
    [
      "padding that is longer than its frame",
      ERROR.protocol,
      createFrame(FRAME.data, FLAG.padded, 0, Buffer.from([9])),
    ],
    ["PUSH_PROMISE", ERROR.protocol, createFrame(FRAME.pushPromise, 0, 1, Buffer.alloc(8))],
    ["PING without its bytes", ERROR.frameSize, createFrame(FRAME.ping, 0, 0, Buffer.alloc(7))],
    ["RST_STREAM for nobody", ERROR.protocol, createFrame(FRAME.rstStream, 0, 1, numbers(8))],
    ["a window update of nothing", ERROR.protocol, windowUpdate(0, 0)],
    ["a window update above the limit", ERROR.flowControl, windowUpdate(0, 0x7fff_ffff)],
    [
      "header blocks without end",
      ERROR.enhanceYourCalm,
      Buffer.concat([
        createFrame(FRAME.headers, 0, 1, Buffer.alloc(0)),
        ...Array.from({ length: 1100 }, () => createFrame(FRAME.continuation, 0, 1, Buffer.alloc(0))),
      ]),
    ],
  ])("%s ends the connection with its code", async (what, code, bytes) => {
    const twin = await serve(() => hello200);
    const it = await client(twin.port);
    it.write(what.includes("first") ? hello.subarray(0, 24) : hello, bytes);
    await it.until(() => it.closed(), "the connection to end");
    const [goaway] = it.of(FRAME.goaway);
    expect(goaway!.payload.readUInt32BE(4)).toBe(code);
    expect(goaway!.payload.toString("latin1", 8)).not.toBe("");
  });

  test.each<[string, number, Uint8Array]>([
    ["upper case", ERROR.protocol, request(1, [...GET, ["X-A", "1"]])],
    ["a connection header", ERROR.protocol, request(1, [...GET, ["connection", "close"]])],
    ["te that is not trailers", ERROR.protocol, request(1, [...GET, ["te", "gzip"]])],
    ["no path", ERROR.protocol, request(1, [GET[0], GET[1]])],
    ["a pseudo header twice", ERROR.protocol, request(1, [GET[0], ...GET])],
    ["a pseudo header that is late", ERROR.protocol, request(1, [...GET.slice(0, 3), ["a", "b"], GET[3]])],
    ["a line break in a value", ERROR.protocol, request(1, [...GET, ["a", "b\r\nc"]])],
    [
      "less body than was said",
      ERROR.protocol,
      Buffer.concat([request(1, [...POST, ["content-length", "2"]], false), data(1, "x", FLAG.endStream)]),
    ],
    [
      "more body than was said",
      ERROR.protocol,
      Buffer.concat([request(1, [...POST, ["content-length", "2"]], false), data(1, "xyz")]),
    ],
    [
      "trailers that do not end",
      ERROR.protocol,
      Buffer.concat([request(1, POST, false), request(1, [["a", "b"]], false)]),
    ],
    ["pseudo headers as trailers", ERROR.protocol, Buffer.concat([request(1, POST, false), request(1, GET)])],
    [
      "an update of its window above the limit",
      ERROR.flowControl,
      Buffer.concat([request(1, POST, false), windowUpdate(1, 0x7fff_ffff)]),
    ],
    [
      "more than its window",
      ERROR.flowControl,
      Buffer.concat([request(1, POST, false), ...Array.from({ length: 17 }, () => data(1, Buffer.alloc(16_384)))]),
    ],
  ])("%s resets the stream, and the connection goes on", async (what, code, bytes) => {
    const never = planOf([], { headMs: 3_600_000 });
    const twin = await serve(({ head }) => (head.method === "POST" ? never : hello200), {
      speed: 1,
      waits: () => true,
      // A window is exceeded only where nothing is read.
      ...(what.includes("than its window")
        ? { findConversation: () => ({ createFramer: neverReads, answer: endless }) }
        : {}),
    });
    const it = await client(twin.port);
    if (what.includes("than its window"))
      it.write(Buffer.concat([Buffer.from(hello), settingsFrame([[SETTING.initialWindowSize, 0]])]));
    else it.write(hello);
    it.write(bytes);
    await it.until(() => it.of(FRAME.rstStream, 1).length > 0, "the reset");
    expect(it.of(FRAME.rstStream, 1)[0]!.payload.readUInt32BE(0)).toBe(code);
    if (what.includes("than its window")) return;
    it.write(request(3));
    await it.until(() => ended(it, 3), "the next answer");
    expect(body(it, 3).toString()).toBe("hello");
    expect(it.of(FRAME.goaway)).toEqual([]);
    await until(() => twin.counts().open === 0);
  });
});

/** Takes each chunk for a message, so that the first answer stops the reading. */
const neverReads = () => ({
  push: (bytes: Uint8Array) => [{ kind: "message" as const, bytes }],
  end: () => [],
});
const endless = (): Uint8Array => message("x");

describe("what may be said", () => {
  test("padding, priorities, unknown frames, continuations and trailers; PING is answered, late frames are passed over", async () => {
    const twin = await serve(() => hello200);
    const it = await client(twin.port);
    const fields = block(POST);
    it.write(
      hello,
      createFrame(0x42, 0xff, 0, Buffer.from("grease")),
      createFrame(FRAME.priority, 0, 1, numbers(0, 0).subarray(0, 5)),
      createFrame(
        FRAME.headers,
        FLAG.padded | FLAG.priority,
        1,
        Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 9]), fields.subarray(0, 5), Buffer.alloc(3)]),
      ),
      createFrame(FRAME.continuation, 0, 1, fields.subarray(5, 9)),
      createFrame(FRAME.continuation, FLAG.endHeaders, 1, fields.subarray(9)),
      createFrame(FRAME.data, FLAG.padded, 1, Buffer.from("\u0002ab..")),
      data(1, ""),
      request(1, [["trailer", "1"]]),
      createFrame(FRAME.ping, 0, 0, Buffer.from("12345678")),
      createFrame(FRAME.priority, 0, 1, numbers(0, 0).subarray(0, 5)),
      createFrame(FRAME.rstStream, 0, 1, numbers(ERROR.cancel)),
      windowUpdate(1, 10),
    );
    await it.until(() => ended(it, 1) && it.of(FRAME.ping).length > 0, "answer and ping");
    expect(body(it, 1).toString()).toBe("hello");
    expect(Buffer.from(twin.asked[0]!.body).toString()).toBe("ab");
    const [ping] = it.of(FRAME.ping);
    expect([ping!.flags, ping!.payload.toString()]).toEqual([FLAG.ack, "12345678"]);
    expect(it.of(FRAME.goaway)).toEqual([]);
  });

  test("what comes for a stream that was answered before its end is passed over", async () => {
    const twin = await serve(() => hello200, { maxBodyBytes: 3 });
    const it = await client(twin.port);
    it.write(hello, request(1, POST, false), data(1, "more than three"));
    await it.until(() => it.of(FRAME.rstStream, 1).length > 0, "the release");
    expect(it.of(FRAME.rstStream, 1)[0]!.payload.readUInt32BE(0)).toBe(ERROR.none);
    it.write(data(1, "and more"), windowUpdate(1, 5), request(1, [["trailer", "1"]]), request(3));
    await it.until(() => ended(it, 3), "the next answer");
    expect(it.of(FRAME.rstStream, 1)).toHaveLength(1);
    expect(it.of(FRAME.goaway)).toEqual([]);
  });

  test("times count from when a request was there, not from when those before it were answered", async () => {
    const twin = await serve(
      () => {
        if (twin.asked.length === 1) for (const end = performance.now() + 150; performance.now() < end;);
        return planOf([
          [0, "1"],
          [60, "2"],
          [90, "3"],
        ]);
      },
      { speed: 1 },
    );
    const it = await client(twin.port);
    it.write(hello, request(1), request(3));
    await it.until(() => ended(it, 3), "the second answer");
    expect(it.of(FRAME.data, 3).map((f) => f.payload.toString())).toEqual(["123"]);
  });

  test("padding is given back to the window, too", async () => {
    const twin = await serve(() => hello200);
    const it = await client(twin.port);
    const padding = createFrame(FRAME.data, FLAG.padded, 1, Buffer.concat([Buffer.from([255]), Buffer.alloc(255)]));
    it.write(hello, request(1, POST, false), ...Array.from({ length: 600 }, () => padding));
    await it.until(() => it.of(FRAME.windowUpdate, 1).length > 0, "an update");
    expect(it.of(FRAME.windowUpdate, 1)[0]!.payload.readUInt32BE(0)).toBe(256 * 512);
  });

  test("however the bytes are cut, the same is heard", async () => {
    const twin = await serve(({ body: bytes }) => planOf([[0, `got ${Buffer.from(bytes).toString()}`]]));
    const bytes = Buffer.concat([
      hello,
      request(1),
      request(3, POST, false),
      data(3, "abc"),
      data(3, "def", FLAG.endStream),
      request(5),
    ]);
    const it = await client(twin.port);
    for (const byte of bytes) {
      it.write(Buffer.from([byte]));
      await new Promise((done) => setImmediate(done));
    }
    await it.until(() => [1, 3, 5].every((id) => ended(it, id)), "the answers");
    expect([1, 3, 5].map((id) => body(it, id).toString())).toEqual(["got ", "got abcdef", "got "]);
  });

  test("heads above one frame, both ways; one above the limit gets 431", async () => {
    const long = "v".repeat(60_000);
    const twin = await serve(({ head }) => planOf([[0, "x"]], { headers: head.headers }));
    const session = connect(`http://127.0.0.1:${twin.port}`, { maxSendHeaderBlockLength: 1 << 20 });
    cleanups.push(() => session.destroy());
    session.on("error", () => undefined);
    const ask = (value: string): Promise<Record<string, unknown>> =>
      new Promise((done, fail) => {
        const stream = session.request({ ":path": "/x", "x-long": value });
        stream.on("response", done).on("error", fail);
        stream.resume();
      });
    expect(await ask(long)).toMatchObject({ ":status": 200, "x-long": long });
    const raw = await client(twin.port);
    const entry = Buffer.concat([
      Buffer.from([0x40, 1]),
      Buffer.from("a"),
      Buffer.from([0x7f, 0x81, 0x0f]),
      Buffer.alloc(2048, "b"),
    ]);
    raw.write(
      hello,
      createFrame(FRAME.headers, END, 1, Buffer.concat([block(GET), entry, Buffer.alloc(1000, 0xbe)])),
      request(3),
    );
    await raw.until(() => ended(raw, 1) && ended(raw, 3), "both answers");
    expect(raw.of(FRAME.headers, 1)[0]!.payload.toString("latin1")).toContain("431");
    expect(raw.of(FRAME.headers, 3)[0]!.payload[0]).toBe(0x88);
  });

  test("a client that has changed its header table is told first that none is used", async () => {
    const twin = await serve(() => planOf([[0, "hello"]], { trailers: [["a", "b"]] }));
    const it = await client(twin.port);
    it.write(hello, settingsFrame([[SETTING.headerTableSize, 0]]), request(1), request(3));
    await it.until(() => ended(it, 3), "the answers");
    const [first] = it.of(FRAME.headers, 1);
    expect([first!.flags & FLAG.endHeaders, first!.payload]).toEqual([0, Buffer.from([0x20])]);
    expect(it.of(FRAME.continuation, 1)[0]!.payload[0]).toBe(0x88);
    expect(it.of(FRAME.headers, 3)[0]!.payload[0]).toBe(0x88);
    const session = connect(`http://127.0.0.1:${twin.port}`, { settings: { headerTableSize: 0 } });
    cleanups.push(() => session.destroy());
    const stream = session.request({ ":path": "/x" });
    let text = "";
    for await (const bytes of stream) text += String(bytes);
    expect(text).toBe("hello");
  });

  test("a setting that takes a window away stops what has begun, until it is given back", async () => {
    const twin = await serve(() => planOf([[0, "0123456789"]]));
    const it = await client(twin.port);
    it.write(hello, settingsFrame([[SETTING.initialWindowSize, 4]]), request(1));
    await it.until(() => body(it, 1).length === 4, "the first bytes");
    it.write(settingsFrame([[SETTING.initialWindowSize, 0]]), windowUpdate(1, 3));
    it.write(createFrame(FRAME.ping, 0, 0, Buffer.alloc(8)));
    await it.until(() => it.of(FRAME.ping).length === 1, "the ping");
    expect(body(it, 1).toString()).toBe("0123");
    it.write(windowUpdate(1, 2));
    await it.until(() => body(it, 1).length === 5, "one more");
    it.write(settingsFrame([[SETTING.initialWindowSize, 100]]));
    await it.until(() => ended(it, 1), "the end");
    expect(body(it, 1).toString()).toBe("0123456789");
  });

  test("the connection's window is shared: one stream that waits for it does not stop for ever, nor the others", async () => {
    const long = "x".repeat(100_000);
    const twin = await serve(() => planOf([[0, long]]));
    const it = await client(twin.port);
    it.write(hello, settingsFrame([[SETTING.initialWindowSize, 1 << 20]]), request(1), request(3));
    const got = (): number => body(it, 1).length + body(it, 3).length;
    await it.until(() => got() === 65_535, "all of the window");
    for (let more = 1; got() < 200_000; more++) {
      it.write(windowUpdate(0, 20_000));
      await it.until(() => got() === Math.min(200_000, 65_535 + more * 20_000), `what update ${more} allows`);
    }
    await it.until(() => ended(it, 1) && ended(it, 3), "both ends");
    expect([body(it, 1).toString(), body(it, 3).toString()]).toEqual([long, long]);
  });

  test("a peer that takes nothing is not read for ever", async () => {
    const twin = await serve(() => hello200);
    const socket = connectTcp({ port: twin.port, host: "127.0.0.1" });
    cleanups.push(() => socket.destroy());
    let heard = 0;
    socket.on("data", (bytes) => (heard += bytes.length)).pause();
    const flood = Buffer.concat(Array.from({ length: 10_000 }, () => createFrame(FRAME.ping, 0, 0, Buffer.alloc(8))));
    // Far more than all buffers of the system hold.
    const floods = 200;
    let taken = 0;
    socket.write(hello);
    const write = (): void =>
      void socket.write(flood, () => {
        taken++;
        if (taken < floods) write();
      });
    write();
    let before = taken;
    for (let still = 0; still < 10; still++) {
      await new Promise((done) => setTimeout(done, 100));
      if (taken !== before) still = 0;
      before = taken;
    }
    expect(taken).toBeLessThan(floods);
    socket.resume();
    // An answer is as long as its ping.
    await until(() => taken === floods && heard >= floods * flood.length, "every answer");
  });
});

const name = fc.stringMatching(/^x-[\da-z-]{1,12}$/);
const value = fc
  .array(fc.integer({ min: 0x20, max: 0x7e }), { maxLength: 120 })
  .map((codes) => String.fromCharCode(...codes).trim());

property.prop(
  [fc.array(fc.uniqueArray(fc.tuple(name, value), { selector: ([n]) => n }), { minLength: 1, maxLength: 8 })],
  { numRuns: 40 },
)("heads come and go between this server and Node's client as they were said", async (heads) => {
  const twin = await startTestTwin({ respond: ({ head }) => planOf([], { headers: head.headers }) });
  const session = connect(`http://127.0.0.1:${twin.port}`);
  try {
    for (const head of heads) {
      const stream = session.request({ ":path": "/x", ...Object.fromEntries(head) });
      const raw = await new Promise<string[]>((done, fail) => {
        stream.on("response", (_h: unknown, _f: number, r: string[]) => done(r)).on("error", fail);
        stream.resume();
      });
      const pairs: HeaderList = raw.flatMap((n, i) =>
        i % 2 === 0 && n !== ":status" ? [[n, raw[i + 1]!] as const] : [],
      );
      expect(pairs).toEqual(head);
      expect(twin.asked.at(-1)!.head.headers).toEqual(head);
    }
  } finally {
    session.destroy();
    await twin.stop();
  }
});

const spoiled = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 });
const transcript = Buffer.concat([
  hello,
  settingsFrame([[SETTING.headerTableSize, 100]]),
  request(1, [...GET, ["a", "b"]]),
  request(3, [...POST, ["content-length", "3"]], false),
  data(3, "abc", FLAG.endStream),
  createFrame(FRAME.headers, 0, 5, block(POST).subarray(0, 9)),
  createFrame(FRAME.continuation, FLAG.endHeaders, 5, block(POST).subarray(9)),
  windowUpdate(5, 100),
  createFrame(FRAME.rstStream, 0, 5, numbers(ERROR.cancel)),
  createFrame(FRAME.ping, 0, 0, Buffer.alloc(8)),
  request(7),
]);

test("whatever a client's bytes are, all that it began is over when it leaves, and the next client is served", async () => {
  const twin = await serve(() => hello200);
  await fc.assert(
    fc.asyncProperty(spoiled, fc.nat(transcript.length), async (changes, cut) => {
      const bytes = Buffer.from(transcript);
      for (const [at, byte] of changes) if (24 + at < bytes.length) bytes[24 + at] = byte;
      const it = await client(twin.port);
      it.write(bytes.subarray(0, cut));
      it.write(bytes.subarray(cut));
      it.socket.end();
      await it.until(() => it.closed(), "the end of the connection");
      expect(twin.counts().open).toBe(0);
    }),
    { numRuns: 150 },
  );
  const next = await client(twin.port);
  next.write(hello, request(1));
  await next.until(() => ended(next, 1), "the answer");
  expect(twin.notices).toEqual([]);
});
