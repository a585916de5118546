import { join } from "node:path";
import type { SessionHead } from "../recording/exchange.ts";
import { openJournal, type Journal } from "../store/journal.ts";
import { readSessionExtent } from "../store/recordings.ts";
import { lockSession } from "../store/session-lock.ts";
import type { Workspace } from "../store/workspace.ts";

/**
 * A session's file while this process writes to it. Sessions of one name may overlap (one is over, but a stream of it is still open
 * when the next begins): they share the file, and with it its numbers.
 */
export interface SessionFile {
  /** Resolves when the file can be written to; throws DISK_FAILED, RECORDING_INVALID. */
  readonly opened: Promise<void>;
  /** Undefined until it is open. */
  readonly journal: Journal | undefined;
  /** When its times count from, in milliseconds on the recorder's clock; known when it is open. */
  readonly zeroMs: number;
  /** Takes a number for an exchange. What it is in the file is `exchangeBase` more, known when it is open. */
  nextExchange(): number;
  readonly exchangeBase: number;
  /** All exchanges in the file, those of other times included. */
  readonly exchangeCount: number;
  /** Number of a connection in the file; known when it is open. */
  connNumber(connection: object): number;
  /** Whoever took the file gives it back; the last one closes it. */
  release(): Promise<void>;
}

export interface SessionFileOptions {
  readonly workspace: Workspace;
  readonly id: string;
  /** The file may exist, and is gone on with. */
  readonly named: boolean;
  readonly nowMs: () => number;
  /** What the recorder's clock was at zero. */
  readonly wallMs: number;
  /** The first line of a new file that begins at a time on the recorder's clock. */
  readonly head: (zeroMs: number) => SessionHead;
}

/** The files that this process writes to, or is about to close. */
const inUse = new Map<string, { file: SessionFile; users: number; closed: Promise<void> | undefined }>();

/** Opens a session's file, or joins those who write to it already. */
export function takeSessionFile(options: SessionFileOptions): SessionFile {
  const key = join(options.workspace.sessionsDir, options.id);
  const known = inUse.get(key);
  if (known !== undefined && known.closed === undefined) {
    known.users++;
    return known.file;
  }
  const entry: { file: SessionFile; users: number; closed: Promise<void> | undefined } = {
    file: undefined!,
    users: 1,
    closed: undefined,
  };
  entry.file = createSessionFile(options, known?.closed, (close) => {
    entry.users--;
    if (entry.users > 0) return Promise.resolve();
    return (entry.closed = close().finally(() => {
      if (inUse.get(key) === entry) inUse.delete(key);
    }));
  });
  inUse.set(key, entry);
  return entry.file;
}

function createSessionFile(
  options: SessionFileOptions,
  before: Promise<void> | undefined,
  release: (close: () => Promise<void>) => Promise<void>,
): SessionFile {
  const { workspace, id, named, wallMs } = options;
  const conns = new WeakMap<object, number>();
  let connCount = 0;
  let connBase = 0;
  let exchangeCount = 0;
  let exchangeBase = 0;
  let zeroMs = options.nowMs();
  let journal: Journal | undefined;
  let unlock: (() => Promise<void>) | undefined;
  const open = async (): Promise<void> => {
    // Its numbers are those of the file that was closed last.
    await before;
    if (named) unlock = await lockSession(workspace, id);
    const earlier = named ? await readSessionExtent(workspace, id) : undefined;
    if (earlier !== undefined) {
      exchangeBase = earlier.exchanges;
      connBase = earlier.conns;
      // The file's times go on from its own beginning.
      zeroMs = earlier.startedMs - wallMs;
    }
    journal = await openJournal(workspace, options.head(zeroMs));
  };
  const opened = open();
  const close = async (): Promise<void> => {
    await opened.catch(() => undefined);
    await journal?.close();
    await unlock?.();
  };
  return {
    opened,
    get journal() {
      return journal;
    },
    get zeroMs() {
      return zeroMs;
    },
    nextExchange: () => exchangeCount++,
    get exchangeBase() {
      return exchangeBase;
    },
    get exchangeCount() {
      return exchangeBase + exchangeCount;
    },
    connNumber: (connection) => {
      const number = conns.get(connection) ?? ++connCount;
      conns.set(connection, number);
      return connBase + number;
    },
    release: () => release(close),
  };
}
