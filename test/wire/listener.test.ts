import { connect as connectHttp2 } from "node:http2";
import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createHttp2Acceptor } from "../../src/net/http2-server.ts";
import { serveHttp2 } from "../../src/net/h2/connection.ts";
import { endStream, sendHead } from "../../src/net/h2/stream.ts";
import { createHttp2Head } from "../../src/net/serve-http2.ts";
import { isLoopback, listen, type ListenOptions } from "../../src/net/listener.ts";
import { until } from "./proxy-support.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function start(options: Partial<ListenOptions> = {}) {
  const listener = await listen({
    port: 0,
    onHttp1: (_request, response) => response.end("h1"),
    loadHttp2: async () =>
      createHttp2Acceptor((stream) => {
        stream.respond({ ":status": 200 });
        stream.end("h2");
      }),
    ...options,
  });
  cleanups.push(() => listener.close());
  return listener;
}
async function overHttp2(url: string): Promise<string> {
  const session = connectHttp2(url);
  cleanups.push(() => session.destroy());
  const stream = session.request({ ":path": "/" });
  let text = "";
  for await (const b of stream) text += String(b);
  return text;
}

test("one port, both families, both protocols", async () => {
  const { port, url } = await start();
  expect(url).toBe(`http://localhost:${port}`);
  for (const host of ["127.0.0.1", "[::1]"]) {
    expect(await (await fetch(`http://${host}:${port}`)).text()).toBe("h1");
    expect(await overHttp2(`http://${host}:${port}`)).toBe("h2");
  }
});

test("an address of one's own", async () => {
  const { port, url } = await start({ host: "127.0.0.1" });
  expect(url).toBe(`http://127.0.0.1:${port}`);
  await expect(fetch(`http://[::1]:${port}`)).rejects.toThrow();
  expect([undefined, "localhost", "127.8.0.1", "::1"].every(isLoopback)).toBe(true);
  expect(["0.0.0.0", "::", "10.0.0.1", "127.example"].some(isLoopback)).toBe(false);
});

test("a port in use, on either family, and an address that is not ours", async () => {
  for (const host of ["127.0.0.1", "::1"]) {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, host, resolve));
    cleanups.push(() => other.close());
    const { port } = other.address() as AddressInfo;
    await expect(start({ port })).rejects.toMatchObject({
      code: "PORT_IN_USE",
      message: `Port ${port} on ${host} is in use by another program.`,
    });
  }
  await expect(start({ host: "192.0.2.1" })).rejects.toMatchObject({ code: "LISTEN_FAILED" });
});

test("closing ends idle, undecided and busy connections", async () => {
  const listener = await start({ onHttp1: (_request, response) => void response.write("x") });
  const sockets = ["", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HT"].map((text) => {
    const socket = connect(listener.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.resume();
    socket.write(text);
    return socket;
  });
  await Promise.all(
    sockets.map((s) => new Promise((resolve) => (s.pending ? s.once("connect", resolve) : resolve(0)))),
  );
  await listener.close();
  await until(() => sockets.every((s) => s.closed), "the sockets' end");
});

const H2_HELLO = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  // SETTINGS, and HEADERS that are all of stream 1: GET, http, / and an authority (RFC 7541, appendix A).
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
  Buffer.from([0, 0, 6, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84, 0x01, 1, 0x61]),
]);

/** The server of the recorder, and that of the twin. */
const http2Servers: Record<string, ListenOptions["loadHttp2"]> = {
  "node:http2": async () =>
    createHttp2Acceptor((stream) => {
      stream.respond({ ":status": 200 });
      stream.end("h2");
    }),
  own: async () => (socket, first) => {
    const answer = (stream: Parameters<typeof endStream>[0]): void => {
      sendHead(stream, createHttp2Head(200, []).open, "head");
      endStream(stream, Buffer.from("h2"), undefined, undefined);
    };
    serveHttp2(socket, first, answer, () => 0);
  },
};

for (const [name, loadHttp2] of Object.entries(http2Servers))
  test(`however the first bytes are cut, both protocols are told apart: HTTP/2 by ${name}`, async () => {
    const { port } = await start({ loadHttp2 });
    const requests = { h2: H2_HELLO, h1: Buffer.from("PUT /x HTTP/1.1\r\nHost: a\r\n\r\n") };
    const cuts = [1, 3, 14, 23, 24, 25, 1000];
    await Promise.all(
      Object.entries(requests).flatMap(([protocol, bytes]) =>
        cuts.map(async (size) => {
          const socket = connect({ port, host: "127.0.0.1", noDelay: true });
          cleanups.push(() => socket.destroy());
          let received = "";
          socket.on("data", (b: Buffer) => (received += b.toString("latin1")));
          for (let at = 0; at < bytes.length; at += size) {
            socket.write(bytes.subarray(at, at + size));
            await new Promise((r) => setTimeout(r, 1));
          }
          await until(() => received.includes(protocol), `${protocol} in pieces of ${size}`);
        }),
      ),
    );
  });

test("clients that leave before they said anything, or in the midst of it, leave nothing and disturb nobody", async () => {
  const seen: Socket[] = [];
  const { port } = await start({ onHttp1Connection: (socket, first, give) => (seen.push(socket), give(first)) });
  for (const text of ["", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\n"])
    for (const leave of ["end", "resetAndDestroy"] as const) {
      const socket = connect({ port, host: "127.0.0.1" });
      socket.on("error", () => undefined);
      socket.resume();
      await new Promise((resolve) => socket.once("connect", resolve));
      if (text !== "") socket.write(text);
      await new Promise((r) => setTimeout(r, 5));
      socket[leave]();
      await until(() => socket.closed, `the close after ${JSON.stringify(text)} and ${leave}`);
    }
  await until(() => seen.every((s) => s.destroyed), "the close of all connections");
  expect(seen).toHaveLength(2);
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("h1");
});

test("a client that ends its side leaves, unless half-open connections are kept", async () => {
  let gone = 0;
  const options: Partial<ListenOptions> = { onHttp1: (_request, response) => response.on("close", () => gone++) };
  for (const keepHalfOpen of [false, true]) {
    const { port } = await start({ ...options, keepHalfOpen });
    const socket = connect({ port, host: "127.0.0.1" });
    cleanups.push(() => socket.destroy());
    socket.end("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    if (!keepHalfOpen) await until(() => gone === 1, "the close");
  }
  await new Promise((r) => setTimeout(r, 50));
  expect(gone).toBe(1);
});
