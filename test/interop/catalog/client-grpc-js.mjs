// usage: node client-grpc-js.mjs PORT : what grpc-js sees of the catalog service, one line a call.
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const file = join(import.meta.dirname, "catalog.proto");
const { shop } = grpc.loadPackageDefinition(
  loadSync(file, { longs: String, enums: String, bytes: String, oneofs: true }),
);
const client = new shop.v1.Catalog(`127.0.0.1:${process.argv[2]}`, grpc.credentials.createInsecure());
const own = /^(x-wraith-|date$)/;
const plain = (metadata) =>
  Object.fromEntries(
    Object.keys(metadata.getMap())
      .filter((k) => !own.test(k))
      .sort()
      .map((k) => [k, metadata.get(k).map((v) => (Buffer.isBuffer(v) ? v.toString("hex") : v))]),
  );

function run(scenario, call, unary) {
  return new Promise((resolve) => {
    const line = { scenario, head: null, messages: [], end: null };
    const done = (status) => {
      line.end = {
        code: status.code,
        details: /deadline/i.test(status.details) ? "deadline" : status.details,
        trailers: plain(status.metadata),
      };
      process.stdout.write(`${JSON.stringify(line)}\n`);
      resolve(line);
    };
    const started = call((error, message) => {
      if (unary && error === null) line.messages.push(message);
    });
    started.on("metadata", (m) => (line.head = plain(m)));
    if (!unary) {
      started.on("data", (message) => line.messages.push(message));
      started.on("error", () => undefined);
    }
    if (scenario === "cancel") started.on("data", () => line.messages.length === 2 && started.cancel());
    started.on("status", done);
  });
}

await run("unary", (cb) => client.Get({ id: "hammer" }, cb), true);
await run("unary.other", (cb) => client.Get({ id: "saw" }, cb), true);
await run("stream", () => client.List({ kind: "KIND_TOY", count: 3 }), false);
await run("stream.empty", () => client.List({ kind: "KIND_TOY", count: 0 }), false);
await run("error", (cb) => client.Get({ id: "missing" }, cb), true);
await run("deadline", () => client.Watch({ prefix: "d" }, { deadline: Date.now() + 1000 }), false);
await run("cancel", () => client.Watch({ prefix: "c" }), false);
client.close();
