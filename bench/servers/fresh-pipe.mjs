// usage: node fresh-pipe.mjs UPSTREAM_PORT : a TCP pipe that takes a new connection to the upstream for each request, the least that a
// proxy costs which keeps none that carried a stream. Knows requests without a body and chunked answers only. Prints its port.
import { connect, createServer } from "node:net";

const upstream = Number(process.argv[2]);
const LAST = Buffer.from("0\r\n\r\n");
const server = createServer({ noDelay: true }, (client) => {
  let socket;
  client.on("data", (request) => {
    const mine = (socket = connect({ port: upstream, host: "127.0.0.1", noDelay: true }));
    mine.write(request);
    mine.on("data", (chunk) => {
      client.write(chunk);
      if (!chunk.subarray(-LAST.length).equals(LAST)) return;
      mine.destroy();
      if (request.includes("Connection: close")) client.end();
    });
    mine.on("error", () => client.destroy());
  });
  client.on("close", () => socket?.destroy());
  client.on("error", () => undefined);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
