// Checks the pure folders without Node's types, so that timers, sockets and process do not exist there. The two files that may
// import from Node come in through imports of others; what is said of them is left out.
import { spawnSync } from "node:child_process";

const EXEMPT = /^src\/(?:base\/digest|formats\/encoding)\.ts\(/;
const tsc = new URL("../node_modules/typescript/bin/tsc", import.meta.url).pathname;
const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.pure.json", "--pretty", "false"], {
  encoding: "utf8",
});
let exempted = false;
let failed = false;
for (const line of stdout.split("\n")) {
  // Lines that are indented go on with the message before.
  if (!line.startsWith(" ")) exempted = EXEMPT.test(line) || line === "";
  if (exempted) continue;
  failed = true;
  console.error(line);
}
process.exitCode = failed || status === null ? 1 : 0;
