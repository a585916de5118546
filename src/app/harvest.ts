import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { harvestSchemas } from "../net/reflection-client.ts";
import type { Config } from "../store/config.ts";
import { readSchemaSources } from "../store/schemas.ts";
import type { Workspace } from "../store/workspace.ts";
import { writeWhole } from "../store/write-whole.ts";
import { readCertificates } from "./certificates.ts";

/** File below `proto/` that keeps what the upstream's reflection service said. */
const HARVESTED = "harvested.binpb";

export interface HarvesterOptions {
  readonly workspace: Workspace;
  readonly config: Config;
  readonly onNotice: (text: string) => void;
}

/** Asks the upstream for its schemas, once, where the twin has none. */
export interface SchemaHarvester {
  /** A call came that schemas would explain. Returns at once: nothing waits for the answer, and no failure is one of the recorder's. */
  harvest(): void;
  /** Resolves when no question is under way any more. */
  settled(): Promise<void>;
}

export function createSchemaHarvester(options: HarvesterOptions): SchemaHarvester {
  let work: Promise<void> | undefined;
  return {
    harvest: () => void (work ??= harvestOnce(options).catch((error: unknown) => options.onNotice(failure(error)))),
    settled: async () => work,
  };
}

async function harvestOnce({ workspace, config, onNotice }: HarvesterOptions): Promise<void> {
  const { protoFiles, descriptorSets } = await readSchemaSources(workspace, config);
  if (protoFiles.length > 0 || descriptorSets.length > 0) return;
  const harvest = await harvestSchemas({ baseUrl: config.baseUrl, ca: await readCertificates(workspace, config) });
  if (harvest.kind === "none") {
    onNotice(
      `There are no schemas in ${workspace.protoDir}, and the upstream gives none (${harvest.reason}): messages are read by their wire types.`,
    );
    return;
  }
  await mkdir(workspace.protoDir, { recursive: true });
  await writeWhole(join(workspace.protoDir, HARVESTED), harvest.descriptorSet);
  onNotice(`The upstream's schemas are kept in proto/${HARVESTED}: ${harvest.services.join(", ")}.`);
}

function failure(error: unknown): string {
  return `The upstream's schemas could not be kept: ${error instanceof Error ? error.message : String(error)}.`;
}
