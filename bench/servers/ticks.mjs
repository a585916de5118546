// usage: node ticks.mjs GAP_MS EVENTS : an SSE server whose events say when they left (process.hrtime, microseconds). Prints its port.
import { createServer } from "node:http";

const [gapMs, events] = process.argv.slice(2).map(Number);
const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.flushHeaders();
  let n = 0;
  const timer = setInterval(() => {
    response.write(`data: {"n":${n},"us":${Number(process.hrtime.bigint() / 1000n)},"text":"${"x".repeat(200)}"}\n\n`);
    if (++n < events) return;
    clearInterval(timer);
    response.end();
  }, gapMs);
  response.on("close", () => clearInterval(timer));
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
