import type { HeaderList, RequestHead } from "../base/http.ts";
import type { LineSink } from "../net/tap.ts";
import { promisedLength, withContentLength } from "../recording/scrub-lengths.ts";
import type { Direction } from "../recording/scrub.ts";

/** Bodies that promise to be longer are not waited for: their heads are corrected when the recording is read. */
const MAX_AWAITED_BYTES = 4096;
/** Lines that wait for a short body at most, where the other direction goes on meanwhile. */
const MAX_WAITING_LINES = 64;

type Line = Parameters<LineSink["append"]>[1];
type Outcome = ReturnType<LineSink["append"]>;

interface Waiting {
  readonly atMs: number;
  line: Line;
}

interface Awaited {
  readonly head: Waiting;
  readonly promised: number;
  bytes: number;
}

/**
 * A sink that makes content lengths follow the scrubbed bodies (SPEC section 8): the head of a short body waits, with all lines of its
 * exchange, until the body is through and its length is known. Streams and long bodies never wait.
 */
export function keepLengths(sink: LineSink, request: RequestHead): LineSink {
  const awaited = new Map<Direction, Awaited>();
  let waiting: Waiting[] = [];
  let isFirst = true;

  const isShort = (promised: number | undefined): promised is number =>
    promised !== undefined && promised > 0 && promised <= MAX_AWAITED_BYTES;
  const flush = (): Outcome => {
    const lines = waiting;
    waiting = [];
    awaited.clear();
    let outcome: Outcome = "taken";
    for (const { atMs, line } of lines) {
      const now = sink.append(atMs, line);
      if (now !== "taken") outcome = now;
      if (now === "failed") break;
    }
    return outcome;
  };
  const arrived = (direction: Direction): void => {
    const { head, promised, bytes } = awaited.get(direction) ?? {};
    if (head !== undefined && bytes !== undefined && bytes > 0 && bytes !== promised)
      head.line = corrected(head.line, bytes);
    awaited.delete(direction);
  };
  const await_ = (direction: Direction, head: Waiting, headers: HeaderList): void => {
    const promised = promisedLength(headers);
    if (isShort(promised)) awaited.set(direction, { head, promised, bytes: 0 });
  };
  const look = (entry: Waiting): void => {
    const { line } = entry;
    if (isFirst) {
      // Its line is made when it is written; what it promises is known before.
      isFirst = false;
      return await_("client", entry, request.headers);
    }
    if (typeof line === "function") return;
    const { dir, text, b64, end, head, close } = line as RecordedLine;
    if (dir !== undefined && (text !== undefined || b64 !== undefined)) {
      const open = awaited.get(dir);
      if (open !== undefined)
        open.bytes += text === undefined ? Buffer.byteLength(b64!, "base64") : Buffer.byteLength(text);
    } else if (end === true) arrived("client");
    else if (head !== undefined && request.method !== "HEAD" && head.status !== 304)
      await_("server", entry, head.headers);
    else if (close !== undefined) {
      if (close.shape === "clean") arrived("server");
      awaited.clear();
    }
  };
  return {
    conn: () => sink.conn(),
    append(atMs, line) {
      const entry: Waiting = { atMs, line };
      look(entry);
      if (waiting.length === 0 && awaited.size === 0) return sink.append(atMs, entry.line);
      waiting.push(entry);
      return awaited.size === 0 || waiting.length > MAX_WAITING_LINES ? flush() : "taken";
    },
    close() {
      flush();
      sink.close();
    },
  };
}

/** What is looked at of a line. */
interface RecordedLine {
  readonly dir?: Direction;
  readonly text?: string;
  readonly b64?: string;
  readonly end?: boolean;
  readonly head?: { readonly status: number; readonly headers: HeaderList };
  readonly close?: { readonly shape: string };
}

/** An `open` or `head` line with another content length. */
function corrected(line: Line, bytes: number): () => object {
  return () => {
    const content = (typeof line === "function" ? line() : line) as Record<string, { readonly headers: HeaderList }>;
    const name = content["open"] === undefined ? "head" : "open";
    const inner = content[name];
    return inner === undefined
      ? content
      : { ...content, [name]: { ...inner, headers: withContentLength(inner.headers, bytes) } };
  };
}
