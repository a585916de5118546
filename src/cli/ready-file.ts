import { renameSync, rmSync, writeFileSync } from "node:fs";
import { WraithError } from "../base/errors.ts";

/** Writes `{url, port, pid, ...}` once a port is open; whole or not at all, so that a watcher never reads half of it. Throws DISK_FAILED. */
export function writeReadyFile(file: string, content: { url: string; port: number } & Record<string, unknown>): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify({ ...content, pid: process.pid })}\n`);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    const { message } = error as Error;
    throw new WraithError("DISK_FAILED", `The file of --ready-json cannot be written: ${message}.`, { file }, error);
  }
}
