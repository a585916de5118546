// usage: node http.mjs PORT CONNECTIONS SECONDS GET|POST PATH [BODY]
// Asks the same request again and again on keep-alive connections, by raw sockets, and prints {responses, seconds, bytes}.
import { connect } from "node:net";

const [port, connections, seconds, method, path, body = ""] = process.argv.slice(2);
const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${method === "POST" ? `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` : ""}\r\n`;
const request = Buffer.from(head + body);
const LAST = Buffer.from("0\r\n\r\n");
let [responses, bytes, counting, over] = [0, 0, false, false];

function drive() {
  const socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
  let missing = -1; // bytes of a body with a length; -1: the head is not read yet; -2: chunked
  let tail = Buffer.alloc(0);
  socket.on("connect", () => socket.write(request));
  socket.on("error", (error) => {
    if (over) return;
    console.error(error.message);
    process.exit(1);
  });
  socket.on("close", () => over || drive());
  const done = () => {
    if (counting) responses++;
    missing = -1;
    tail = Buffer.alloc(0);
    if (!over) socket.write(request);
  };
  socket.on("data", (chunk) => {
    if (counting) bytes += chunk.length;
    if (missing === -1) {
      const all = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
      const end = all.indexOf("\r\n\r\n");
      if (end < 0) {
        tail = all;
        return;
      }
      const text = all.toString("latin1", 0, end);
      if (!text.startsWith("HTTP/1.1 200")) {
        console.error(text);
        process.exit(1);
      }
      const length = /content-length: (\d+)/i.exec(text);
      if (length) missing = Number(length[1]) - (all.length - end - 4);
      else {
        missing = -2;
        tail = all.subarray(Math.max(end + 4, all.length - 5));
        if (tail.equals(LAST)) done();
        return;
      }
    } else if (missing >= 0) missing -= chunk.length;
    else {
      tail = chunk.length >= 5 ? chunk.subarray(chunk.length - 5) : Buffer.concat([tail, chunk]).subarray(-5);
      if (tail.equals(LAST)) done();
      return;
    }
    if (missing === 0) done();
  });
}

for (let i = 0; i < Number(connections); i++) drive();
setTimeout(() => {
  counting = true;
  const begun = performance.now();
  setTimeout(
    () => {
      over = true;
      console.log(JSON.stringify({ responses, bytes, seconds: (performance.now() - begun) / 1000 }));
      process.exit(0);
    },
    Number(seconds) * 1000,
  );
}, 1000);
