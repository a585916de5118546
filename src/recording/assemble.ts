import { WraithError } from "../base/errors.ts";
import type { Termination } from "../base/http.ts";
import type { Chunk, Exchange, Session, SessionHead } from "./exchange.ts";
import { withScrubbedLengths } from "./scrub-lengths.ts";
import { createLineSplitter } from "./wrec-lines.ts";
import { createLineReader, type WrecLine } from "./wrec.ts";

/** Reads a recording from its bytes, piece by piece. Linear in time; keeps the recorded bytes and little more. */
export interface SessionReader {
  /** Pieces may be cut anywhere. They are not kept. Throws WraithError RECORDING_INVALID where the first line is no session head. */
  push(bytes: Uint8Array): void;
  /**
   * The session; exchanges that are still open are truncated by the recorder. `broken` says why nothing more could be read,
   * where that was not the end. Throws as `push` does.
   */
  end(broken?: string): Session;
}

export interface SessionReaderOptions {
  /** For messages. */
  readonly file: string;
  /** The session's id where something else than its first line gives it: the name of its file. */
  readonly session?: string | undefined;
  /**
   * Takes each exchange as soon as it and all that began before it are over, so that a long session need not be held as a whole.
   * `Session.exchanges` is empty then.
   */
  readonly onExchange?: ((exchange: Exchange, head: SessionHead) => void) | undefined;
}

/** What became of an exchange whose end nobody wrote down. */
const CUT: Termination = { shape: "truncated", by: "recorder" };

export function createSessionReader(options: SessionReaderOptions): SessionReader {
  const reader = createLineReader();
  const assembler = createAssembler(options);
  const lines = createLineSplitter((line) => assembler.add(reader.read(line)));
  return {
    push: (bytes) => lines.push(bytes),
    end(broken) {
      lines.end();
      if (broken !== undefined) assembler.add({ kind: "bad", reason: broken });
      return assembler.finish();
    },
  };
}

/** An exchange that is being put together. */
type Growing = {
  -readonly [Key in keyof Exchange]: Exchange[Key] extends readonly (infer Item)[] ? Item[] : Exchange[Key];
} & { isOpen: boolean; isLateTold: boolean };

/** Puts the lines of one file together. Undefined is an empty line. */
function createAssembler({ file, session, onExchange }: SessionReaderOptions): {
  add(line: WrecLine | undefined): void;
  finish(): Session;
} {
  let head: SessionHead | undefined;
  let lineNumber = 0;
  let ended = false;
  const exchanges: Growing[] = [];
  const byNumber = new Map<number, Growing>();
  const open = new Set<Growing>();
  const badLines: { line: number; reason: string }[] = [];

  let handedOver = 0;

  /** Gives away what is over, and with `isEnd` all the rest. */
  const handOver = (isEnd: boolean): void => {
    if (onExchange === undefined || head === undefined) return;
    for (; handedOver < exchanges.length; handedOver++) {
      const exchange = exchanges[handedOver]!;
      if (exchange.isOpen && !isEnd) return;
      onExchange(finished(exchange), head);
      // What stays tells apart lines that come too late.
      exchange.chunks = [];
      exchange.requestChunks = [];
    }
  };
  const complain = (reason: string): void => void badLines.push({ line: lineNumber, reason });
  const cutAll = (): void => {
    for (const exchange of open) exchange.isOpen = false;
    open.clear();
    handOver(false);
  };
  const begin = (line: WrecLine & { kind: "open" }, { session }: SessionHead): void => {
    if (byNumber.has(line.x)) return complain(`exchange ${line.x} begins a second time`);
    const { x: index, atUs: openUs, conn, stream, request, coding } = line;
    const exchange: Growing = {
      session,
      index,
      conn,
      stream,
      openUs,
      request,
      requestChunks: [],
      informational: [],
      chunks: [],
      close: CUT,
      scrubbed: [],
      unscrubbed: false,
      isOpen: true,
      isLateTold: false,
    };
    if (coding !== undefined) exchange.requestCoding = coding;
    exchanges.push(exchange);
    byNumber.set(index, exchange);
    open.add(exchange);
  };
  const grow = (line: Exclude<WrecLine, { kind: "session" | "open" | "ended" | "unknown" | "bad" }>): void => {
    const exchange = byNumber.get(line.x);
    if (exchange === undefined) return complain(`exchange ${line.x} has not begun`);
    if (!exchange.isOpen) {
      // Said once: a stream that was cut by a broken line may have thousands of lines after it.
      if (!exchange.isLateTold)
        complain(`exchange ${line.x} has ended already; this line and those that follow of it are left out`);
      exchange.isLateTold = true;
      return;
    }
    addToExchange(exchange, line);
    if (line.kind !== "close") return;
    exchange.isOpen = false;
    open.delete(exchange);
    handOver(false);
  };
  const invalid = (reason: string): WraithError =>
    new WraithError("RECORDING_INVALID", `The first line of the recording is not the head of a session: ${reason}.`, {
      file,
      line: 1,
    });

  return {
    add(line) {
      lineNumber++;
      if (head === undefined) {
        if (line?.kind !== "session")
          throw invalid(line === undefined ? "it is empty" : line.kind === "bad" ? line.reason : "it has no wrec");
        head = session === undefined ? line.head : { ...line.head, session };
        return;
      }
      if (line === undefined || line.kind === "unknown") return;
      ended = line.kind === "ended";
      switch (line.kind) {
        case "ended":
          return;
        case "session":
          complain("a second head of a session");
          return cutAll();
        case "bad":
          complain(line.reason);
          return cutAll();
        case "open":
          return begin(line, head);
        default:
          grow(line);
      }
    },
    finish() {
      if (head === undefined) throw invalid("the file is empty");
      handOver(true);
      return { head, exchanges: onExchange === undefined ? exchanges.map(finished) : [], ended, badLines };
    },
  };
}

function addToExchange(
  exchange: Growing,
  line: Exclude<WrecLine, { kind: "session" | "open" | "ended" | "unknown" | "bad" }>,
): void {
  switch (line.kind) {
    case "body": {
      const chunk: Chunk = { atUs: line.atUs, bytes: line.bytes };
      (line.dir === "client" ? exchange.requestChunks : exchange.chunks).push(chunk);
      return;
    }
    case "body-end":
      if (line.dir === "client") exchange.requestEndUs = line.atUs;
      return;
    case "trailers":
      if (line.dir === "client") exchange.requestTrailers = line.trailers;
      else {
        exchange.trailers = line.trailers;
        exchange.trailersUs = line.atUs;
      }
      return;
    case "informational":
      exchange.informational.push({ atUs: line.atUs, status: line.status, headers: line.headers });
      return;
    case "head":
      exchange.response = line.response;
      exchange.headUs = line.atUs;
      return;
    case "close":
      exchange.close = line.close;
      exchange.closeUs = line.atUs;
      exchange.scrubbed = [...line.scrubbed];
      exchange.unscrubbed = line.unscrubbed;
      if (line.undecoded.includes("client")) delete exchange.requestCoding;
      if (line.undecoded.includes("server") && exchange.response !== undefined) {
        const { status, headers } = exchange.response;
        exchange.response = { status, headers };
      }
  }
}

function finished({ isOpen: _, isLateTold: __, ...exchange }: Growing): Exchange {
  return withScrubbedLengths(exchange);
}
