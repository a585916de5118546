import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { INTEROP, root } from "./harness.ts";

/**
 * Installs foreign servers and clients into an ignored folder, pinned, and kept between runs. What cannot be installed is
 * said; in CI none of the servers and clients may be missing that wraith promises to work with.
 */
export function setup(): void {
  const missing: string[] = [];
  const required: string[] = [];
  for (const [name, needs, proof, isRequired] of [
    ["llama", ["python3"], "llama-venv/pins", true],
    ["etcd", ["python3", "go"], "bin/etcd", true],
    ["catalog", ["go"], "bin/catalog-go-client", true],
    ["h2spec", ["go"], "bin/h2spec", false],
  ] as const) {
    const skip = (why: string): void => {
      missing.push(`${name}: ${why}`);
      if (isRequired) required.push(`${name}: ${why}`);
    };
    const absent = needs.filter((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0);
    if (absent.length > 0) {
      skip(`${absent.join(" and ")} not found`);
      continue;
    }
    const run = spawnSync("bash", [join(root, "test/interop", name, "setup.sh"), INTEROP], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (run.status !== 0 || !existsSync(join(INTEROP, proof))) skip(`set-up failed (exit ${run.status})`);
  }
  for (const line of missing) console.error(`interop: skipped ${line}`);
  if (required.length > 0 && process.env["CI"] === "true")
    throw new Error(`interop servers are missing in CI: ${required.join("; ")}`);
}
