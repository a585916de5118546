// usage: node pace.mjs PORT STREAMS BODY TIMES_FILE
// Opens STREAMS streams at once (their requests spread over one second) and compares when each event came with when it was
// recorded, both since the request. Prints {events, expected, p50, p99, max, driftMs}: milliseconds.
// It does as little as it can, for its own time is measured too: all sockets read into one buffer, and events are only counted.
import { readFileSync } from "node:fs";
import { connect } from "node:net";

const [port, streams, body, timesFile] = process.argv.slice(2);
const timesMs = Float64Array.from(JSON.parse(readFileSync(timesFile, "utf8")));
const request = Buffer.from(
  `POST /v1/feed HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);
const LF = 10;
const count = Number(streams);
const errors = new Float64Array(count * timesMs.length);
const drifts = [];
const buffer = Buffer.allocUnsafe(64 * 1024);
let n = 0;
let open = count;

function drive() {
  let sentMs = 0;
  let event = 0;
  let inHead = true;
  let lastByte = 0;
  let first;
  let last;
  const arrived = (sinceMs) => {
    last = sinceMs - timesMs[event++];
    first ??= last;
    errors[n++] = last;
  };
  const onChunk = (length) => {
    const sinceMs = performance.now() - sentMs;
    let at = 0;
    if (inHead) {
      at = buffer.subarray(0, length).indexOf("\r\n\r\n");
      if (at < 0) return true;
      at += 4;
      inHead = false;
    }
    // An event ends with an empty line; chunk framing has CRLF and never two LF in a row.
    for (; at < length; at++) {
      const byte = buffer[at];
      if (byte === LF && lastByte === LF) arrived(sinceMs);
      lastByte = byte;
    }
    return true;
  };
  const socket = connect({
    port: Number(port),
    host: "127.0.0.1",
    noDelay: true,
    onread: { buffer, callback: onChunk },
  });
  socket.on("error", (error) => {
    console.error(error.message);
    process.exit(1);
  });
  socket.on("close", () => {
    if (first !== undefined) drifts.push(last - first);
    if (--open === 0) report();
  });
  return {
    connected: new Promise((resolve) => socket.once("connect", resolve)),
    ask: () => {
      socket.write(request);
      // Behind it: the first write of a program takes some milliseconds, before anything is sent.
      sentMs = performance.now();
    },
  };
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

const all = Array.from({ length: count }, drive);
await Promise.all(all.map((s) => s.connected));
all.forEach((stream, i) => setTimeout(stream.ask, 100 + (i * 1000) / count));
