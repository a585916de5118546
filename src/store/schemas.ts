import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import type { SchemaSources } from "../formats/format.ts";
import { refuseConfig, type Config } from "./config.ts";
import { isMissing, type Workspace } from "./workspace.ts";

/**
 * All schemas of a twin: the descriptor set of wraith.toml, then everything in `proto/` (`.proto`; `.binpb`, `.pb` and `.desc` are
 * descriptor sets), sorted by path. Paths are relative to `proto/`, as imports name them. Throws CONFIG_INVALID for a file that is missing.
 */
export async function readSchemaSources(workspace: Workspace, config: Config): Promise<SchemaSources> {
  const paths = await filesBelow(workspace.protoDir);
  const read = (path: string): Promise<Buffer> => readFile(join(workspace.protoDir, path));
  const [named, protoFiles, descriptorSets] = await Promise.all([
    readNamedSet(workspace, config),
    Promise.all(
      paths.filter((p) => p.endsWith(".proto")).map(async (path) => ({ path, text: (await read(path)).toString() })),
    ),
    Promise.all(
      paths.filter((p) => /\.(binpb|pb|desc)$/.test(p)).map(async (path) => ({ path, bytes: await read(path) })),
    ),
  ]);
  return {
    protoFiles,
    descriptorSets: [...named, ...descriptorSets],
    maxMessageBytes: config.recordings.maxMessageMb * 1024 * 1024,
  };
}

async function readNamedSet(workspace: Workspace, { descriptorSet }: Config): Promise<SchemaSources["descriptorSets"]> {
  if (descriptorSet === undefined) return [];
  const file = resolve(workspace.dir, descriptorSet);
  try {
    return [{ path: file, bytes: await readFile(file) }];
  } catch (error) {
    const why = isMissing(error) ? "that does not exist" : `that cannot be read (${(error as Error).message})`;
    throw await refuseConfig(workspace, ["schemas", "descriptor_set"], `names a file ${why}: ${file}`);
  }
}

/** Files below a folder, relative, with `/`, sorted; none where it is missing. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((e) => !e.isDirectory());
    return files.map((e) => relative(folder, join(e.parentPath, e.name)).replaceAll(sep, "/")).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
