import { access, constants, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { WraithError } from "../base/errors.ts";
import { checkBaseUrl } from "./base-url.ts";
import { initialConfig, initialGitignore, initialScrubRules } from "./initial-files.ts";
import { writeWhole } from "./write-whole.ts";

/** The folders of one twin (SPEC section 1). All paths are absolute. */
export interface Workspace {
  readonly name: string;
  /** `<root>/twins/<name>`. */
  readonly dir: string;
  readonly configFile: string;
  readonly scrubFile: string;
  readonly driftFile: string;
  readonly protoDir: string;
  readonly sessionsDir: string;
  readonly modelDir: string;
  readonly symbolsFile: string;
  readonly reportsDir: string;
}

/** Whether a twin or session name is allowed. */
export function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name);
}

/** Paths of a twin; checks the name only. Throws NAME_INVALID. */
export function workspaceAt(root: string, name: string): Workspace {
  if (!isName(name)) throw new WraithError("NAME_INVALID", `${JSON.stringify(name)} cannot be the name of a twin.`);
  const dir = join(resolve(root), "twins", name);
  const modelDir = join(dir, "model");
  return {
    name,
    dir,
    configFile: join(dir, "wraith.toml"),
    scrubFile: join(dir, "scrub.toml"),
    driftFile: join(dir, "drift.toml"),
    protoDir: join(dir, "proto"),
    sessionsDir: join(dir, "recordings", "sessions"),
    modelDir,
    symbolsFile: join(modelDir, "symbols.json"),
    reportsDir: join(dir, "reports"),
  };
}

/** The workspace of an existing twin. Throws NAME_INVALID, WORKSPACE_MISSING (says where it looked and which twins there are). */
export async function openWorkspace(root: string, name: string): Promise<Workspace> {
  const workspace = workspaceAt(root, name);
  if (await exists(workspace.configFile)) return workspace;
  const twins = await listTwins(root);
  const others = twins.length === 0 ? "there are no twins in that folder" : `twins in that folder: ${twins.join(", ")}`;
  throw new WraithError(
    "WORKSPACE_MISSING",
    `There is no twin "${name}" (looked for ${workspace.configFile}; ${others}).`,
  );
}

/** Makes folders, wraith.toml (commented), scrub.toml, .gitignore. Throws NAME_INVALID, WORKSPACE_EXISTS, BASE_URL_INVALID. */
export async function createWorkspace(
  root: string,
  name: string,
  options: { baseUrl: string; force: boolean },
): Promise<Workspace> {
  const workspace = workspaceAt(root, name);
  const baseUrl = checkBaseUrl(options.baseUrl);
  if (!options.force && (await exists(workspace.configFile)))
    throw new WraithError("WORKSPACE_EXISTS", `There is a twin "${name}" already.`, { file: workspace.configFile });
  for (const dir of [workspace.sessionsDir, workspace.protoDir]) await mkdir(dir, { recursive: true });
  await writeWhole(workspace.configFile, initialConfig(baseUrl));
  // Rules about secrets are never thrown away, not even by --force.
  await writeNew(workspace.scrubFile, initialScrubRules());
  await writeNew(join(workspace.dir, ".gitignore"), initialGitignore());
  return workspace;
}

/**
 * Makes the folder of recordings where it is missing (git keeps no empty folders), and sees that it can be written to, before anybody
 * has said anything that would be lost. Throws DISK_FAILED.
 */
export async function makeSessionsFolder({ sessionsDir }: Workspace): Promise<void> {
  try {
    await mkdir(sessionsDir, { recursive: true });
    await access(sessionsDir, constants.W_OK);
  } catch (error) {
    const { message } = error as Error;
    throw new WraithError("DISK_FAILED", `Recordings cannot be written: ${message}.`, { file: sessionsDir }, error);
  }
}

/** Names of all twins below a root, sorted. */
export async function listTwins(root: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(join(resolve(root), "twins"), { withFileTypes: true });
    const names = entries.filter((e) => !e.isFile() && isName(e.name)).map((e) => e.name);
    const found = await Promise.all(names.map((n) => exists(workspaceAt(root, n).configFile)));
    return names.filter((_, i) => found[i]).sort();
  } catch {
    return [];
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Whether an error of the file system says that nothing is there. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Writes a file where none is. */
async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
