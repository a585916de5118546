import { setTimeout as pause } from "node:timers/promises";
import { WraithError } from "../base/errors.ts";
import { takeLock } from "./lock-file.ts";
import type { Workspace } from "./workspace.ts";

/** A model is written in less, and whoever comes second waits. */
const WAIT_MS = 10_000;
const LOOK_AGAIN_MS = 20;

/** Writes of this process to one model, one after the other. */
const inLine = new Map<string, Promise<unknown>>();

/**
 * Does work on the model folder while nobody else does: the folders beside it have one name, and two that write would take each other's
 * away. Throws DISK_FAILED where another process works on it for ten seconds.
 */
export async function withModelLocked<T>({ modelDir }: Workspace, work: () => Promise<T>): Promise<T> {
  const before = inLine.get(modelDir) ?? Promise.resolve();
  const mine = before.then(async () => {
    const release = await waitForLock(modelDir);
    try {
      return await work();
    } finally {
      await release();
    }
  });
  const settled = mine.catch(() => undefined);
  inLine.set(modelDir, settled);
  try {
    return await mine;
  } finally {
    if (inLine.get(modelDir) === settled) inLine.delete(modelDir);
  }
}

async function waitForLock(modelDir: string): Promise<() => Promise<void>> {
  const file = `${modelDir}.lock`;
  for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
    const lock = await takeLock(file).catch((error: Error) => {
      throw new WraithError("DISK_FAILED", `The model cannot be written: ${error.message}.`, { file: modelDir }, error);
    });
    if ("release" in lock) return lock.release;
    if (waitedMs >= WAIT_MS)
      throw new WraithError(
        "DISK_FAILED",
        `Another synth, process ${lock.holder}, is writing this model; if there is none, remove ${file}.`,
        { file },
      );
    await pause(LOOK_AGAIN_MS);
  }
}
