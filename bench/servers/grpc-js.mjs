// A grpc-js server of bench.proto: one reply of 200 bytes, or 40. Prints its port.
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const { bench } = grpc.loadPackageDefinition(loadSync(join(import.meta.dirname, "bench.proto")));
const replies = Array.from({ length: 40 }, (_, number) => ({
  number: 1000 + number,
  text: "x".repeat(180),
  tags: ["a", "b", "c"],
}));
const server = new grpc.Server();
server.addService(bench.Bench.service, {
  One: (_call, done) => done(null, replies[0]),
  Many: (call) => {
    for (const reply of replies) call.write(reply);
    call.end();
  },
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
