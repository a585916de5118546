import { renameSync, writeFileSync } from "node:fs";

/** Writes `{url, port, pid, ...}` once a port is open; whole or not at all, so that a watcher never reads half of it. */
export function writeReadyFile(file: string, content: { url: string; port: number } & Record<string, unknown>): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify({ ...content, pid: process.pid })}\n`);
  renameSync(temporary, file);
}
