// Loaded before a program (--import): when it ends, its own CPU time and memory go to the file that BENCH_USAGE names.
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage = { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, maxRssBytes: maxRSS * 1024 };
  writeFileSync(process.env.BENCH_USAGE, JSON.stringify(usage));
});
