import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createFrame, settingsFrame } from "../../src/net/h2/frames.ts";
import { FLAG, FRAME, PREFACE } from "../../src/net/h2/protocol.ts";
import { until } from "./proxy-support.ts";

export const hello = Buffer.concat([Buffer.from(PREFACE), settingsFrame([])]);

/** Fields as literals that are not indexed. */
export function block(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [
      Buffer.from([0, name.length]),
      Buffer.from(name),
      Buffer.from([value.length]),
      Buffer.from(value),
    ]),
  );
}

export const GET = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/x"],
  [":authority", "a"],
] as const;

export const POST = [[":method", "POST"], ...GET.slice(1)] as const;

/** HEADERS of a request that ends with them, or goes on. */
export function request(id: number, fields: readonly (readonly [string, string])[] = GET, ends = true): Buffer {
  return createFrame(FRAME.headers, FLAG.endHeaders | (ends ? FLAG.endStream : 0), id, block(fields));
}

export interface HeardFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export interface RawHttp2 {
  readonly socket: Socket;
  readonly frames: HeardFrame[];
  readonly closed: () => boolean;
  write(...parts: Uint8Array[]): void;
  /** Frames of a type, of one stream or of any. */
  of(type: number, stream?: number): HeardFrame[];
  until(condition: () => boolean, what: string): Promise<void>;
}

/** A client that says what it is told, and keeps what it hears. */
export async function rawHttp2(port: number): Promise<RawHttp2> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const frames: HeardFrame[] = [];
  let rest = Buffer.alloc(0);
  let closed = false;
  socket.on("data", (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const length = rest.readUIntBE(0, 3);
      frames.push({
        type: rest[3]!,
        flags: rest[4]!,
        stream: rest.readUInt32BE(5),
        payload: rest.subarray(9, 9 + length),
      });
      rest = rest.subarray(9 + length);
    }
  });
  socket.on("error", () => undefined);
  socket.on("close", () => (closed = true));
  await once(socket, "connect");
  return {
    socket,
    frames,
    closed: () => closed,
    write: (...parts) => void socket.write(Buffer.concat(parts)),
    of: (type, stream) => frames.filter((f) => f.type === type && (stream === undefined || f.stream === stream)),
    until: (condition, what) =>
      until(condition, `${what}; heard ${frames.map((f) => `${f.type}/${f.flags}/${f.stream}`).join(" ")}`),
  };
}
