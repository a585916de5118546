import type { SchemaSources } from "../formats/format.ts";
import type { Config } from "./config.ts";
import type { Workspace } from "./workspace.ts";

/** All schemas of a twin: the descriptor set of wraith.toml, then everything in `proto/`. Throws CONFIG_INVALID for a file that is missing. */
export async function readSchemaSources(_workspace: Workspace, _config: Config): Promise<SchemaSources> {
  throw new Error("not written yet");
}
