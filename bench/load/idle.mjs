// usage: node idle.mjs PORT CONNECTIONS STREAMS PROTOCOL PATH BODY_HEX
// Opens STREAMS answers on each connection (h1: one), reads what comes, and prints {open} once a head of each has come; then it waits for its
// end, with all of them open.
import { connect } from "node:net";
import { callFields, frame, PREFACE } from "./h2.mjs";

const [port, connections, streams, protocol, path, hex] = process.argv.slice(2);
const body = Buffer.from(hex, "hex");
const wanted = Number(connections) * Number(streams);
let heads = 0;

function requests() {
  if (protocol === "h1") {
    const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), body]);
  }
  const fields = callFields(path);
  const parts = [PREFACE, frame(4, 0, 0, Buffer.alloc(0))];
  for (let i = 0; i < Number(streams); i++) parts.push(frame(1, 4, 2 * i + 1, fields), frame(0, 1, 2 * i + 1, body));
  return Buffer.concat(parts);
}

function count(bytes) {
  if (protocol === "h1") return bytes.includes("HTTP/1.1 200") ? 1 : 0;
  let n = 0;
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) if (bytes[at + 3] === 1) n++;
  return n;
}

const said = requests();
for (let i = 0; i < Number(connections); i++) {
  const socket = connect({ port: Number(port), host: "127.0.0.1" });
  let seen = Buffer.alloc(0);
  let before = 0;
  socket.on("connect", () => socket.write(said));
  socket.on("data", (bytes) => {
    seen = Buffer.concat([seen, bytes]);
    const now = count(seen);
    heads += now - before;
    before = now;
    if (heads === wanted) console.log(JSON.stringify({ open: heads }));
  });
  socket.on("error", (error) => {
    console.error(error.message);
    process.exit(1);
  });
}
