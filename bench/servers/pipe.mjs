// usage: node pipe.mjs UPSTREAM_PORT : a bare TCP pipe, the least that a proxy can cost. Prints its port.
import { connect, createServer } from "node:net";

const upstream = Number(process.argv[2]);
const server = createServer({ noDelay: true }, (client) => {
  const socket = connect({ port: upstream, host: "127.0.0.1", noDelay: true });
  client.pipe(socket);
  socket.pipe(client);
  client.on("error", () => socket.destroy());
  socket.on("error", () => client.destroy());
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
