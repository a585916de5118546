import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { rootCertificates } from "node:tls";
import { WraithError } from "../base/errors.ts";
import type { Config } from "../store/config.ts";
import type { Workspace } from "../store/workspace.ts";

/** The certificates that an upstream is trusted by: those of Node and `[upstream] ca`; undefined where only Node's are. Throws CONFIG_INVALID. */
export async function readCertificates(workspace: Workspace, config: Config): Promise<readonly string[] | undefined> {
  if (config.upstream.ca === undefined) return undefined;
  const file = resolve(workspace.dir, config.upstream.ca);
  try {
    return [...rootCertificates, await readFile(file, "utf8")];
  } catch (error) {
    const place = { file: workspace.configFile, field: "upstream.ca" };
    throw new WraithError("CONFIG_INVALID", `The certificate file ${file} cannot be read.`, place, error);
  }
}
