import { connect as connectHttp2, createSecureServer } from "node:http2";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { selfSigned } from "./certificate.ts";
import { startTestProxy } from "./proxy-support.ts";

const { key, cert } = selfSigned();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function start(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  return `https://localhost:${(server.address() as AddressInfo).port}/base`;
}
async function proxyTo(url: string, ca?: string[]) {
  const proxy = await startTestProxy(url, ca);
  cleanups.push(() => proxy.stop());
  return proxy;
}
async function askHttp2(port: number, headers: Record<string, string>): Promise<string> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  cleanups.push(() => session.destroy());
  const stream = session.request(headers, { endStream: false });
  stream.end("body");
  let out = "";
  stream.on("response", (h) => (out += `${h[":status"]} `));
  stream.on("trailers", (h) => (out += `trailers ${String(h["grpc-status"])}`));
  stream.on("data", (b: Buffer) => (out += b.toString()));
  await new Promise((resolve) => stream.on("close", resolve));
  return out;
}

test("HTTP/1.1 over TLS, with a certificate authority of its own; without it, 502 says why", async () => {
  const url = await start(
    createHttpsServer({ key, cert }, (request, response) => response.end(`${request.url} ${request.headers.host}`)),
  );
  const proxy = await proxyTo(url, [cert]);
  expect(await (await fetch(`${proxy.url}/x`)).text()).toBe(`/base/x ${new URL(url).host}`);
  const distrustful = await proxyTo(url);
  const refused = await fetch(distrustful.url);
  expect(refused.status).toBe(502);
  // Later Nodes have advice of their own behind the first words.
  expect(await refused.text()).toMatch(/self-signed certificate.* \(certificates to trust go to \[upstream\] ca\)/);
});

test("https:// of a server that speaks no TLS: one sentence, without OpenSSL's numbers", async () => {
  const plain = createHttpServer((_, response) => response.end("plain"));
  const url = await start(plain);
  const proxy = await proxyTo(url);
  const refused = await fetch(proxy.url);
  expect([refused.status, await refused.json()]).toEqual([
    502,
    {
      error: {
        message:
          "wraith: the upstream gave no answer: write EPROTO wrong version number (is base_url right in saying https://?)",
        type: "wraith",
      },
    },
  ]);
});

test("gRPC goes by h2, and plain h2 by what ALPN says", async () => {
  const versions: string[] = [];
  const secure = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
    versions.push(request.httpVersion);
    request.resume();
    if (request.headers["content-type"] === "application/grpc") response.addTrailers({ "grpc-status": "0" });
    response.end("ok");
  });
  const both = await proxyTo(await start(secure as unknown as Server), [cert]);
  expect(
    await askHttp2(both.port, {
      ":method": "POST",
      ":path": "/s/M",
      "content-type": "application/grpc",
      te: "trailers",
    }),
  ).toBe("200 oktrailers 0");
  expect(await askHttp2(both.port, { ":method": "POST", ":path": "/plain" })).toBe("200 ok");
  await (await fetch(both.url)).text();
  expect(versions).toEqual(["2.0", "2.0", "1.1"]);
  const old = createHttpsServer({ key, cert }, (request, response) => {
    versions.push(request.httpVersion);
    request.resume().on("end", () => response.end("old"));
  });
  const onlyHttp1 = await proxyTo(await start(old), [cert]);
  expect(await askHttp2(onlyHttp1.port, { ":method": "POST", ":path": "/plain" })).toBe("200 old");
  expect(versions.at(-1)).toBe("1.1");
});
