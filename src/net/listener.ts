import {
  createServer as createHttp1Server,
  type IncomingMessage,
  type Server as Http1Server,
  type ServerResponse,
} from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { WraithError } from "../base/errors.ts";
import { MAX_HEADER_BYTES } from "./header-limit.ts";
import { putBack, sniffProtocol } from "./sniff.ts";

export interface ListenOptions {
  /** Address to listen on. Default: loopback, 127.0.0.1 and ::1 both. */
  readonly host?: string | undefined;
  /** 0 picks a free one. */
  readonly port: number;
  /**
   * One HTTP/1 request. With `expectsContinue` the client waits for a 100 before it sends the body, and nobody has sent one.
   * Requests that ask for an upgrade come here too, as plain requests.
   */
  onHttp1(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void;
  /**
   * Takes HTTP/1 connections before Node's own server does, and gives each one up (`give`) when a request comes that it does not take.
   * `first` is what has been read of it, `bytes` what was read and not used; the socket has none of the owner's listeners then. Errors
   * of sockets are heard already.
   */
  readonly onHttp1Connection?: (socket: Socket, first: Buffer, give: (bytes: Buffer) => void) => void;
  /**
   * Gives who takes connections that speak HTTP/2, paused, with the first bytes of each, which begin with the whole preface; asked for
   * when the first such client comes.
   */
  loadHttp2(): Promise<(socket: Socket, first: Buffer) => void>;
  /**
   * False (the default): an HTTP/1 client that ends its side is taken for one that left, and its connection is closed.
   * True: it still gets its answer; the owner watches the socket's `end`.
   */
  readonly keepHalfOpen?: boolean | undefined;
}

export interface Listener {
  /** `http://localhost:8080`, or with the address that was asked for. */
  readonly url: string;
  readonly port: number;
  /** Takes no more connections and destroys the open ones. */
  close(): Promise<void>;
}

/** Whether only this machine can reach the address; undefined is the default, loopback. */
export function isLoopback(host: string | undefined): boolean {
  return host === undefined || host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * One port that speaks HTTP/1.1 and HTTP/2 with prior knowledge, told apart by the first bytes (SPEC section 3).
 * Knows neither recording nor serving. Throws PORT_IN_USE, LISTEN_FAILED.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const sockets = new Set<Socket>();
  const http1 = createHttp1(options);
  let http2: Promise<(socket: Socket, first: Buffer) => void> | undefined;
  const toNode = (socket: Socket, bytes: Buffer): void => {
    if (socket.readableEnded) {
      // Nothing can be put back behind the end: it is told once more, behind the bytes.
      http1.emit("connection", socket);
      socket.emit("data", bytes);
      socket.emit("end");
      return;
    }
    putBack(socket, bytes);
    http1.emit("connection", socket);
    socket.resume();
  };
  const toHttp1 = (socket: Socket, first: Buffer): void => {
    if (options.onHttp1Connection === undefined) toNode(socket, first);
    else options.onHttp1Connection(socket, first, (bytes) => toNode(socket, bytes));
  };
  const toHttp2 = (socket: Socket, first: Buffer): void => {
    // An h2 session ends with its socket only, so a client's FIN has to close it.
    socket.allowHalfOpen = false;
    socket.pause();
    // Loading h2 takes a good part of the time in which a server starts; the first connection that speaks it waits for that.
    http2 ??= options.loadHttp2();
    void http2.then((take) => socket.destroyed || take(socket, first));
  };
  const forget = function (this: Socket): void {
    sockets.delete(this);
  };
  const onConnection = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("close", forget);
    // A socket that fails is closed by itself; whoever needs to know why listens, too.
    socket.on("error", ignore);
    sniffProtocol(socket, (protocol, first) => (protocol === "http1" ? toHttp1 : toHttp2)(socket, first));
  };
  const servers = await bind(options.host, options.port, onConnection);
  const { port } = servers[0]!.address() as AddressInfo;
  const shown =
    options.host === undefined ? "localhost" : options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `http://${shown}:${port}`,
    port,
    close: async () => {
      const closed = servers.map((s) => new Promise<void>((resolve) => s.close(() => resolve())));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

function ignore(): void {
  // An event that says nothing of use.
}

function createHttp1(options: ListenOptions): Http1Server {
  const server = createHttp1Server({
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: 0,
    headersTimeout: 0,
    keepAliveTimeout: 120_000,
  });
  server.maxHeadersCount = 0;
  server.timeout = 0;
  // Not in the documentation, but in every Node: without it an `end` from the client closes the connection (pinned by a wire test).
  (server as unknown as { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = options.keepHalfOpen === true;
  server.on("request", (request, response) => options.onHttp1(request, response, false));
  server.on("checkContinue", (request, response) => options.onHttp1(request, response, true));
  // Other expectations are the upstream's to judge, not Node's.
  server.on("checkExpectation", (request, response) => options.onHttp1(request, response, false));
  server.on("connect", (_request, socket) => {
    socket.on("error", () => socket.destroy());
    socket.end("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
    // Nothing may be put into an answer that has begun.
    const begun = (socket as Socket & { _httpMessage?: { headersSent: boolean } })._httpMessage?.headersSent === true;
    if (begun || !socket.writable || error.code === "ECONNRESET") socket.destroy();
    else socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  });
  return server;
}

/** The open servers: one, or for loopback one each for IPv4 and IPv6 on the same port. */
async function bind(
  host: string | undefined,
  port: number,
  onConnection: (socket: Socket) => void,
): Promise<readonly Server[]> {
  if (host !== undefined && host !== "localhost") return [await open(host, port, onConnection)];
  // A free IPv4 port may be taken on IPv6: a few more tries find one that is free on both.
  for (let attempt = 1; ; attempt++) {
    const first = await open("127.0.0.1", port, onConnection);
    try {
      return [first, await open("::1", (first.address() as AddressInfo).port, onConnection)];
    } catch (error) {
      const taken = error instanceof WraithError && error.code === "PORT_IN_USE";
      if (!taken) return [first];
      await new Promise<void>((resolve) => first.close(() => resolve()));
      if (port !== 0 || attempt === 10) throw error;
    }
  }
}

function open(host: string, port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, onConnection);
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen({ host, port, backlog: 4096 }, () => {
      server.removeAllListeners("error");
      // Running out of descriptors refuses one connection; it must not end the process.
      server.on("error", () => undefined);
      resolve(server);
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): WraithError {
  if (error.code === "EADDRINUSE")
    return new WraithError("PORT_IN_USE", `Port ${port} on ${host} is in use by another program.`, {}, error);
  return new WraithError("LISTEN_FAILED", `Cannot listen on ${host}, port ${port}: ${error.message}.`, {}, error);
}
