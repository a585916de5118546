// usage: node pace.mjs TIMES_FILE : the least that a server on time can be: every 1 ms all that is due of a stream leaves in one write, on
// the raw socket, at absolute times since the request. Prints its port.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

const timesMs = JSON.parse(readFileSync(process.argv[2], "utf8"));
const head = Buffer.from("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
const events = timesMs.map((_, n) => {
  const text = `data: ${JSON.stringify({ n, text: "x".repeat(60 + (n % 9)) })}\n\n`;
  return Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`);
});
events.push(Buffer.from("0\r\n\r\n"));
const bytes = Buffer.concat(events);
const ends = [];
for (const event of events) ends.push((ends.at(-1) ?? 0) + event.length);
const playing = new Set();

const server = createServer({ noDelay: true }, (socket) => {
  socket.once("data", () => {
    const stream = { socket, zeroMs: performance.now(), next: 0 };
    socket.write(head);
    playing.add(stream);
    socket.on("close", () => playing.delete(stream));
  });
  socket.on("error", () => undefined);
});
setInterval(() => {
  for (const stream of playing) {
    const { socket, zeroMs, next } = stream;
    const dueMs = performance.now() + 0.5 - zeroMs;
    let end = next;
    while (end < timesMs.length && timesMs[end] <= dueMs) end++;
    if (end === next) continue;
    const isLast = end === timesMs.length;
    socket.write(bytes.subarray(next === 0 ? 0 : ends[next - 1], ends[isLast ? end : end - 1]));
    stream.next = end;
    if (!isLast) continue;
    playing.delete(stream);
    socket.end();
  }
}, 1);
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => process.stdout.write(`${server.address().port}\n`));
