// usage: node pace.mjs PORT STREAMS BODY TIMES_FILE
// Opens STREAMS streams at once (their requests spread over one second) and compares when each event came with when it was
// recorded, both since the request. Prints {events, p50, p99, max, driftMs}: milliseconds.
import { readFileSync } from "node:fs";
import { connect } from "node:net";

const [port, streams, body, timesFile] = process.argv.slice(2);
const timesMs = JSON.parse(readFileSync(timesFile, "utf8"));
const request = Buffer.from(
  `POST /v1/feed HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);
const count = Number(streams);
const errors = new Float64Array(count * timesMs.length);
const drifts = [];
let n = 0;
let open = count;

function drive(delayMs) {
  const socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
  let sentMs = 0;
  let event = 0;
  let inHead = true;
  let lastByte = 0;
  let first;
  let last;
  socket.on("connect", () =>
    setTimeout(() => {
      sentMs = performance.now();
      socket.write(request);
    }, delayMs),
  );
  socket.on("data", (chunk) => {
    const sinceMs = performance.now() - sentMs;
    let at = 0;
    if (inHead) {
      at = chunk.indexOf("\r\n\r\n");
      if (at < 0) return;
      at += 4;
      inHead = false;
    }
    // An event ends with an empty line; chunk framing has CRLF and never two LF in a row.
    if (lastByte === 10 && chunk[at] === 10) at = arrived(sinceMs, at);
    for (let found = chunk.indexOf("\n\n", at); found >= 0; found = chunk.indexOf("\n\n", at))
      at = arrived(sinceMs, found + 1);
    lastByte = chunk[chunk.length - 1];
  });
  const arrived = (sinceMs, at) => {
    const error = sinceMs - timesMs[event++];
    errors[n++] = error;
    first ??= error;
    last = error;
    return at + 1;
  };
  socket.on("error", (error) => {
    console.error(error.message);
    process.exit(1);
  });
  socket.on("close", () => {
    if (first !== undefined) drifts.push(last - first);
    if (--open === 0) report();
  });
}

function report() {
  const sorted = errors.subarray(0, n).map(Math.abs).sort();
  drifts.sort((a, b) => a - b);
  const at = (p) => sorted[Math.min(n - 1, Math.floor(p * n))];
  console.log(
    JSON.stringify({
      events: n,
      expected: count * timesMs.length,
      p50: at(0.5),
      p99: at(0.99),
      max: sorted[n - 1],
      driftMs: drifts[drifts.length >> 1],
    }),
  );
}

for (let i = 0; i < count; i++) drive(500 + (i * 1000) / count);
