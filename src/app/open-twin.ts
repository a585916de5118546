import { createFormats } from "../formats/index.ts";
import type { Formats } from "../formats/format.ts";
import { readConfig, type Config } from "../store/config.ts";
import { readSchemaSources } from "../store/schemas.ts";
import { openWorkspace, type Workspace } from "../store/workspace.ts";

/** A twin's workspace with its configuration and the formats that its schemas give. */
export interface OpenTwin {
  readonly workspace: Workspace;
  readonly config: Config;
  readonly formats: Formats;
}

/** Opens the workspace of a twin. Throws NAME_INVALID, WORKSPACE_MISSING, CONFIG_INVALID, SCHEMA_INVALID. */
export async function openTwin(root: string, name: string): Promise<OpenTwin> {
  const workspace = await openWorkspace(root, name);
  const config = await readConfig(workspace);
  return { workspace, config, formats: createFormats(await readSchemaSources(workspace, config)) };
}
