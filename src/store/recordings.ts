import { WraithError } from "../base/errors.ts";
import { createSessionReader } from "../recording/assemble.ts";
import type { Exchange, Session, SessionHead } from "../recording/exchange.ts";
import { createLineSplitter } from "../recording/wrec-lines.ts";
import { createLineReader } from "../recording/wrec.ts";
import { findSessionFile, findSessionFiles, openSessionFile, type SessionFile } from "./session-files.ts";
import type { Workspace } from "./workspace.ts";

export interface SessionFilter {
  /** Session ids; empty means all. */
  readonly sessions: readonly string[];
  /** Tags; a session needs one of them; empty means all. */
  readonly tags: readonly string[];
}

/** Ids of all sessions (`.wrec` and `.wrec.gz`), in order of their start, then name. One whose first line is broken comes last. */
export async function listSessions(workspace: Workspace): Promise<readonly string[]> {
  return (await findSessionFiles(workspace)).map((s) => s.id);
}

/**
 * Reads one session, also one that is still being written. Its id is its file's name, whatever the first line says.
 * Throws RECORDING_MISSING, RECORDING_INVALID (its first line is broken, or nothing of it can be read).
 */
export async function readSession(workspace: Workspace, id: string): Promise<Session> {
  const file = await findSessionFile(workspace, id);
  if (file === undefined) throw await missing(workspace, id);
  return readSessionFile(file, id);
}

/** Exchanges of a session that are over, in the order in which they began. */
export interface SessionPart {
  readonly head: SessionHead;
  readonly exchanges: readonly Exchange[];
  /** In the last part of a session: what is said of it as a whole. */
  readonly end?: Omit<Session, "exchanges"> | undefined;
}

/**
 * The sessions that the filter selects as `readSessions` has them, part by part while they are read: what is done with an exchange
 * need not be held in memory. Throws as `readSessions` does.
 */
export async function* readParts(workspace: Workspace, filter: SessionFilter): AsyncGenerator<SessionPart> {
  for (const { file, id } of await selectedFiles(workspace, filter)) yield* readPartsOfFile(file, id);
}

async function* readPartsOfFile(file: string, id: string): AsyncGenerator<SessionPart> {
  let exchanges: Exchange[] = [];
  let head: SessionHead | undefined;
  const reader = createSessionReader({
    file,
    session: id,
    onExchange: (exchange, of) => {
      head = of;
      exchanges.push(exchange);
    },
  });
  const content = openSessionFile(file);
  let broken: string | undefined;
  try {
    for await (const piece of content as AsyncIterable<Buffer>) {
      reader.push(piece);
      if (head === undefined || exchanges.length === 0) continue;
      yield { head, exchanges };
      exchanges = [];
    }
  } catch (error) {
    broken = brokenGzip(error, file);
  } finally {
    content.destroy();
  }
  const end = reader.end(broken);
  yield { head: end.head, exchanges, end };
}

/** The sessions that the filter selects, one at a time, in the order of `listSessions`. Throws RECORDING_MISSING for an id that is not there. */
export async function* readSessions(workspace: Workspace, filter: SessionFilter): AsyncGenerator<Session> {
  for (const { file, id } of await selectedFiles(workspace, filter)) yield await readSessionFile(file, id);
}

async function selectedFiles(workspace: Workspace, filter: SessionFilter): Promise<readonly SessionFile[]> {
  const files = await findSessionFiles(workspace);
  for (const id of filter.sessions) if (!files.some((f) => f.id === id)) throw await missing(workspace, id);
  return files.filter((file) => isSelected(file, filter));
}

/** One whose first line is broken may have had any tag: reading it says what is wrong. */
function isSelected({ id, head }: SessionFile, { sessions, tags }: SessionFilter): boolean {
  if (sessions.length > 0 && !sessions.includes(id)) return false;
  return tags.length === 0 || head === undefined || head.tags.some((t) => tags.includes(t));
}

async function readSessionFile(file: string, id: string): Promise<Session> {
  const reader = createSessionReader({ file, session: id });
  const content = openSessionFile(file);
  try {
    for await (const piece of content as AsyncIterable<Buffer>) reader.push(piece);
  } catch (error) {
    return reader.end(brokenGzip(error, file));
  } finally {
    content.destroy();
  }
  return reader.end();
}

/** Why a file cannot be read any further, in words. Throws RECORDING_INVALID where it cannot be read at all. */
function brokenGzip(error: unknown, file: string): string {
  if (error instanceof WraithError) throw error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (!String(code).startsWith("Z_"))
    throw new WraithError("RECORDING_INVALID", `The recording cannot be read: ${message}.`, { file }, error);
  return `the file is not whole gzip: ${message}`;
}

async function missing(workspace: Workspace, id: string): Promise<WraithError> {
  const ids = await listSessions(workspace);
  const last = ids.slice(-5).join(", ");
  const others =
    ids.length === 0
      ? "it has no recordings"
      : ids.length <= 5
        ? `it has ${last}`
        : `it has ${ids.length}, of which the last are ${last}`;
  return new WraithError("RECORDING_MISSING", `"${workspace.name}" has no session ${JSON.stringify(id)}; ${others}.`);
}

/** How far a session's numbers go: what goes on with it takes the next ones. */
export interface SessionExtent {
  readonly startedMs: number;
  /** One more than the highest number of an exchange. */
  readonly exchanges: number;
  /** The highest number of a connection. */
  readonly conns: number;
}

/**
 * The extent of a session; undefined where it has no file. Read in pieces that leave a running relay its time, and nothing of them
 * is kept. Throws RECORDING_INVALID.
 */
export async function readSessionExtent(workspace: Workspace, id: string): Promise<SessionExtent | undefined> {
  const file = await findSessionFile(workspace, id);
  if (file === undefined) return undefined;
  const reader = createLineReader();
  let startedMs: number | undefined;
  let exchanges = 0;
  let conns = 0;
  const lines = createLineSplitter((bytes) => {
    const line = reader.read(bytes);
    if (line?.kind === "session") startedMs ??= Date.parse(line.head.startedAt);
    if (line?.kind !== "open") return;
    exchanges = Math.max(exchanges, line.x + 1);
    conns = Math.max(conns, line.conn);
  });
  const content = openSessionFile(file);
  for await (const piece of content as AsyncIterable<Buffer>) lines.push(piece);
  lines.end();
  if (startedMs !== undefined) return { startedMs, exchanges, conns };
  throw new WraithError("RECORDING_INVALID", "The first line of the recording is not the head of a session.", {
    file,
    line: 1,
  });
}
