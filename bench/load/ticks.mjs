// usage: node ticks.mjs PORT STREAMS : reads STREAMS streams of servers/ticks.mjs and prints {events, p50, p99}: microseconds on the way.
import { connect } from "node:net";

const [port, streams] = process.argv.slice(2).map(Number);
const delays = [];
let open = streams;
for (let i = 0; i < streams; i++) {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let text = "";
  socket.on("connect", () => socket.write("GET /ticks HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"));
  socket.on("data", (chunk) => {
    const nowUs = Number(process.hrtime.bigint() / 1000n);
    text += chunk.toString("latin1");
    for (const m of text.matchAll(/"us":(\d+)/g)) delays.push(nowUs - Number(m[1]));
    text = text.slice(text.lastIndexOf("\n") + 1);
  });
  socket.on("close", () => {
    if (--open > 0) return;
    delays.sort((a, b) => a - b);
    const at = (p) => delays[Math.min(delays.length - 1, Math.floor(p * delays.length))];
    console.log(JSON.stringify({ events: delays.length, p50: at(0.5), p99: at(0.99) }));
  });
}
