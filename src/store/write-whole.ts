import { rename, rm, writeFile } from "node:fs/promises";

/** Writes a file beside its target and renames it: a crash leaves the old one or the new one. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const beside = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(beside, content);
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
