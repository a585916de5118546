import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { WraithError } from "../base/errors.ts";
import { isMissing, type Workspace } from "./workspace.ts";

/** A lock is empty for the moment between its making and its writing. */
const EMPTY_MS = 100;

/**
 * Takes a session for this process: two that append to one file would give their exchanges the same numbers, and a reader would lose
 * some of them. Gives what gives it back. Throws DISK_FAILED where another process has it; a lock that a killed one left does not count.
 */
export async function lockSession(workspace: Workspace, id: string): Promise<() => Promise<void>> {
  const file = join(workspace.sessionsDir, `${id}.lock`);
  while (!(await makeLock(file))) {
    const holder = await readHolder(file);
    if (holder !== undefined && holder !== process.pid && isAlive(holder))
      throw new WraithError(
        "DISK_FAILED",
        `another recorder, process ${holder}, writes to it; if there is none, remove ${file}`,
        { file },
      );
    await rm(file, { force: true });
  }
  return () => rm(file, { force: true });
}

/** False where there is one. */
async function makeLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, `${process.pid}\n`, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    await rm(file, { force: true }).catch(() => undefined);
    throw new WraithError("DISK_FAILED", `${file} cannot be written: ${(error as Error).message}`, { file }, error);
  }
}

/** The process that has a lock; undefined where nobody does any more. */
async function readHolder(file: string): Promise<number | undefined> {
  try {
    let text = await readFile(file, "utf8");
    if (text === "") {
      await pause(EMPTY_MS);
      text = await readFile(file, "utf8");
    }
    const pid = Number(text);
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
