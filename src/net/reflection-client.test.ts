import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createSecureServer, createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSync } from "@grpc/proto-loader";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { SchemaSources } from "../formats/format.ts";
import { frameFromMessage } from "../formats/grpc/framer.ts";
import { createReflection, type Reflection } from "../formats/grpc/reflection.ts";
import { fileFromBytes, splitDescriptorSet } from "../formats/grpc/descriptor-bytes.ts";
import { compileSchemas } from "../formats/grpc/schema.ts";
import { selfSigned } from "../../test/wire/certificate.ts";
import { harvestSchemas } from "./reflection-client.ts";

const protos = join(import.meta.dirname, "../../test/contract/protos");
const sourcesOf = (paths: readonly string[]): SchemaSources => ({
  protoFiles: paths.map((path) => ({ path, text: readFileSync(join(protos, path), "utf8") })),
  descriptorSets: [],
  maxMessageBytes: 1 << 20,
});
const fromSet = (bytes: Uint8Array): SchemaSources => ({
  protoFiles: [],
  descriptorSets: [{ path: "harvested.binpb", bytes }],
  maxMessageBytes: 1 << 20,
});

const running: (Http2Server | Server)[] = [];
const streams = new Set<ServerHttp2Stream>();
afterEach(async () => {
  for (const stream of streams) stream.destroy();
  await Promise.all(running.splice(0).map((server) => new Promise((done) => server.close(done))));
});

async function listen(server: Http2Server | Server): Promise<string> {
  running.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that answers each message of a reflection call with `answer`, for the paths of one version or of all. */
function serve(
  answer: (frame: Uint8Array) => Uint8Array,
  reflection: Reflection,
  version = "",
  server: Http2Server = createServer(),
): Promise<string> {
  server.on("stream", (stream, headers) => {
    streams.add(stream);
    stream.on("close", () => streams.delete(stream));
    stream.on("error", () => undefined);
    const path = headers[":path"] ?? "";
    if (!reflection.handles(path) || !path.includes(version)) {
      stream.respond(
        { ":status": 200, "content-type": "application/grpc", "grpc-status": "12", "grpc-message": "unknown service" },
        { endStream: true },
      );
      return;
    }
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    const framer = reflection.createFramer();
    stream.on("data", (chunk: Buffer) => {
      for (const { bytes } of framer.push(chunk)) stream.write(answer(bytes));
    });
    stream.on("end", () => stream.end());
  });
  return listen(server);
}

const shop = createReflection(sourcesOf(["shop/order.proto", "shop/common/money.proto"]))!;

describe("harvesting an upstream's schemas", () => {
  it.each(["", ".v1.", ".v1alpha."])("takes all services with what they import (versions %j)", async (version) => {
    const harvest = await harvestSchemas({ baseUrl: await serve(shop.answer, shop, version) });
    expect(harvest.kind).toBe("schemas");
    if (harvest.kind !== "schemas") return;
    expect(harvest.services).toEqual(["shop.Orders"]);
    const schemas = compileSchemas(fromSet(harvest.descriptorSet));
    expect(schemas.findMethod("/shop.Orders/Watch")).toEqual({ input: "shop.WatchRequest", output: "shop.Order" });
    expect(schemas.types.message("shop.Order")!.fieldOf(4)!.message!.name).toBe("shop.common.Money");
    expect(schemas.types.message("shop.Order")!.fieldOf(21)!.message!.special).toBe("duration");
    await vi.waitFor(() => expect(streams.size).toBe(0));
  });

  it("reaches a server by TLS whose certificate it was given, and no other", async () => {
    const { key, cert } = selfSigned();
    const secure = createSecureServer({ key, cert }) as unknown as Http2Server;
    const baseUrl = (await serve(shop.answer, shop, "", secure)).replace("http:", "https:");
    expect((await harvestSchemas({ baseUrl, ca: [cert] })).kind).toBe("schemas");
    expect(await harvestSchemas({ baseUrl })).toMatchObject({
      kind: "none",
      reason: expect.stringMatching(/certificate/) as string,
    });
  });

  it("qualifies the names of types that servers on protobufjs leave short", async () => {
    const dir = mkdtempSync(join(tmpdir(), "reflection-"));
    writeFileSync(
      join(dir, "short.proto"),
      'syntax = "proto3"; package shop; message Order { message Item { string sku = 1; Kind kind = 2; } repeated Item items = 6; enum Kind { A = 0; } } service Orders { rpc Place(Order) returns (Order); }',
    );
    const definition = loadSync("short.proto", { includeDirs: [dir], keepCase: true });
    rmSync(dir, { recursive: true });
    const files = (definition["shop.Order"] as { fileDescriptorProtos: Buffer[] }).fileDescriptorProtos;
    const short = files.map((file) => fileFromBytes(file)!);
    expect(JSON.stringify(short)).toContain('"typeName":"Item"');
    const list = files.map((file) => Buffer.concat([Buffer.from([0x0a]), varint(file.length), file]));
    const body = Buffer.concat(list);
    const answerFiles = frameFromMessage(Buffer.concat([Buffer.from([0x22]), varint(body.length), body]), false);
    const baseUrl = await serve((frame) => (frame.includes(0x3a) ? shop.answer(frame) : answerFiles), shop);
    const harvest = await harvestSchemas({ baseUrl });
    if (harvest.kind !== "schemas") throw new Error(harvest.reason);
    const { types } = compileSchemas(fromSet(harvest.descriptorSet));
    expect(types.message("shop.Order")!.fieldOf(6)!.message!.fieldOf(1)!.name).toBe("sku");
    const names = splitDescriptorSet(harvest.descriptorSet)!.map((file) => JSON.stringify(fileFromBytes(file)));
    expect(names.join()).not.toContain('"typeName":"Item"');
  });

  it("says why there are none: no such service, no h2, nobody there, no answer in time", async () => {
    const none = await serve(shop.answer, shop, "nothing");
    expect(await harvestSchemas({ baseUrl: none })).toEqual({
      kind: "none",
      reason: "grpc-status 12: unknown service",
    });

    const http1 = await listen(
      createTcpServer((socket) =>
        socket
          .on("error", () => undefined)
          .resume()
          .end("HTTP/1.1 400 Bad Request\r\n\r\n"),
      ),
    );
    expect((await harvestSchemas({ baseUrl: http1 })).kind).toBe("none");

    const gone = createTcpServer();
    const url = await listen(gone);
    await new Promise((done) => gone.close(done));
    running.splice(running.indexOf(gone), 1);
    expect(await harvestSchemas({ baseUrl: url })).toMatchObject({
      kind: "none",
      reason: expect.stringContaining("ECONNREFUSED") as string,
    });

    const silent = await serve(() => new Uint8Array(0), shop);
    expect(await harvestSchemas({ baseUrl: silent, timeoutMs: 50 })).toEqual({
      kind: "none",
      reason: "no answer within 50 ms",
    });
  });

  it("does not trust what it hears", async () => {
    const garbage = await serve(() => Uint8Array.of(9, 9, 9, 9, 9, 9), shop);
    expect(await harvestSchemas({ baseUrl: garbage, timeoutMs: 200 })).toMatchObject({ kind: "none" });
    const chatter = await serve(() => frameFromMessage(Uint8Array.of(1, 2, 3), false), shop);
    expect(await harvestSchemas({ baseUrl: chatter, timeoutMs: 200 })).toMatchObject({ kind: "none" });
  });
});

function varint(n: number): Buffer {
  const out: number[] = [];
  let rest = n;
  while (rest > 127) {
    out.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return Buffer.from([...out, rest]);
}
