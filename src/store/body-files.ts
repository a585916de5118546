import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { textFromBytes } from "../base/bytes.ts";
import { WraithError } from "../base/errors.ts";
import { BODY_NAME, bodyName, type FindBody } from "../model/bodies.ts";
import { isMissing } from "./workspace.ts";

/** The bodies of a model folder (`bodies/<SHA-256>`). */
export interface BodyFiles {
  /** Names, sorted. */
  readonly names: readonly string[];
  /** Reads a body when a take that refers to it is looked into. Throws MODEL_INVALID where it is not what its name says any more. */
  readonly find: FindBody;
}

/** Looks at each body once, and keeps none of them. Throws MODEL_INVALID with the file of one that is not what its name says. */
export async function openBodies(folder: string): Promise<BodyFiles> {
  const below = bodiesDir(folder);
  const names = (await namesIn(below)).filter((name) => BODY_NAME.test(name)).sort();
  for (const name of names) checked(await readFile(join(below, name)), name, below);
  const known = new Set(names);
  return {
    names,
    find: (name) => (known.has(name) ? textFromBytes(checked(readAgain(join(below, name)), name, below)) : undefined),
  };
}

/** A body that was there when the model was opened. */
function readAgain(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const text = isMissing(error)
      ? "The body is gone since the model was opened: another model may have taken its place."
      : `The body cannot be read: ${(error as Error).message}.`;
    throw new WraithError("MODEL_INVALID", text, { file }, error);
  }
}

/** Writes the bodies of a model, by name; makes no folder where there are none. */
export async function writeBodies(folder: string, bodies: ReadonlyMap<string, Uint8Array>): Promise<void> {
  if (bodies.size === 0) return;
  await mkdir(bodiesDir(folder), { recursive: true });
  // A body is its bytes, also where git would change the line ends of a text.
  await writeFile(join(bodiesDir(folder), ".gitattributes"), "* -text\n");
  for (const [name, bytes] of bodies) await writeFile(join(bodiesDir(folder), name), bytes);
}

function bodiesDir(folder: string): string {
  return join(folder, "bodies");
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function checked(bytes: Uint8Array, name: string, folder: string): Uint8Array {
  if (bodyName(bytes) === name) return bytes;
  throw new WraithError("MODEL_INVALID", "The body is not what its name, its SHA-256, says.", {
    file: join(folder, name),
  });
}
