// usage: node node-proxy.mjs UPSTREAM_PORT : the plainest reverse proxy of node:http, with a new connection to the upstream for each
// request. Prints its port.
import { Agent, createServer, request as send } from "node:http";

const upstream = Number(process.argv[2]);
const agent = new Agent();
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding"]);
const server = createServer((request, response) => {
  const { method, url: path, rawHeaders: headers } = request;
  const options = { agent, host: "127.0.0.1", port: upstream, method, path, headers, setHost: false };
  const outgoing = send(options, (incoming) => {
    const { statusCode, statusMessage, rawHeaders } = incoming;
    response.sendDate = false;
    response.writeHead(
      statusCode,
      statusMessage,
      rawHeaders.filter((_, i) => !HOP_BY_HOP.has(rawHeaders[i - (i % 2)].toLowerCase())),
    );
    incoming.pipe(response);
  });
  outgoing.on("error", () => response.destroy());
  response.on("close", () => outgoing.destroy());
  request.pipe(outgoing);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
