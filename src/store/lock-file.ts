import { readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { WraithError } from "../base/errors.ts";
import { isMissing } from "./workspace.ts";

/** A lock is empty for the moment between its making and its writing. */
const EMPTY_MS = 100;

/** A lock that was taken, or the process that has it. */
export type Lock = { readonly release: () => Promise<void> } | { readonly holder: number };

/**
 * Takes a lock file for this process, or says which other process has it. One that a killed process left, or this one, does not count.
 * Throws DISK_FAILED where it cannot be written; its message is no whole sentence.
 */
export async function takeLock(file: string): Promise<Lock> {
  while (!(await makeLock(file))) {
    const holder = await readHolder(file);
    if (holder === "gone") continue;
    if (holder !== "nobody" && holder !== process.pid && isAlive(holder)) return { holder };
    await rm(file, { force: true });
  }
  return { release: () => rm(file, { force: true }) };
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

/** The process that a lock names; `gone` where it was given back meanwhile: whoever takes it next is not to lose it. */
async function readHolder(file: string): Promise<number | "nobody" | "gone"> {
  try {
    let text = await readFile(file, "utf8");
    if (text === "") {
      await pause(EMPTY_MS);
      text = await readFile(file, "utf8");
    }
    const pid = Number(text);
    return Number.isInteger(pid) && pid > 0 ? pid : "nobody";
  } catch (error) {
    if (isMissing(error)) return "gone";
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
