// usage: node client-connect.mjs PORT DESCRIPTOR_SET : what connect-node's gRPC transport sees of the catalog service, one line a call.
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";

const [port, set] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(set)));
const service = registry.getService("shop.v1.Catalog");
const Item = registry.getMessage("shop.v1.Item");
const client = createClient(service, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));
const own = /^(x-wraith-|date$)/;
const plain = (headers) => [...headers].filter(([k]) => !own.test(k)).sort(([a], [b]) => (a < b ? -1 : 1));

async function run(scenario, call) {
  const line = { scenario, head: null, trailers: null, messages: [], code: "ok", message: "" };
  const options = { onHeader: (h) => (line.head = plain(h)), onTrailer: (t) => (line.trailers = plain(t)) };
  const take = (message) => line.messages.push(toJson(Item, message, { registry }));
  try {
    await call(options, take);
  } catch (error) {
    const e = ConnectError.from(error);
    line.code = Code[e.code];
    line.message = e.code === Code.DeadlineExceeded || e.code === Code.Canceled ? "" : e.rawMessage;
    line.details = e.details.map((d) => ({ type: d.type, value: Buffer.from(d.value).toString("hex") }));
  }
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

await run("unary", async (o, take) => take(await client.get({ id: "hammer" }, o)));
await run("unary.other", async (o, take) => take(await client.get({ id: "saw" }, o)));
await run("stream", async (o, take) => {
  for await (const m of client.list({ kind: 2, count: 3 }, o)) take(m);
});
await run("stream.empty", async (o, take) => {
  for await (const m of client.list({ kind: 2, count: 0 }, o)) take(m);
});
await run("error", async (o, take) => take(await client.get({ id: "missing" }, o)));
await run("deadline", async (o, take) => {
  for await (const m of client.watch({ prefix: "d" }, { ...o, timeoutMs: 1000 })) take(m);
});
await run("cancel", async (o, take) => {
  const stop = new AbortController();
  let n = 0;
  for await (const m of client.watch({ prefix: "c" }, { ...o, signal: stop.signal })) {
    take(m);
    if (++n === 2) stop.abort();
  }
});
process.exit(0);
