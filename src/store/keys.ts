import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { WraithError } from "../base/errors.ts";
import { KEY_FILE } from "./initial-files.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The key that tokens are made with: that of `WRAITH_HMAC_KEY`, else the one in the twin's folder. `missing` in CI without the
 * variable, where a file's key would be another one each time.
 */
export type StoredKey =
  | { readonly kind: "secret"; readonly secret: string; readonly from: "variable" | "file" }
  | { readonly kind: "missing" };

/** Reads the key of a twin, and makes one where there is none. Throws CONFIG_INVALID for a key file that is empty, DISK_FAILED. */
export async function readKey({ dir }: { readonly dir: string }, env: Environment): Promise<StoredKey> {
  const variable = env["WRAITH_HMAC_KEY"];
  if (variable !== undefined && variable !== "") return { kind: "secret", secret: variable, from: "variable" };
  if (isCi(env)) return { kind: "missing" };
  const secret = await createKeyFile(dir);
  return { kind: "secret", secret, from: "file" };
}

/** The key in a twin's folder, or undefined. Makes nothing. Throws CONFIG_INVALID, DISK_FAILED. */
export async function findKeyFile(dir: string): Promise<string | undefined> {
  const file = join(dir, KEY_FILE);
  try {
    const secret = (await readFile(file, "utf8")).trim();
    if (secret !== "") return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new WraithError(
      "DISK_FAILED",
      `The key ${file} cannot be read: ${(error as Error).message}.`,
      { file },
      error,
    );
  }
  throw new WraithError("CONFIG_INVALID", "The key file is empty; remove it, and another key is made.", { file });
}

/** Makes the key file of a twin where there is none (readable by its owner only), and gives the key in it. Throws as `findKeyFile`. */
export async function createKeyFile(dir: string): Promise<string> {
  const known = await findKeyFile(dir);
  if (known !== undefined) return known;
  const file = join(dir, KEY_FILE);
  // Also two of one process may make a key at the same time.
  const beside = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(beside, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
    // Of two that make a key at the same time one wins, and both use its key.
    await link(beside, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } catch (error) {
    throw new WraithError(
      "DISK_FAILED",
      `The key ${file} cannot be written: ${(error as Error).message}.`,
      { file },
      error,
    );
  } finally {
    await rm(beside, { force: true });
  }
  return (await findKeyFile(dir))!;
}

/** Whether this is a continuous integration run, by the variable that all of them set. */
export function isCi(env: Environment): boolean {
  return env["CI"] === "true" || env["CI"] === "1";
}
