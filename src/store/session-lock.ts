import { join } from "node:path";
import { WraithError } from "../base/errors.ts";
import { takeLock } from "./lock-file.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Takes a session for this process: two that append to one file would give their exchanges the same numbers, and a reader would lose
 * some of them. Gives what gives it back. Throws DISK_FAILED where another process has it; a lock that a killed one left does not count.
 */
export async function lockSession(workspace: Workspace, id: string): Promise<() => Promise<void>> {
  const file = join(workspace.sessionsDir, `${id}.lock`);
  const lock = await takeLock(file);
  if ("release" in lock) return lock.release;
  throw new WraithError(
    "DISK_FAILED",
    `another recorder, process ${lock.holder}, writes to it; if there is none, remove ${file}`,
    { file },
  );
}
