// An SSE server that sends 40 events of 250 bytes as fast as they are taken. Prints its port.
import { createServer } from "node:http";

const body = Buffer.from(
  Array.from({ length: 40 }, (_, n) => `data: {"n":${n},"text":"${"x".repeat(225)}"}\n\n`).join(""),
);
const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
