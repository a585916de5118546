import { lookup } from "node:dns";
import { connect, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** An idle connection is kept for less time than common servers keep it, so that they do not close it while a request is on its way. */
export const IDLE_MS = 2000;
/** How many are kept at most. */
const MAX_IDLE = 256;
/** A peer that vanished is noticed on a quiet stream, too. */
const KEEP_ALIVE_MS = 1000;

/** Who uses a connection: hears what happens to it, in the past tense. */
export interface ConnectionUser {
  data(bytes: Buffer): void;
  /** The upstream ended its side. */
  ended(): void;
  drained(): void;
  /** Last; with what went wrong, where something did. */
  closed(error: Error | undefined): void;
}

/** One connection to the upstream: of one exchange, or idle. */
export interface Connection {
  readonly socket: Socket;
  /** Undefined while it is idle. */
  user: ConnectionUser | undefined;
  /** It carried another exchange before. */
  reused: boolean;
}

/** The connections to one upstream. */
export interface ConnectionPool {
  /** An idle connection, or a new one, which need not be open yet: what is written waits. `fresh`: never an idle one. */
  take(user: ConnectionUser, fresh: boolean): Connection;
  /** Ends its use: it is kept for another, or destroyed. The user hears nothing more of it. */
  release(connection: Connection, reusable: boolean): void;
  /** Destroys all, those in use included. */
  close(): void;
}

/** Creates the connections to the server of a base URL, over TCP or TLS. `ca`: certificates to trust, PEM; undefined: Node's. */
export function createConnectionPool(base: URL, ca: readonly string[] | undefined): ConnectionPool {
  const dial = base.protocol === "https:" ? createTlsDialer(base, ca) : createTcpDialer(base);
  const all = new Set<Connection>();
  const idle: Connection[] = [];

  const create = (): Connection => {
    const socket = dial();
    const connection: Connection = { socket, user: undefined, reused: false };
    let failure: Error | undefined;
    socket.on("data", (bytes: Buffer) => {
      // Nobody asked an idle connection anything: what comes on it would be taken for the answer to the next request.
      if (connection.user === undefined) socket.destroy();
      else connection.user.data(bytes);
    });
    socket.on("end", () => {
      if (connection.user === undefined) socket.destroy();
      else connection.user.ended();
    });
    socket.on("drain", () => connection.user?.drained());
    socket.on("error", (error) => (failure = error));
    socket.on("close", () => {
      all.delete(connection);
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
      const { user } = connection;
      connection.user = undefined;
      user?.closed(failure);
    });
    all.add(connection);
    return connection;
  };
  /** The one that was used last; none whose end is not told yet. */
  const takeIdle = (): Connection | undefined => {
    for (;;) {
      const connection = idle.pop();
      if (connection === undefined || isUsable(connection.socket)) return connection;
    }
  };
  const destroyIdle = (socket: Socket): void => void socket.destroy();
  return {
    take: (user, fresh) => {
      const kept = fresh ? undefined : takeIdle();
      const connection = kept ?? create();
      if (kept !== undefined) {
        kept.reused = true;
        kept.socket.setTimeout(0);
        kept.socket.ref();
      }
      connection.user = user;
      return connection;
    },
    release: (connection, reusable) => {
      const { socket } = connection;
      connection.user = undefined;
      if (!reusable || !isUsable(socket) || idle.length >= MAX_IDLE) {
        socket.destroy();
        return;
      }
      idle.push(connection);
      // Where its user paused it, its end would not be seen.
      socket.resume();
      socket.unref();
      if (connection.reused) socket.setTimeout(IDLE_MS);
      else socket.setTimeout(IDLE_MS, () => destroyIdle(socket));
    },
    close: () => {
      for (const { socket } of all) socket.destroy();
    },
  };
}

function isUsable(socket: Socket): boolean {
  return !socket.destroyed && socket.writable && socket.readable && socket.writableLength === 0;
}

function addressOf(base: URL, port: number): { readonly host: string; readonly port: number } {
  return { host: base.hostname.replace(/^\[|\]$/g, ""), port: base.port === "" ? port : Number(base.port) };
}

function createTcpDialer(base: URL): () => Socket {
  const address = addressOf(base, 80);
  const lookup = address.host === "localhost" ? { lookup: createLookup() } : {};
  const options = { ...address, ...lookup, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  return () => connect(options);
}

/** Looks a name up that always means the same addresses: once. To ask the system costs as much as all else of a new connection. */
function createLookup(): LookupFunction {
  let known: Parameters<Parameters<LookupFunction>[2]> | undefined;
  return (name, options, found) => {
    if (known !== undefined) return process.nextTick(found, ...known);
    lookup(name, options, (error, ...all) => {
      if (error === null) known = [error, ...all];
      found(error, ...all);
    });
  };
}

/** Sessions are resumed, so that only the first connection costs a whole handshake. */
function createTlsDialer(base: URL, ca: readonly string[] | undefined): () => Socket {
  const { host, port } = addressOf(base, 443);
  const named = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  let session: Buffer | undefined;
  return () => {
    const socket = connectTls({ host, port, ca: ca?.slice(), ALPNProtocols: ["http/1.1"], session, ...named });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on("session", (ticket) => (session = ticket));
    // A session that led to no connection is not tried again.
    socket.on("error", () => (session = undefined));
    return socket;
  };
}
