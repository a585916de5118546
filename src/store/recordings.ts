import type { Session, SessionHead } from "../recording/exchange.ts";
import type { Workspace } from "./workspace.ts";

export interface SessionFilter {
  /** Session ids; empty means all. */
  readonly sessions: readonly string[];
  /** Tags; a session needs one of them; empty means all. */
  readonly tags: readonly string[];
}

/** Ids of all sessions (`.wrec` and `.wrec.gz`), in order of their start, then name. */
export async function listSessions(_workspace: Workspace): Promise<readonly string[]> {
  throw new Error("not written yet");
}

/** Reads one session, also one that is still being written. Throws RECORDING_MISSING, RECORDING_INVALID (its first line is broken). */
export async function readSession(_workspace: Workspace, _id: string): Promise<Session> {
  throw new Error("not written yet");
}

/** The sessions that the filter selects, one at a time, in the order of `listSessions`. */
export async function* readSessions(_workspace: Workspace, _filter: SessionFilter): AsyncGenerator<Session> {
  throw new Error("not written yet");
}

/** The open file of a session: lines are gathered and appended in batches, at most every 5 ms. */
export interface Journal {
  readonly session: string;
  /** Takes a line (an object of the `.wrec` format, already scrubbed). Never blocks, never throws. */
  append(line: object): void;
  /** Bytes that wait for the disk. */
  readonly waitingBytes: number;
  /** The first write error, once there was one; later lines are dropped. */
  readonly failure: Error | undefined;
  /** Writes what waits and closes the file. */
  close(): Promise<void>;
}

/** Opens a session's file for appending and writes its first line (a named session that exists gets none). Throws DISK_FAILED. */
export async function openJournal(_workspace: Workspace, _head: SessionHead): Promise<Journal> {
  throw new Error("not written yet");
}
