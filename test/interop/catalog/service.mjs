// usage: node service.mjs : a grpc-js service of catalog.proto on a free port; prints the port.
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const file = join(import.meta.dirname, "catalog.proto");
const { shop } = grpc.loadPackageDefinition(
  loadSync(file, { keepCase: true, longs: String, enums: String, oneofs: true }),
);

let made = 0;
function item(id, kind) {
  made++;
  const nowMs = Date.now();
  return {
    id,
    name: `Größe ${id} 🙂`,
    kind,
    tags: ["a", "", "b c"],
    sizes: [0, -1, 2147483647],
    prices: {
      EUR: { currency: "EUR", units: "9007199254740993", nanos: -5 },
      "": { currency: "", units: "0", nanos: 0 },
    },
    ...(made % 2 === 0
      ? { maker: "ACME" }
      : { imported: { country: "CH", duties: [{ currency: "CHF", units: "1", nanos: 1 }, {}] } }),
    created: { seconds: Math.floor(nowMs / 1000), nanos: (nowMs % 1000) * 1e6 },
    warranty: { seconds: 86400, nanos: 500_000_000 },
    extra: {
      fields: {
        color: { stringValue: "red" },
        n: { numberValue: made },
        none: { nullValue: 0 },
        list: { listValue: { values: [{ boolValue: true }] } },
      },
    },
    ...(made % 3 === 0 ? {} : { stock: 0 }),
    note: "",
    label: { value: "" },
    weight: 0.1 + made,
    picture: Buffer.from([0, 255, made % 256]),
    part_of: made % 2 === 0 ? { id: "parent" } : null,
    serial: "18446744073709551615",
    sold_out: made % 4 === 0,
  };
}

/** google.rpc.Status { code, message, details: [Any { ErrorInfo { reason } }] }, written by hand. */
function details(code, message, reason) {
  const field = (number, bytes) => Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  const any = Buffer.concat([
    field(1, Buffer.from("type.googleapis.com/google.rpc.ErrorInfo")),
    field(2, field(1, Buffer.from(reason))),
  ]);
  return Buffer.concat([Buffer.from([8, code]), field(2, Buffer.from(message)), field(3, any)]);
}

const server = new grpc.Server();
server.addService(shop.v1.Catalog.service, {
  Get: (call, done) => {
    const { id } = call.request;
    const head = new grpc.Metadata();
    head.set("x-served-by", "catalog");
    call.sendMetadata(head);
    if (id !== "missing") {
      done(null, item(id, "KIND_TOOL"));
      return;
    }
    const metadata = new grpc.Metadata();
    metadata.set("grpc-status-details-bin", details(5, "no such item", "MISSING"));
    metadata.set("x-hint", "try another");
    done({ code: grpc.status.NOT_FOUND, details: "no such item: “missing”", metadata });
  },
  List: (call) => {
    for (let i = 0; i < (call.request.count ?? 0); i++) call.write(item(`item-${i}`, call.request.kind));
    const trailers = new grpc.Metadata();
    trailers.set("x-total", String(call.request.count ?? 0));
    call.end(trailers);
  },
  Watch: (call) => {
    call.write(item(`${call.request.prefix}1`, "KIND_TOY"));
    setTimeout(() => call.write(item(`${call.request.prefix}2`, "KIND_UNSPECIFIED")), 20);
  },
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
process.on("SIGTERM", () => process.exit(0));
