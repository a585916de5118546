import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { until } from "./proxy-support.ts";

/** A TCP server that answers as a test scripts it, and keeps what it was sent. */
export interface RawServer {
  readonly port: number;
  readonly url: string;
  readonly connections: { socket: Socket; received: string; ended: boolean; closed: boolean }[];
  stop(): void;
}

/** `onRequest` is called with each request's text (head and what came with it) once a head is whole; `allowHalfOpen` as in node:net. */
export async function startRawServer(
  onData: (socket: Socket, received: string, connection: number) => void,
): Promise<RawServer> {
  const connections: RawServer["connections"] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const state = { socket, received: "", ended: false, closed: false };
    const number = connections.push(state) - 1;
    socket.on("data", (b: Buffer) => {
      state.received += b.toString("latin1");
      onData(socket, state.received, number);
    });
    socket.on("end", () => (state.ended = true));
    socket.on("close", () => (state.closed = true));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    connections,
    stop: () => {
      server.close();
      for (const c of connections) c.socket.destroy();
    },
  };
}

/** A TCP client that keeps all it gets as latin-1 text. */
export interface RawClient {
  readonly socket: Socket;
  readonly received: string;
  readonly ended: boolean;
  send(text: string | Buffer): void;
  waitFor(text: string): Promise<void>;
}

export async function connectRaw(port: number): Promise<RawClient> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  let received = "";
  let ended = false;
  socket.on("data", (b: Buffer) => (received += b.toString("latin1")));
  socket.on("end", () => (ended = true));
  socket.on("close", () => (ended = true));
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  return {
    socket,
    get received() {
      return received;
    },
    get ended() {
      return ended;
    },
    send: (text) => void socket.write(text as string, "latin1"),
    waitFor: (text) =>
      until(() => received.includes(text), `${JSON.stringify(text)} in ${JSON.stringify(received.slice(-500))}`),
  };
}
