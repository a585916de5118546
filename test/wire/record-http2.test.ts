import {
  connect,
  constants,
  createServer,
  sensitiveHeaders,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { createServer as createHttp1Server } from "node:http";
import { connect as connectTcp, type AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { startTestProxy, until } from "./proxy-support.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

type Handler = (stream: ServerHttp2Stream, headers: Record<string | symbol, unknown>, raw: string[]) => void;
async function upstreamH2(
  handler: Handler,
): Promise<{ url: string; server: Http2Server; sessions: ServerHttp2Session[] }> {
  const server = createServer();
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (s) => (sessions.push(s), s.on("error", () => undefined)));
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) => {
    stream.on("error", () => undefined);
    handler(stream, headers as never, raw);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => (sessions.forEach((s) => s.destroy()), server.close()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, sessions };
}
async function proxyTo(url: string) {
  const proxy = await startTestProxy(url);
  cleanups.push(() => proxy.stop());
  return proxy;
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
  stream.on("data", (b: Buffer) => log.push(`data ${b.toString()}`));
  stream.on("trailers", (_h: Headers, _f: number, r: string[]) => (log.push("trailers"), raw.push(r)));
  stream.on("end", () => log.push("end"));
  stream.on("error", () => undefined);
  stream.on("close", () => log.push(`close ${stream.rstCode}`));
  return {
    log,
    raw,
    closed: () => until(() => log.at(-1)?.startsWith("close") === true, `the close after ${log.join()}`),
  };
}
const grpcPost = { ":method": "POST", ":path": "/s/M", "content-type": "application/grpc", te: "trailers" };

describe("h2 to h2", () => {
  test("header order, duplicates, empty values and never-index travel; te and authority are made right", async () => {
    let seen: string[] = [];
    let secret: unknown;
    const { url } = await upstreamH2((stream, headers, raw) => {
      seen = raw;
      secret = headers[sensitiveHeaders];
      stream.respond(
        { ":status": 200, "x-c": "3", "X-C": "no", "x-a": "1", "x-C": "4", empty: "" } as never,
        { sendDate: false } as never,
      );
      stream.end();
    });
    const proxy = await proxyTo(`${url}/base`);
    const stream = clientTo(proxy.port).request(
      {
        ...grpcPost,
        ":authority": "someone:1",
        "x-b": "1",
        "x-wraith-session": "s",
        "x-a": "",
        "X-b": "2",
        authorization: "k",
        [sensitiveHeaders]: ["authorization"],
      },
      { endStream: true },
    );
    const { raw, log, closed } = listen(stream);
    await closed();
    expect(seen).toEqual([
      ":method",
      "POST",
      ":scheme",
      "http",
      ":authority",
      url.slice(7),
      ":path",
      "/base/s/M",
      "content-type",
      "application/grpc",
      "x-b",
      "1",
      "x-a",
      "",
      "x-b",
      "2",
      "authorization",
      "k",
      "te",
      "trailers",
    ]);
    expect(secret).toEqual(["authorization"]);
    expect(raw[0]).toEqual([":status", "200", "x-c", "3", "x-c", "no", "x-a", "1", "x-c", "4", "empty", ""]);
    expect(log).toEqual(["head 200", "end", "close 0"]);
    expect(proxy.exchanges[0]!.opened.head.headers.map(([n]) => n)).toEqual([
      "content-type",
      "te",
      "x-b",
      "x-wraith-session",
      "x-a",
      "x-b",
      "authorization",
    ]);
  });

  test("1xx, data and trailers keep their order; an answer of headers alone ends with them", async () => {
    const { url } = await upstreamH2((stream, headers) => {
      if (headers["only"] === "1")
        return stream.respond({ ":status": 200, "grpc-status": "5", "grpc-message": "" }, { endStream: true });
      stream.additionalHeaders({ ":status": 103, link: "</x>" });
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "grpc-message": "", "x-bin": "AP8" }));
      stream.write("one");
      stream.end();
    });
    const proxy = await proxyTo(url);
    const session = clientTo(proxy.port);
    const whole = listen(session.request(grpcPost, { endStream: true }));
    await whole.closed();
    expect(whole.log).toEqual(["info 103", "head 200", "data one", "trailers", "end", "close 0"]);
    expect(whole.raw.at(-1)).toEqual(["grpc-status", "0", "grpc-message", "", "x-bin", "AP8"]);
    expect(proxy.exchanges[0]!.log).toEqual(["client end", "103", "head", "data", "trailers", "close"]);
    const only = listen(session.request({ ...grpcPost, only: "1" }));
    await only.closed();
    expect(only.log).toEqual(["head 200 last", "end", "close 0"]);
    expect(proxy.exchanges[1]!.closed).toEqual({ shape: "clean", by: "server" });
  });

  test.each([
    constants.NGHTTP2_INTERNAL_ERROR,
    constants.NGHTTP2_CANCEL,
    constants.NGHTTP2_REFUSED_STREAM,
    constants.NGHTTP2_ENHANCE_YOUR_CALM,
  ])("a reset by the upstream (code %i) comes after what it sent before, with its code", async (code) => {
    const { url } = await upstreamH2((stream) => {
      stream.respond({ ":status": 200 });
      stream.write("one");
      stream.write("two", () => setTimeout(() => stream.close(code), 10));
    });
    const proxy = await proxyTo(url);
    const { log, closed } = listen(clientTo(proxy.port).request(grpcPost));
    await closed();
    expect(log.filter((l) => l.startsWith("data")).join("")).toMatch(/^data one(data )?two$/);
    expect(log.at(-1)).toBe(`close ${code}`);
    expect(proxy.exchanges[0]!.closed).toEqual({
      shape: "error",
      by: "server",
      code,
      detail: "the upstream reset the stream",
    });
  });

  test.each([constants.NGHTTP2_CANCEL, constants.NGHTTP2_INTERNAL_ERROR])(
    "a reset by the client (code %i) reaches the upstream at once, other streams go on",
    async (code) => {
      const closed: number[] = [];
      const { url } = await upstreamH2((stream) => {
        stream.respond({ ":status": 200 });
        stream.on("data", (b: Buffer) => stream.write(b));
        stream.on("close", () => closed.push(stream.rstCode ?? -1));
      });
      const proxy = await proxyTo(url);
      const session = clientTo(proxy.port);
      const [a, b] = [session.request(grpcPost), session.request(grpcPost)];
      const heard = listen(b);
      listen(a);
      a.write("x");
      b.write("x");
      await until(
        () => proxy.exchanges.length === 2 && proxy.exchanges.every((e) => e.chunks.length === 1),
        "both to run",
      );
      a.close(code);
      await until(() => closed.length === 1, "the upstream's close");
      expect(closed).toEqual([code]);
      expect(proxy.exchanges[0]!.closed).toEqual({
        shape: "truncated",
        by: "client",
        code,
        detail: "the client reset the stream",
      });
      b.write("y");
      await until(() => heard.log.includes("data y"), "the other stream");
      expect(proxy.exchanges[1]!.closed).toBeUndefined();
    },
  );

  test("END_STREAM before RST_STREAM, as grpc-js cancels: the half-close arrives first, then the reset", async () => {
    const saw: string[] = [];
    const { url } = await upstreamH2((stream) => {
      stream.respond({ ":status": 200 });
      stream.write("x");
      stream.resume();
      stream.on("end", () => saw.push("end"));
      stream.on("close", () => saw.push(`close ${stream.rstCode}`));
    });
    const proxy = await proxyTo(url);
    const stream = clientTo(proxy.port).request(grpcPost);
    listen(stream);
    stream.end();
    await until(() => saw.includes("end"), "the half-close");
    stream.close(8);
    await until(() => saw.length === 2, "the reset");
    expect(saw).toEqual(["end", "close 8"]);
    expect(proxy.exchanges[0]!.clientEnded).toBe(true);
  });

  test("the client's connection is lost: every upstream stream is cancelled and the upstream connection closed", async () => {
    let cancelled = 0;
    const { url, sessions } = await upstreamH2((stream) => {
      stream.respond({ ":status": 200 });
      stream.on("close", () => cancelled++);
    });
    const proxy = await proxyTo(url);
    const session = clientTo(proxy.port);
    for (let i = 0; i < 5; i++) listen(session.request(grpcPost));
    await until(() => proxy.exchanges.filter((e) => e.head).length === 5, "the streams");
    session.destroy();
    await until(() => cancelled === 5, "the cancels");
    await until(() => sessions[0]!.destroyed, "the upstream's end");
    expect(proxy.exchanges.map((e) => [e.closed?.shape, e.closed?.by])).toEqual(
      Array.from({ length: 5 }, () => ["truncated", "client"]),
    );
  });

  test("GOAWAY: open streams finish, new ones get a new connection, the client's stays", async () => {
    const { url, sessions } = await upstreamH2((stream) => {
      stream.respond({ ":status": 200 });
      stream.on("data", (b: Buffer) => stream.write(b));
      stream.on("end", () => stream.end());
    });
    const proxy = await proxyTo(url);
    const session = clientTo(proxy.port);
    const first = session.request(grpcPost);
    const a = listen(first);
    first.write("1");
    await until(() => a.log.includes("data 1"), "the first answer");
    sessions[0]!.goaway(constants.NGHTTP2_NO_ERROR);
    await new Promise((r) => setTimeout(r, 30));
    const second = session.request(grpcPost);
    const b = listen(second);
    second.end("2");
    await b.closed();
    expect(b.log).toContain("data 2");
    expect(sessions).toHaveLength(2);
    first.end("3");
    await a.closed();
    expect(a.log).toContain("data 3");
    expect(session.destroyed).toBe(false);
  });

  test("GOAWAY with an error kills the streams: UNAVAILABLE in gRPC, and the recording has the code", async () => {
    const { url, sessions } = await upstreamH2((stream) => {
      stream.respond({ ":status": 200 });
      stream.write("x");
    });
    const proxy = await proxyTo(url);
    const { log, raw, closed } = listen(clientTo(proxy.port).request(grpcPost));
    await until(() => log.includes("data x"), "the first data");
    sessions[0]!.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from("too_many_pings"));
    await closed();
    expect(raw.at(-1)!.slice(0, 2)).toEqual(["grpc-status", "14"]);
    expect(proxy.exchanges[0]!.closed).toMatchObject({ shape: "truncated", by: "server", code: 11 });
  });

  test("pings are answered by the proxy and do not reach the upstream", async () => {
    const { url, sessions } = await upstreamH2((stream) => stream.respond({ ":status": 200 }));
    const proxy = await proxyTo(url);
    const session = clientTo(proxy.port);
    const { log } = listen(session.request(grpcPost));
    await until(() => log.length > 0, "the head");
    let pings = 0;
    sessions[0]!.on("ping", () => pings++);
    for (let i = 0; i < 5; i++) await new Promise((resolve) => session.ping(resolve));
    expect(pings).toBe(0);
  });

  test("flow control: a client that does not read stops the upstream, and disturbs no other stream", async () => {
    const total = 32 << 20;
    let taken = 0;
    const { url } = await upstreamH2((stream, headers) => {
      stream.respond({ ":status": 200 });
      if (headers["small"] === "1") {
        stream.end("small");
        return;
      }
      const piece = Buffer.alloc(1 << 18, 7);
      const more = (): void => {
        while (taken < total) {
          taken += piece.length;
          if (!stream.write(piece)) return void stream.once("drain", more);
        }
        stream.end();
      };
      more();
    });
    const proxy = await proxyTo(url);
    const session = clientTo(proxy.port);
    const big = session.request(grpcPost, { endStream: true });
    big.on("error", () => undefined);
    await until(() => taken > 0, "the upstream to begin");
    for (let before = -1; before !== taken; await new Promise((r) => setTimeout(r, 100))) before = taken;
    expect(taken).toBeLessThan(total / 4);
    const small = listen(session.request({ ...grpcPost, small: "1" }, { endStream: true }));
    await small.closed();
    expect(small.log).toContain("data small");
    let got = 0;
    big.on("data", (b: Buffer) => (got += b.length));
    await new Promise((resolve) => big.on("end", resolve));
    expect(got).toBe(total);
  });

  test("a client that sends its preface byte by byte", async () => {
    const proxy = await proxyTo("http://127.0.0.1:1");
    const socket = connectTcp(proxy.port, "127.0.0.1");
    cleanups.push(() => socket.destroy());
    let got = Buffer.alloc(0);
    socket.on("data", (b: Buffer) => (got = Buffer.concat([got, b])));
    for (const byte of Buffer.concat([
      Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
    ])) {
      socket.write(Buffer.from([byte]));
      await new Promise((r) => setImmediate(r));
    }
    await until(() => got.length > 9 && got[3] === 4, "SETTINGS");
  });
});

describe("plain h2 to an HTTP/1.1 upstream", () => {
  test("requests, streams, cookies and trailers are said in HTTP/1.1", async () => {
    const seen: string[] = [];
    const server = createHttp1Server((request, response) => {
      seen.push(`${request.method} ${request.url}`, ...request.rawHeaders);
      request.resume();
      response.writeHead(200, [
        "Content-Type",
        "text/event-stream",
        "Connection",
        "x-hop",
        "X-Hop",
        "1",
        "Trailer",
        "X-T",
      ]);
      response.write("data: 1\n\n");
      request.on("end", () => {
        response.addTrailers({ "X-T": "t" });
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => (server.closeAllConnections(), server.close()));
    const { port } = server.address() as AddressInfo;
    const proxy = await proxyTo(`http://127.0.0.1:${port}`);
    const stream = clientTo(proxy.port).request({
      ":method": "POST",
      ":path": "//h/x?q",
      cookie: ["a=1", "b=2"],
      "x-a": "1",
    });
    const { log, raw, closed } = listen(stream);
    await until(() => log.includes("data data: 1\n\n"), "the event before the request's end");
    stream.end("body");
    await closed();
    expect(log).toEqual(["head 200", "data data: 1\n\n", "trailers", "end", "close 0"]);
    expect(raw[0]!.slice(0, 6)).toEqual([":status", "200", "content-type", "text/event-stream", "trailer", "X-T"]);
    expect(raw.at(-1)).toEqual(["x-t", "t"]);
    expect(seen).toEqual([
      "POST //h/x?q",
      "Host",
      `127.0.0.1:${port}`,
      "x-a",
      "1",
      "Transfer-Encoding",
      "chunked",
      "cookie",
      "a=1; b=2",
      "Connection",
      "keep-alive",
    ]);
    expect(proxy.exchanges[0]!.opened.head).toMatchObject({
      protocol: "http",
      httpVersion: "2",
      path: "//h/x",
      query: "q",
    });
  });

  test("control plane, 415 and 502 over h2", async () => {
    const proxy = await proxyTo("http://127.0.0.1:1");
    const session = clientTo(proxy.port);
    const ask = async (headers: Record<string, string>) => {
      const heard = listen(session.request(headers, { endStream: true }));
      await heard.closed();
      return heard.log.slice(0, 2).join(" ");
    };
    expect(await ask({ ":path": "/__wraith/health" })).toMatch(/^head 200 data \{"ok":true\}/);
    expect(await ask({ ":path": "/x", ":method": "POST", "content-type": "application/grpc-web" })).toMatch(
      /^head 415 .*gRPC-Web/,
    );
    expect(await ask({ ":path": "/x", ":method": "POST", "content-type": "application/connect+proto" })).toMatch(
      /^head 415 .*Connect/,
    );
    expect(await ask({ ":path": "/x" })).toMatch(/^head 502 .*ECONNREFUSED/);
  });
});
