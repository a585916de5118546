import { VERSION } from "../base/version.ts";
import type { LineSink } from "../net/tap.ts";
import type { SessionHead } from "../recording/exchange.ts";
import type { Workspace } from "../store/workspace.ts";
import { takeSessionFile, type SessionFile } from "./session-file.ts";

/** Bytes that may wait for a slow disk before recordings are given up (SPEC section 3). */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

type Outcome = ReturnType<LineSink["append"]>;
type Line = Parameters<LineSink["append"]>[1];

/** A recording that is being written. */
export interface RecordingSession {
  readonly id: string;
  /** Exchanges that are in the file, or will be: not those that came when it could not be written any more. */
  readonly exchangeCount: number;
  readonly openCount: number;
  begin(connection: object): LineSink;
  /** Takes no new exchanges; the last line follows the last open one. Resolves when the file is closed. */
  end(): Promise<void>;
}

export interface SessionOptions {
  readonly workspace: Workspace;
  readonly id: string;
  /** A session that a client named: its file may exist, and is continued. */
  readonly named: boolean;
  readonly baseUrl: string;
  readonly tags: readonly string[];
  readonly scrub: unknown;
  /** Milliseconds on the recorder's clock; `wallMs` is what it was at zero. */
  readonly nowMs: () => number;
  readonly wallMs: number;
  readonly onNotice: (text: string) => void;
  /** An exchange is open; none was before. */
  onBusy(): void;
  /** No exchange is open any more. */
  onQuiet(): void;
}

/** Begins a session. Its file is opened with its first exchange; lines wait in memory until it is. */
export function createRecordingSession(options: SessionOptions): RecordingSession {
  const { id, nowMs, onNotice } = options;
  let exchangeCount = 0;
  let openCount = 0;
  let ending = false;
  let file: SessionFile | undefined;
  let early: (() => void)[] | undefined = [];
  let ready: Promise<void> | undefined;
  let failed = false;
  let closed: Promise<void> | undefined;

  const fail = (error: unknown): void => {
    if (failed) return;
    failed = true;
    exchangeCount = early === undefined ? exchangeCount - openCount : 0;
    onNotice(
      `Session ${id} cannot be written (${error instanceof Error ? error.message : String(error)}). Traffic goes on, unrecorded.`,
    );
  };
  const write = (atMs: number, line: Line, number?: number): Outcome => {
    if (failed) return "failed";
    if (early !== undefined) {
      // Which number and time a line gets depends on what the file holds already.
      early.push(() => write(atMs, line, number));
      return "taken";
    }
    const { journal, zeroMs, exchangeBase } = file!;
    const atUs = Math.max(0, Math.round((atMs - zeroMs) * 1000));
    const content = typeof line === "function" ? line() : line;
    journal!.append(number === undefined ? { atUs, ...content } : { x: exchangeBase + number, atUs, ...content });
    if (journal!.failure !== undefined) {
      fail(journal!.failure);
      return "failed";
    }
    return journal!.waitingBytes > MAX_WAITING_BYTES ? "overrun" : "taken";
  };
  const start = (): SessionFile => {
    if (file !== undefined) return file;
    file = takeSessionFile({ ...options, head: (zeroMs) => head(options, zeroMs) });
    ready = file.opened.catch(fail).then(() => {
      const waiting = early ?? [];
      early = undefined;
      if (!failed) for (const work of waiting) work();
    });
    return file;
  };
  const finish = (): Promise<void> =>
    (closed ??= (async () => {
      if (file === undefined) return;
      await ready;
      write(nowMs(), { ended: { exchanges: file.exchangeCount } });
      await file.release();
      if (file.journal?.failure !== undefined) fail(file.journal.failure);
    })());
  let allDone: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (allDone = resolve));

  return {
    id,
    get exchangeCount() {
      return exchangeCount;
    },
    get openCount() {
      return openCount;
    },
    begin: (connection) => {
      const mine = start();
      const number = mine.nextExchange();
      if (!failed) exchangeCount++;
      openCount++;
      if (openCount === 1) options.onBusy();
      return {
        conn: () => mine.connNumber(connection),
        append: (atMs, line) => write(atMs, line, number),
        close: () => {
          openCount--;
          if (openCount > 0) return;
          options.onQuiet();
          if (ending) void finish().then(allDone);
        },
      };
    },
    end: () => {
      ending = true;
      if (openCount === 0) void finish().then(allDone);
      return done;
    },
  };
}

function head(options: SessionOptions, zeroMs: number): SessionHead {
  return {
    session: options.id,
    twin: options.workspace.name,
    baseUrl: options.baseUrl,
    startedAt: isoMicros(options.wallMs + zeroMs),
    tags: options.tags,
    tool: `wraith ${VERSION}`,
    scrub: options.scrub,
  };
}

/** ISO 8601 with microseconds of a time in milliseconds. */
function isoMicros(ms: number): string {
  const micros = Math.floor((ms % 1) * 1000);
  return `${new Date(Math.floor(ms)).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}
