import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { INTEROP, root } from "./harness.ts";

/**
 * Installs foreign servers and clients into an ignored folder, pinned, and kept between runs. What cannot be installed is
 * said; in CI nothing may be missing.
 */
export function setup(): void {
  const missing: string[] = [];
  for (const [name, needs, proof] of [
    ["llama", ["python3"], "llama-venv/pins"],
    ["etcd", ["python3", "go"], "bin/etcd"],
    ["catalog", ["go"], "bin/catalog-go-client"],
  ] as const) {
    const absent = needs.filter((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);
    if (absent.length > 0) {
      missing.push(`${name}: ${absent.join(" and ")} not found`);
      continue;
    }
    const run = spawnSync("bash", [join(root, "test/interop", name, "setup.sh"), INTEROP], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (run.status !== 0 || !existsSync(join(INTEROP, proof)))
      missing.push(`${name}: set-up failed (exit ${run.status})`);
  }
  for (const line of missing) console.error(`interop: skipped ${line}`);
  if (missing.length > 0 && process.env["CI"] === "true")
    throw new Error(`interop servers are missing in CI: ${missing.join("; ")}`);
}
