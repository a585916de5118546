import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { createGunzip, createGzip, constants as zlib } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { connectRaw, startRawServer } from "./raw-http1.ts";
import { startTestProxy, until } from "./proxy-support.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function rawUpstream(...args: Parameters<typeof startRawServer>) {
  const upstream = await startRawServer(...args);
  cleanups.push(() => upstream.stop());
  return upstream;
}
async function proxyTo(url: string) {
  const proxy = await startTestProxy(url);
  cleanups.push(() => proxy.stop());
  return proxy;
}
async function nodeUpstream(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; server: Server }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => (server.closeAllConnections(), server.close()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
const headsOf = (text: string) => text.split("\r\n\r\n").length - 1;

describe("live", () => {
  test("the upstream sends each event only after the client has confirmed the one before", async () => {
    let confirm: (() => void) | undefined;
    const { url } = await nodeUpstream((request, response) => {
      if (request.url === "/confirm") return (response.end("ok"), confirm?.());
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.flushHeaders();
      let n = 0;
      confirm = () => (n === 20 ? response.end() : response.write(`data: ${n++}\n\n`));
      confirm();
    });
    const proxy = await proxyTo(url);
    const seen: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const request = httpRequest(`${proxy.url}/stream`, (response) => {
        response.on("data", (b: Buffer) => {
          seen.push(b.toString());
          httpRequest(`${url}/confirm`, (r) => r.resume()).end();
        });
        response.on("end", resolve);
      });
      request.on("error", reject);
      request.end();
    });
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => `data: ${i}\n\n`));
    expect(proxy.exchanges[0]!.chunks.map(String)).toEqual(seen);
    expect(proxy.exchanges[0]!.closed).toEqual({ shape: "clean", by: "server" });
  });

  test("the head leaves before the first event, and a request's first part before its last", async () => {
    const upstream = await rawUpstream((socket, received) => {
      if (received.endsWith("3\r\none\r\n")) socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
      if (received.endsWith("0\r\n\r\n")) socket.end("data: 1\n\n");
    });
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    await client.waitFor("text/event-stream\r\n");
    expect(client.received).not.toContain("data");
    client.send("0\r\n\r\n");
    await client.waitFor("data: 1\n\n\r\n0\r\n\r\n");
  });

  test("gzip flushed at each event is live at the client, and its bytes are untouched", async () => {
    let next: () => void = () => undefined;
    const sent: Buffer[] = [];
    const { url } = await nodeUpstream((_request, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream", "Content-Encoding": "gzip" });
      const gzip = createGzip({ flush: zlib.Z_SYNC_FLUSH });
      gzip.on("data", (b: Buffer) => (sent.push(b), response.write(b)));
      gzip.on("end", () => response.end());
      let n = 0;
      next = () => (n === 5 ? gzip.end() : void gzip.write(`data: ${n++}\n\n`));
      next();
    });
    const proxy = await proxyTo(url);
    const events: string[] = [];
    await new Promise<void>((resolve) => {
      httpRequest(proxy.url, (response) => {
        const gunzip = createGunzip();
        gunzip.on("data", (b: Buffer) => (events.push(b.toString()), next()));
        gunzip.on("end", resolve);
        response.pipe(gunzip);
      }).end();
    });
    expect(events).toEqual(["data: 0\n\n", "data: 1\n\n", "data: 2\n\n", "data: 3\n\n", "data: 4\n\n"]);
    expect(Buffer.concat(proxy.exchanges[0]!.chunks).equals(Buffer.concat(sent))).toBe(true);
  });
});

describe("everything travels", () => {
  test("request line and headers: order, case, duplicates, empty values; own host, no hop-by-hop, nothing of wraith", async () => {
    const upstream = await rawUpstream((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    const proxy = await proxyTo(`${upstream.url}/base/`);
    const client = await connectRaw(proxy.port);
    client.send(
      "GET //other-host/x%20y?a=1&a=%2F+ HTTP/1.1\r\nx-b: 2\r\nHOST: me\r\nX-A: 1\r\nX-B: \r\nX-Wraith-Session: s1\r\nConnection: keep-alive, x-hop\r\nX-Hop: no\r\n" +
        "TE: trailers\r\nx-a: b\xe9\r\nAuthorization: Bearer k\r\n\r\n",
    );
    await client.waitFor("\r\n\r\n");
    expect(upstream.connections[0]!.received).toBe(
      `GET /base//other-host/x%20y?a=1&a=%2F+ HTTP/1.1\r\nx-b: 2\r\nHOST: 127.0.0.1:${upstream.port}\r\nX-A: 1\r\nX-B: \r\nx-a: b\xe9\r\nAuthorization: Bearer k\r\nConnection: keep-alive\r\n\r\n`,
    );
    const { head, session } = proxy.exchanges[0]!.opened;
    expect(session).toBe("s1");
    expect(head).toMatchObject({ method: "GET", path: "//other-host/x%20y", query: "a=1&a=%2F+", httpVersion: "1.1" });
    expect(head.headers.slice(0, 4)).toEqual([
      ["x-b", "2"],
      ["HOST", "me"],
      ["X-A", "1"],
      ["X-B", ""],
    ]);
  });

  test("response: reason, headers as sent, empty values, duplicates, no header of our own", async () => {
    const upstream = await rawUpstream((socket) =>
      socket.write(
        "HTTP/1.1 299 Quite Fine\r\nset-cookie: a=1\r\nServer: x\r\nSet-Cookie: b=2\r\nAccess-Control-Allow-Origin: \r\nKeep-Alive: timeout=5\r\nX-L: \xe9\r\nContent-Length: 2\r\n\r\nok",
        "latin1",
      ),
    );
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.waitFor("ok");
    expect(client.received).toBe(
      "HTTP/1.1 299 Quite Fine\r\nset-cookie: a=1\r\nServer: x\r\nSet-Cookie: b=2\r\nAccess-Control-Allow-Origin: \r\nX-L: \xe9\r\nContent-Length: 2\r\n\r\nok",
    );
    expect(proxy.exchanges[0]!.head!.headers).toContainEqual(["Keep-Alive", "timeout=5"]);
  });

  test("an absolute target loses its origin", async () => {
    const upstream = await rawUpstream((socket) => socket.write("HTTP/1.1 204 No Content\r\n\r\n"));
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("GET http://evil.example:99/p?q HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    await client.waitFor("204");
    expect(upstream.connections[0]!.received).toMatch(/^GET \/p\?q HTTP\/1.1\r\nHost: 127.0.0.1:/);
  });

  test("HEAD, 204 and 304 have no body, and the connection goes on", async () => {
    const upstream = await rawUpstream((socket, received) => {
      const request = received.split("\r\n\r\n").at(-2)!;
      if (request.startsWith("HEAD")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
      else if (request.includes("/204")) socket.write("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n");
      else if (request.includes("/304"))
        socket.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: "x"\r\n\r\n');
      else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast");
    });
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    for (const [request, n] of [
      ["HEAD /", 1],
      ["GET /204", 2],
      ["GET /304", 3],
      ["GET /last", 4],
    ] as const) {
      client.send(`${request} HTTP/1.1\r\nHost: a\r\n\r\n`);
      await until(() => headsOf(client.received) === n, `answer ${n}`);
    }
    await client.waitFor("last");
    expect(client.received).toBe(
      "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\nHTTP/1.1 204 No Content\r\nX: y\r\n\r\n" +
        'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: "x"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast',
    );
    expect(upstream.connections).toHaveLength(1);
    expect(proxy.exchanges.every((e) => e.closed?.shape === "clean")).toBe(true);
  });

  test("a body in chunks arrives in chunks, short and long ones, a HEAD of it has none, and HTTP/1.0 gets it as it is", async () => {
    const long = "x".repeat(40_000);
    const upstream = await rawUpstream((socket, received) => {
      if (!received.endsWith("\r\n\r\n")) return;
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      if (received.split("\r\n\r\n").at(-2)!.startsWith("HEAD")) return;
      socket.write("5\r\nhello\r\n");
      socket.write(`9c40;a=b\r\n${long}\r\n0\r\n\r\n`);
    });
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => headsOf(client.received) === 1);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.waitFor("\r\n0\r\n\r\n");
    const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const [, first, body] = client.received.split("HTTP/1.1 200 OK\r\n");
    expect(first).not.toContain("0\r\n\r\n");
    expect(`HTTP/1.1 200 OK\r\n${body}`.slice(0, head.length)).toBe(head);
    // Where a long piece is cut is the sockets' business.
    const text = [...body!.matchAll(/\r\n([0-9a-f]+)\r\n(hello|x+)(?=\r\n)/g)].map(([, size, piece]) => {
      expect(piece).toHaveLength(Number.parseInt(size!, 16));
      return piece;
    });
    expect(text.join("")).toBe(`hello${long}`);

    const old = await connectRaw(proxy.port);
    old.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    await until(() => old.ended);
    expect(old.received).toBe(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello${long}`);
  });

  test("trailers both ways", async () => {
    const upstream = await rawUpstream((socket, received) => {
      if (received.endsWith("\r\nX-Sum: 12\r\n\r\n"))
        socket.write(
          "HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: a\r\nx-t: b\r\n\r\n",
        );
    });
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 12\r\n\r\n");
    await client.waitFor("\r\n0\r\nX-T: a\r\nx-t: b\r\n\r\n");
    expect(client.received).toContain("Trailer: X-T\r\n");
    expect(proxy.exchanges[0]).toMatchObject({
      clientTrailers: [["X-Sum", "12"]],
      trailers: [
        ["X-T", "a"],
        ["x-t", "b"],
      ],
    });
  });

  test("1xx: 100-continue is the upstream's to give, early hints pass with their headers", async () => {
    const upstream = await rawUpstream((socket, received) => {
      if (received.endsWith("\r\n\r\n"))
        socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nX-Hint: 1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
      if (received.endsWith("body")) socket.write("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    });
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    await client.waitFor("100 Continue");
    expect(client.received).toBe(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nX-Hint: 1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
    );
    expect(upstream.connections[0]!.received).toContain("Expect: 100-continue\r\n");
    client.send("body");
    await client.waitFor("201 Created");
    expect(proxy.exchanges[0]!.informational.map((i) => i.status)).toEqual([103, 100]);
  });

  test("a refused expectation ends the connection, as nobody knows whether the body will come", async () => {
    const upstream = await rawUpstream((socket) =>
      socket.write("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"),
    );
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    await client.waitFor("417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });

  test("pipelined requests are asked and answered in order", async () => {
    const order: string[] = [];
    const { url } = await nodeUpstream((request, response) => {
      order.push(`ask ${request.url}`);
      setTimeout(() => (order.push(`answer ${request.url}`), response.end(request.url)), request.url === "/1" ? 60 : 0);
    });
    const proxy = await proxyTo(url);
    const client = await connectRaw(proxy.port);
    client.send(["/1", "/2", "/3"].map((p) => `GET ${p} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
    await client.waitFor("/3");
    expect(order).toEqual(["ask /1", "answer /1", "ask /2", "answer /2", "ask /3", "answer /3"]);
    expect(client.received.match(/\r\n\r\n(?:2\r\n)?\/[123]/g)!.map((m) => m.at(-1))).toEqual(["1", "2", "3"]);
  });

  test("a body without length or chunks ends with the upstream's connection and is clean", async () => {
    const upstream = await rawUpstream((socket) => socket.end("HTTP/1.0 200 OK\r\n\r\nto the end"));
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.waitFor("0\r\n\r\n");
    expect(proxy.exchanges[0]!.closed).toEqual({ shape: "clean", by: "server" });
  });

  test("a POST without a body stays without one", async () => {
    const upstream = await rawUpstream((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("POST /x HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.waitFor("200 OK");
    expect(upstream.connections[0]!.received).toMatch(/Content-Length: 0\r\n/);
    expect(upstream.connections[0]!.received).not.toMatch(/chunked/);
  });
});

describe("back-pressure", () => {
  test("a client that does not read stops the upstream; nothing is lost", async () => {
    const total = 96 << 20;
    let taken = 0;
    const upstream = await rawUpstream((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${total}\r\n\r\n`);
      const piece = Buffer.alloc(1 << 20, 7);
      const more = (): void => {
        while (taken < total) {
          taken += piece.length;
          if (!socket.write(piece)) return void socket.once("drain", more);
        }
      };
      more();
    });
    const proxy = await proxyTo(upstream.url);
    let got = 0;
    const response = await new Promise<IncomingMessage>((resolve) => httpRequest(proxy.url, resolve).end());
    let before = -1;
    while (before !== taken) {
      before = taken;
      await new Promise((r) => setTimeout(r, 150));
    }
    expect(taken).toBeLessThan(total / 2);
    response.on("data", (b: Buffer) => (got += b.length));
    await new Promise((resolve) => response.on("end", resolve));
    expect(got).toBe(total);
  });

  test.each(["in chunks", "of known length"])(
    "an upstream that does not read stops the client: a body %s",
    async (how) => {
      const total = 64 << 20;
      const headers = how === "in chunks" ? {} : { "Content-Length": total };
      let sent = 0;
      let go: (() => void) | undefined;
      const { url } = await nodeUpstream((request, response) => {
        let got = 0;
        go = () => request.on("data", (b: Buffer) => (got += b.length)).on("end", () => response.end(String(got)));
      });
      const proxy = await proxyTo(url);
      const answer = new Promise<string>((resolve) => {
        const request = httpRequest(proxy.url, { method: "POST", headers }, (response) => {
          let text = "";
          response.on("data", (b: Buffer) => (text += b.toString())).on("end", () => resolve(text));
        });
        const piece = Buffer.alloc(1 << 20, 7);
        const more = (): void => {
          while (sent < total) {
            sent += piece.length;
            if (!request.write(piece)) return void request.once("drain", more);
          }
          request.end();
        };
        more();
      });
      // Before it has come to the upstream there is nobody to let go on.
      await until(() => go !== undefined, "the request");
      let before = -1;
      while (before !== sent) {
        before = sent;
        await new Promise((r) => setTimeout(r, 150));
      }
      expect(sent).toBeLessThan(total / 2);
      go!();
      expect(await answer).toBe(String(total));
    },
  );
});

describe("endings", () => {
  test.each(["end", "destroy", "resetAndDestroy"] as const)(
    "a client that leaves a quiet stream (%s) is seen by the upstream",
    async (how) => {
      const { url } = await nodeUpstream((_request, response) => {
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.write("data: 1\n\n");
        response.on("close", () => (closed = true));
      });
      let closed = false;
      const proxy = await proxyTo(url);
      const client = await connectRaw(proxy.port);
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      await client.waitFor("data: 1");
      client.socket[how]();
      await until(() => closed, "the upstream's close");
      await until(() => proxy.exchanges[0]!.closed !== undefined, "the close");
      expect(proxy.exchanges[0]!.closed).toMatchObject({ shape: "truncated", by: "client" });
    },
  );

  test("a client that leaves before any answer", async () => {
    const upstream = await rawUpstream(() => undefined);
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    await until(() => upstream.connections[0]?.received.endsWith("abc") === true, "the request");
    client.socket.destroy();
    await until(() => upstream.connections[0]!.closed || upstream.connections[0]!.ended, "the upstream's close");
    await until(() => proxy.exchanges[0]!.closed !== undefined, "the close");
    expect(proxy.exchanges[0]!.closed).toMatchObject({ shape: "truncated", by: "client" });
  });

  test("the proxy does not half-close of its own; a client's half-close passes, and its answer still comes", async () => {
    const upstream = await rawUpstream((socket, received) => {
      if (received.includes("\r\n\r\n")) socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    });
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.waitFor("event-stream");
    await new Promise((r) => setTimeout(r, 50));
    expect(upstream.connections[0]!.ended).toBe(false);
    client.socket.end();
    await until(() => upstream.connections[0]!.ended, "the half-close");
    upstream.connections[0]!.socket.end("data: after\n\n");
    await client.waitFor("data: after");
    await until(() => client.ended, "the end");
    expect(proxy.exchanges[0]!.closed).toEqual({ shape: "clean", by: "server" });
  });

  test("a client that ends its side with its last request (nc -N) gets all answers, and then the end", async () => {
    const upstream = await rawUpstream((socket, received) => {
      const n = headsOf(received);
      setTimeout(() => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n#${n}`), 20);
    });
    const proxy = await proxyTo(upstream.url);
    for (const requests of [1, 2]) {
      const client = await connectRaw(proxy.port);
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(requests));
      client.socket.end();
      await until(() => client.ended, "the end");
      expect(headsOf(client.received)).toBe(requests);
    }
  });

  test("an upstream that dies in mid-stream: the client gets every byte and no clean end", async () => {
    const upstream = await rawUpstream((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n");
      setTimeout(() => socket.end("8\r\ndata: 2\n\r\n"), 20);
    });
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => client.ended, "the end");
    expect(client.received).toMatch(/data: 1\n\r\n8\r\ndata: 2\n\r\n$/);
    expect(proxy.exchanges[0]!.closed).toMatchObject({ shape: "truncated", by: "server" });
  });

  test("an upstream that is down: 502, one sentence, recorded as an error without an answer", async () => {
    const upstream = await rawUpstream(() => undefined);
    upstream.stop();
    const proxy = await proxyTo(upstream.url);
    const response = await fetch(proxy.url);
    expect(response.status).toBe(502);
    const body = (await response.json()) as { error: { message: string } };
    expect(body.error.message).toBe(
      `wraith: the upstream gave no answer: connect ECONNREFUSED 127.0.0.1:${upstream.port}`,
    );
    expect(proxy.exchanges[0]!.closed).toEqual({
      shape: "error",
      by: "server",
      detail: `connect ECONNREFUSED 127.0.0.1:${upstream.port}`,
    });
    expect(proxy.exchanges[0]!.head).toBeUndefined();
  });

  test("stopping the recorder ends open exchanges as truncated by it", async () => {
    const upstream = await rawUpstream((socket) =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"),
    );
    const proxy = await startTestProxy(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.waitFor("data: 1");
    await proxy.stop();
    expect(proxy.exchanges[0]!.closed).toMatchObject({ shape: "truncated", by: "recorder" });
    await until(() => client.ended, "the client's end");
    await until(() => upstream.connections[0]!.ended, "the upstream's end");
  });
});

describe("many kinds of requests on one connection", () => {
  test("each is answered in its turn, whoever reads it, and all are of one connection", async () => {
    const upstream = await rawUpstream((socket, received) => {
      if (!/\r\n\r\n(?:.*0\r\n\r\n|body)?$/s.test(received)) return;
      const [, method, path] = /^(\w+) (\S+)/.exec(
        received.slice(received.search(/\w+ \S+ HTTP\/1.1\r\n(?!.*HTTP\/1.1)/s)),
      )!;
      const body = `${method} ${path}`;
      socket.end(
        `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${method === "HEAD" ? "" : body}`,
      );
    });
    const proxy = await proxyTo(upstream.url);
    const requests = [
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
      "HEAD /3 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /4 HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /5 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
    ];
    const answers = ["GET /1", "POST /2", "", "GET /4", "POST /5"];
    const lengths = ["GET /1", "POST /2", "HEAD /3", "GET /4", "POST /5"].map((b) => b.length);
    const expected = answers.map((b, i) => `HTTP/1.1 200 OK\r\nContent-Length: ${lengths[i]}\r\n\r\n${b}`).join("");
    const pipelined = await connectRaw(proxy.port);
    pipelined.send(requests.join(""));
    await until(() => pipelined.received.length >= expected.length, "the answers");
    expect(pipelined.received).toBe(expected);
    expect(new Set(proxy.exchanges.map((e) => e.opened.connection)).size).toBe(1);
    // The client has ended its side before the first of them is answered.
    const ending = await connectRaw(proxy.port);
    ending.socket.end(requests.join(""), "latin1");
    await until(() => ending.ended, "the end");
    expect(ending.received).toBe(expected);
    const split = await connectRaw(proxy.port);
    for (const request of requests) {
      for (const byte of request) {
        split.send(byte);
        await new Promise((r) => setImmediate(r));
      }
    }
    await until(() => split.received.length >= expected.length, "the answers");
    expect(split.received).toBe(expected);
  });

  test("a body that comes in pieces is passed on as it comes, with its length", async () => {
    const upstream = await rawUpstream((socket, received) => {
      if (received.endsWith("three")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\none");
    await until(() => upstream.connections[0]?.received.endsWith("\r\n\r\none") === true, "the first part");
    client.send("two");
    await until(() => upstream.connections[0]!.received.endsWith("onetwo"), "the second part");
    client.send("three");
    await client.waitFor("ok");
    expect(upstream.connections[0]!.received).toMatch(/\r\nContent-Length: 11\r\n/);
    expect(Buffer.concat(proxy.exchanges[0]!.clientChunks).toString()).toBe("onetwothree");
    expect(proxy.exchanges[0]!.log.filter((l) => l === "client end")).toHaveLength(1);
  });

  test("an answer that comes before its request is whole: the rest of it is read, and the connection goes on", async () => {
    const upstream = await rawUpstream((socket, received) => {
      if (received.endsWith("\r\n\r\none")) socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
      if (received.includes("/next")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\none");
    await client.waitFor("413 Too Large");
    client.send("two");
    client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.waitFor("ok");
    expect(upstream.connections[0]!.received).toContain("\r\n\r\nonetwo");
  });

  test("a client that leaves in the midst of its body, after it has got its answer, is seen by the upstream", async () => {
    const upstream = await rawUpstream((socket, received) => {
      if (received.endsWith("\r\n\r\none")) socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    });
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\none");
    await client.waitFor("413 Too Large");
    client.socket.destroy();
    await until(() => upstream.connections[0]!.ended || upstream.connections[0]!.closed, "the upstream's close");
    expect(proxy.exchanges[0]!.closed).toMatchObject({ shape: "clean" });
  });

  test("Connection: close ends it behind the answer", async () => {
    const upstream = await rawUpstream((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await until(() => client.ended, "the end");
    expect(client.received).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
});

describe("answers that are none", () => {
  test.each([
    ["both framings", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok"],
    ["a folded header", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok"],
    ["another protocol", "SSH-2.0-x\r\n"],
  ])("%s: 502 with one sentence", async (_, text) => {
    const upstream = await rawUpstream((socket) => socket.write(text));
    const proxy = await proxyTo(upstream.url);
    const response = await fetch(proxy.url);
    expect(response.status).toBe(502);
    expect(((await response.json()) as { error: { message: string } }).error.message).toMatch(
      /^wraith: the upstream gave no answer: Parse Error: /,
    );
    expect(proxy.exchanges[0]).toMatchObject({ head: undefined, closed: { shape: "error", by: "server" } });
    await until(() => upstream.connections[0]!.ended || upstream.connections[0]!.closed, "the upstream's close");
  });

  test("switching to another protocol that nobody asked for", async () => {
    const upstream = await rawUpstream((socket) =>
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    );
    const proxy = await proxyTo(upstream.url);
    const response = await fetch(proxy.url);
    expect(response.status).toBe(502);
    expect(await response.text()).toContain("status 101, which cannot be passed on");
  });

  test("chunks that break off in the midst: what came arrives, and no clean end", async () => {
    const upstream = await rawUpstream((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
      setTimeout(() => socket.write("3\r\ntwo!"), 20);
    });
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => client.ended, "the end");
    expect(client.received).toMatch(/\r\n3\r\none\r\n3\r\ntwo\r\n$/);
    expect(proxy.exchanges[0]!.closed).toMatchObject({ shape: "truncated", by: "server" });
  });

  test("what comes behind an answer, at once or later, is never taken for the next one's", async () => {
    const forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
    const upstream = await rawUpstream((socket, received) => {
      const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
      if (received.includes("/at-once")) socket.write(answer + forged);
      else if (received.includes("/later")) {
        socket.write(answer);
        setTimeout(() => socket.write(forged), 20);
      } else socket.write(answer);
    });
    const proxy = await proxyTo(upstream.url);
    for (const path of ["/at-once", "/x", "/later"]) expect(await (await fetch(proxy.url + path)).text()).toBe("ok");
    // Long enough for what comes later, not for an idle connection to be closed.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await (await fetch(`${proxy.url}/last`)).text()).toBe("ok");
    const requests = upstream.connections.map((c) => [...c.received.matchAll(/GET (\S+)/g)].map((m) => m[1]));
    expect(requests).toEqual([["/at-once"], ["/x", "/later"], ["/last"]]);
  });
});

describe("the pool", () => {
  test("an upstream by name", async () => {
    const upstream = await rawUpstream((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nok"));
    const proxy = await proxyTo(`http://localhost:${upstream.port}`);
    for (let i = 0; i < 3; i++) expect(await (await fetch(proxy.url)).text()).toBe("ok");
    expect(upstream.connections.map((c) => /\r\nHost: (.*)\r\n/i.exec(c.received)?.[1])).toEqual(
      Array.from({ length: 3 }, () => `localhost:${upstream.port}`),
    );
    upstream.stop();
    const refused = await fetch(proxy.url);
    expect(refused.status).toBe(502);
    expect(await refused.text()).toContain("ECONNREFUSED");
  });

  test("a connection that carried a stream is not used again, one that carried a whole body is", async () => {
    const upstream = await rawUpstream((socket, received) => {
      const request = received.split("\r\n\r\n").at(-2)!;
      if (request.includes("/stream"))
        socket.write(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        );
      else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    const proxy = await proxyTo(upstream.url);
    for (const path of ["/a", "/b", "/stream", "/c"]) await (await fetch(proxy.url + path)).text();
    expect(upstream.connections.map((c) => headsOf(c.received))).toEqual([3, 1]);
  });

  test("a pooled connection that was closed meanwhile: a GET is asked again, a POST is not", async () => {
    const upstream = await rawUpstream((socket, received) => {
      if (headsOf(received) === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      else socket.resetAndDestroy();
    });
    const proxy = await proxyTo(upstream.url);
    expect((await fetch(proxy.url)).status).toBe(200);
    expect((await fetch(`${proxy.url}/again`)).status).toBe(200);
    expect(upstream.connections).toHaveLength(2);
    await (await fetch(proxy.url)).text();
    expect((await fetch(proxy.url, { method: "POST", body: "x" })).status).toBe(502);
  });
});

describe("what is not for the upstream", () => {
  test("control plane, other protocols, bad session names", async () => {
    const upstream = await rawUpstream((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    const proxy = await proxyTo(upstream.url);
    const ask = async (path: string, init?: RequestInit) => {
      const response = await fetch(proxy.url + path, init);
      return [response.status, ((await response.json()) as { error?: { message: string } }).error?.message];
    };
    expect(await ask("/__wraith/health")).toEqual([200, undefined]);
    expect(await ask("/__wraith/nope")).toEqual([
      404,
      "wraith: no control endpoint /__wraith/nope; there are GET /__wraith/health",
    ]);
    expect(await ask("/__wraith/health", { method: "POST" })).toEqual([
      405,
      "wraith: /__wraith/health takes GET, not POST",
    ]);
    expect((await ask("/x", { method: "POST", headers: { "content-type": "application/grpc-web+proto" } }))[0]).toBe(
      415,
    );
    expect(
      (
        await ask("/x", {
          method: "POST",
          headers: { "content-type": "application/json", "connect-protocol-version": "1" },
        })
      )[0],
    ).toBe(415);
    expect((await ask("/x", { headers: { "x-wraith-session": "bad name" } }))[0]).toBe(400);
    const client = await connectRaw(proxy.port);
    client.send(
      "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n",
    );
    await client.waitFor("501 Not Implemented");
    expect(upstream.connections).toHaveLength(0);
    expect(proxy.exchanges).toHaveLength(0);
  });

  test("a request that is none gets 400, and too large headers 431", async () => {
    const proxy = await proxyTo("http://127.0.0.1:1");
    const broken = await connectRaw(proxy.port);
    broken.send("NONSENSE\r\n\r\n");
    await broken.waitFor("HTTP/1.1 400 Bad Request");
    const large = await connectRaw(proxy.port);
    large.send(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(300_000)}\r\n\r\n`);
    await large.waitFor("HTTP/1.1 431");
  });

  test("a client that sends one byte at a time", async () => {
    const upstream = await rawUpstream(
      (socket, received) =>
        received.endsWith("\r\n\r\n") && socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    );
    const proxy = await proxyTo(upstream.url);
    const client = await connectRaw(proxy.port);
    for (const byte of "PRI / HTTP/1.1\r\nHost: a\r\n\r\n".replace("PRI", "PUT")) {
      client.send(byte);
      await new Promise((r) => setImmediate(r));
    }
    await client.waitFor("ok");
  });
});
