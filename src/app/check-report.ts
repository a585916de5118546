import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Workspace } from "../store/workspace.ts";
import type { CheckReport } from "./check.ts";

/**
 * Writes a report to `reports/check-<mode>.json`, beside the one before and then over it; gives the file's path. Rejects with
 * the error of the file system: a report that cannot be written makes no check fail.
 */
export async function writeReport(workspace: Workspace, report: CheckReport): Promise<string> {
  const file = join(workspace.reportsDir, `check-${report.conformance.mode}.json`);
  const temporary = `${file}.${process.pid}.tmp`;
  await mkdir(workspace.reportsDir, { recursive: true });
  await writeFile(temporary, `${JSON.stringify(report, null, 2)}\n`);
  await rename(temporary, file);
  return file;
}
