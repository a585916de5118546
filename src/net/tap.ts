import { findHeader, type HeaderList, type Termination } from "../base/http.ts";
import type { BodyDecoder } from "../formats/encoding.ts";
import type { Chunk } from "../recording/exchange.ts";
import type { Direction, ExchangeScrubber } from "../recording/scrub.ts";
import { withoutOwnHeaders } from "./forwarding.ts";
import type { OpenedExchange } from "./proxy.ts";
import type { ExchangeTap } from "./relay.ts";
import { createCodingUndoer, type CodingUndoer, type TimedBytes } from "./undo-coding.ts";

/** Where the lines of one exchange go. */
export interface LineSink {
  /** Number of the client's connection in the session, from 1; known when a line is written. */
  conn(): number;
  /**
   * Takes a line without its `x` and `atUs`, or what makes it when it is written; `atMs` is on the recorder's clock. Says what became
   * of it: `overrun` where the disk is too slow (the line was taken), `failed` where it cannot be written at all.
   */
  append(atMs: number, line: object | (() => object)): "taken" | "overrun" | "failed";
  /** The last line was appended. */
  close(): void;
}

export interface TapOptions {
  readonly opened: OpenedExchange;
  readonly sink: LineSink;
  readonly scrubber: ExchangeScrubber;
  /** A decoder for a content coding, or undefined for one that nobody knows. */
  readonly createDecoder: (coding: string) => BodyDecoder | undefined;
  readonly nowMs: () => number;
  /** Puts work off until the bytes that were just passed on have left; `bytes` are kept for it. Keeps the order. */
  readonly later: (work: () => void, bytes: number) => void;
  /** The recording of this exchange was given up, and why. */
  readonly onGivenUp: (reason: "overrun" | "failed") => void;
  /** The upstream could not be reached or said nothing that could be read, and why. */
  readonly onUnanswered: (detail: string) => void;
}

/**
 * Turns what crosses into lines of the recording (SPEC section 3). What is heard is stamped at once and worked on later, when the
 * client has its bytes; a body whose coding is undone in the background keeps its order.
 */
export function createTap(options: TapOptions): ExchangeTap {
  const { sink, scrubber, nowMs, opened } = options;
  let over = false;
  let closing = false;
  let behind: Promise<void> | undefined;
  let hasUnknownCoding = false;
  let hasHead = false;
  const codings: Record<Direction, CodingUndoer | undefined> = { client: undefined, server: undefined };

  const write = (atMs: number, line: object | (() => object)): void => {
    if (over) return;
    const outcome = sink.append(atMs, line);
    if (outcome === "taken") return;
    over = true;
    if (outcome === "overrun")
      sink.append(nowMs(), closeLine({ shape: "truncated", by: "recorder", detail: "overrun" }));
    options.onGivenUp(outcome);
    sink.close();
  };
  const closeLine = (close: Termination): object => {
    const undecoded = DIRECTIONS.filter((dir) => codings[dir]?.decoded() === "none");
    const isCoded = hasUnknownCoding || DIRECTIONS.some((dir) => (codings[dir]?.decoded() ?? "all") !== "all");
    return {
      close,
      ...(scrubber.fired.size > 0 ? { scrubbed: [...scrubber.fired] } : {}),
      ...(scrubber.unscrubbed() || isCoded ? { unscrubbed: true } : {}),
      ...(undecoded.length > 0 ? { undecoded } : {}),
    };
  };
  const chunks = (dir: Direction, list: readonly Chunk[]): void => {
    for (const { atUs, bytes } of list) if (bytes.length > 0) write(atUs / 1000, { dir, ...bodyOf(bytes) });
  };
  const store = (dir: Direction, pieces: readonly TimedBytes[]): void => {
    for (const { atMs, bytes } of pieces) chunks(dir, scrubber.push(dir, { atUs: atMs * 1000, bytes }));
  };
  const decode = (dir: Direction, atMs: number, bytes: Uint8Array): void | Promise<void> => {
    const pieces = codings[dir]?.push({ atMs, bytes }) ?? [{ atMs, bytes }];
    return pieces instanceof Promise ? pieces.then((list) => store(dir, list)) : store(dir, pieces);
  };
  /** What a body's decoder and scrubber still hold when it is over. */
  const endBody = (dir: Direction): void => {
    store(dir, codings[dir]?.end() ?? []);
    chunks(dir, scrubber.end(dir));
  };
  /** Does the work in its turn: at once, or after what is still being decoded. */
  const inTurn = (work: () => void | Promise<void>, bytes = 0): void =>
    options.later(() => {
      if (over) return;
      if (behind !== undefined) {
        behind = behind.then(work);
        return;
      }
      const result = work();
      if (!(result instanceof Promise)) return;
      const mine = result.then(() => {
        if (behind === mine) behind = undefined;
      });
      behind = mine;
    }, bytes);
  const openDecoder = (dir: Direction, headers: HeaderList): string | undefined => {
    const coding = findHeader(headers, "content-encoding")?.trim().toLowerCase();
    if (coding === undefined || coding === "" || coding === "identity") return undefined;
    const decoder = options.createDecoder(coding);
    if (decoder === undefined) hasUnknownCoding = true;
    else codings[dir] = createCodingUndoer(coding, decoder);
    return decoder === undefined ? undefined : coding;
  };

  const openedMs = nowMs();
  inTurn(() => {
    const head = withoutOwnHeaders(opened.head);
    const coding = openDecoder("client", head.headers);
    const { protocol, httpVersion, method, path, query, headers } = scrubber.open(head);
    const { stream } = opened;
    write(openedMs, () => {
      const open = { protocol, httpVersion, conn: sink.conn(), stream, method, path, query, headers };
      return { open: coding === undefined ? open : { ...open, coding } };
    });
  });
  const heard = (work: (atMs: number) => void | Promise<void>, bytes = 0): void => {
    if (over || closing) return;
    const atMs = nowMs();
    inTurn(() => work(atMs), bytes);
  };
  return {
    clientData: (bytes) => heard((at) => decode("client", at, bytes), bytes.length),
    clientEnd: (trailers) =>
      heard((at) => {
        endBody("client");
        if (trailers.length > 0) write(at, { dir: "client", trailers: scrubber.trailers(trailers) });
        write(at, { dir: "client", end: true });
      }),
    informational: (status, headers) =>
      heard((at) => write(at, { informational: { status, headers: scrubber.head({ status, headers }).headers } })),
    head: ({ status, headers }) =>
      heard((at) => {
        hasHead = true;
        const coding = openDecoder("server", headers);
        write(at, { head: scrubber.head(coding === undefined ? { status, headers } : { status, headers, coding }) });
      }),
    data: (bytes) => heard((at) => decode("server", at, bytes), bytes.length),
    trailers: (trailers) =>
      heard((at) => {
        endBody("server");
        write(at, { dir: "server", trailers: scrubber.trailers(trailers) });
      }),
    close: (termination) => {
      heard((at) => {
        for (const dir of DIRECTIONS) endBody(dir);
        write(at, closeLine(termination));
        const { by, code, detail } = termination;
        // A reset with a code is an answer, too.
        if (!hasHead && by === "server" && code === undefined && detail !== undefined) options.onUnanswered(detail);
        if (over) return;
        over = true;
        sink.close();
      });
      closing = true;
    },
  };
}

const DIRECTIONS: readonly Direction[] = ["client", "server"];

/** Bytes as a line holds them: text where they are UTF-8 on their own. */
function bodyOf(bytes: Uint8Array): { text: string } | { b64: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Comparing is cheaper than a decoder that throws, and a BOM stays.
  const text = buffer.toString("utf8");
  return text.includes("\ufffd") && !Buffer.from(text).equals(buffer) ? { b64: buffer.toString("base64") } : { text };
}
