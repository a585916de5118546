import { open, rename, rm, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { WraithError } from "../base/errors.ts";
import type { SessionHead } from "../recording/exchange.ts";
import { WREC_VERSION } from "../recording/wrec.ts";
import { findSessionFile, openSessionFile } from "./session-files.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Lines wait this long for others, so that a batch costs one write. Little, for they were gathered before they were made: a killed
 * recorder loses at most 10 ms, all in all.
 */
const GATHER_MS = 1;
/** A batch is written in pieces of about this size, so that a slow disk frees memory as it goes. */
const WRITE_BYTES = 1024 * 1024;
const LF = 10;

/** The open file of a session: lines are gathered and appended in batches. */
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
export async function openJournal(workspace: Workspace, head: SessionHead): Promise<Journal> {
  const file = join(workspace.sessionsDir, `${head.session}.wrec`);
  let handle: FileHandle | undefined;
  try {
    await unzipForAppending(workspace, head.session, file);
    // For reading, too: what a torn last line needs can be known only from its last byte.
    handle = await open(file, "a+");
    const opening = await openingOf(handle, head);
    if (opening !== "") await handle.appendFile(opening);
    return createJournal(head.session, handle);
  } catch (error) {
    await handle?.close();
    throw new WraithError(
      "DISK_FAILED",
      `The recording ${file} cannot be written: ${(error as Error).message}.`,
      { file },
      error,
    );
  }
}

/** What has to come before the first line that is appended: the session's head, or the end of a line that was torn. */
async function openingOf(handle: FileHandle, head: SessionHead): Promise<string> {
  const { size } = await handle.stat();
  if (size === 0) return `${JSON.stringify({ wrec: WREC_VERSION, ...head })}\n`;
  const last = Buffer.alloc(1);
  await handle.read(last, 0, 1, size - 1);
  return last[0] === LF ? "" : "\n";
}

/** A session that was zipped since is unzipped to be gone on with. */
async function unzipForAppending(workspace: Workspace, session: string, file: string): Promise<void> {
  const found = await findSessionFile(workspace, session);
  if (found === undefined || found === file) return;
  const beside = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(beside, await buffer(openSessionFile(found)));
    await rename(beside, file);
    await rm(found);
  } finally {
    await rm(beside, { force: true });
  }
}

function createJournal(session: string, handle: FileHandle): Journal {
  let waiting: string[] = [];
  let waitingBytes = 0;
  let failure: Error | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  /** Writes what waits now; what comes meanwhile is gathered for the next time. */
  const write = async (): Promise<void> => {
    const lines = waiting;
    waiting = [];
    try {
      for (let from = 0; from < lines.length;) {
        const start = from;
        for (let chars = 0; from < lines.length && chars < WRITE_BYTES; from++) chars += lines[from]!.length;
        const batch = Buffer.from(lines.slice(start, from).join(""));
        await handle.appendFile(batch);
        waitingBytes -= batch.length;
      }
    } catch (error) {
      failure = error as Error;
      waiting = [];
      waitingBytes = 0;
    }
  };
  const schedule = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      writing = write().then(() => {
        writing = undefined;
        if (waiting.length > 0 && closing === undefined) schedule();
      });
    }, GATHER_MS);
  };
  return {
    session,
    append(line) {
      if (failure !== undefined || closing !== undefined) return;
      const text = `${JSON.stringify(line)}\n`;
      waiting.push(text);
      waitingBytes += Buffer.byteLength(text);
      if (writing === undefined) schedule();
    },
    get waitingBytes() {
      return waitingBytes;
    },
    get failure() {
      return failure;
    },
    close: () =>
      (closing ??= (async () => {
        clearTimeout(timer);
        await writing;
        await write();
        try {
          await handle.close();
        } catch (error) {
          failure ??= error as Error;
        }
      })()),
  };
}
