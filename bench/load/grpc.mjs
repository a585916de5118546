// usage: node grpc.mjs PORT CONNECTIONS STREAMS SECONDS PATH MESSAGE_HEX
// Keeps STREAMS calls open on each connection, by h2 frames on raw sockets, and prints {responses, seconds, bytes}.
import { connect } from "node:net";
import { callFields, frame, PREFACE, u32 } from "./h2.mjs";

const [port, connections, streams, seconds, path, hex] = process.argv.slice(2);
const headers = callFields(path);
const message = Buffer.from(hex, "hex");
const data = Buffer.concat([Buffer.from([0]), u32(message.length), message]);
const MOST = 0x7fffffff;
const hello = Buffer.concat([
  PREFACE,
  frame(4, 0, 0, Buffer.concat([Buffer.from([0, 4]), u32(MOST)])),
  frame(8, 0, 0, u32(MOST - 65535)),
]);
let [responses, bytes, counting, over] = [0, 0, false, false];

function drive() {
  const socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
  let next = 1;
  let rest = Buffer.alloc(0);
  let unacknowledged = 0;
  const out = [];
  const open = () => {
    out.push(frame(1, 4, next, headers), frame(0, 1, next, data));
    next += 2;
  };
  socket.on("connect", () => {
    out.push(hello);
    for (let i = 0; i < Number(streams); i++) open();
    socket.write(Buffer.concat(out.splice(0)));
  });
  socket.on("error", (error) => {
    if (over) return;
    console.error(error.message);
    process.exit(1);
  });
  socket.on("close", () => over || (console.error("the server closed the connection"), process.exit(1)));
  socket.on("data", (chunk) => {
    if (counting) bytes += chunk.length;
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (all.length - at >= 9) {
      const length = all.readUIntBE(at, 3);
      if (all.length - at < 9 + length) break;
      const type = all[at + 3];
      const flags = all[at + 4];
      if (type === 0) unacknowledged += length;
      if ((type === 0 || type === 1) && flags & 1) {
        if (counting) responses++;
        if (!over) open();
      } else if (type === 3 && all.readUInt32BE(at + 9) !== 0) {
        console.error(`reset ${all.readUInt32BE(at + 9)}`);
        process.exit(1);
      } else if (type === 4 && !(flags & 1)) out.push(frame(4, 1, 0, Buffer.alloc(0)));
      else if (type === 6 && !(flags & 1)) out.push(frame(6, 1, 0, all.subarray(at + 9, at + 17)));
      at += 9 + length;
    }
    rest = all.subarray(at);
    if (unacknowledged > 1 << 24) {
      out.push(frame(8, 0, 0, u32(unacknowledged)));
      unacknowledged = 0;
    }
    if (out.length > 0 && !over) socket.write(Buffer.concat(out.splice(0)));
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
