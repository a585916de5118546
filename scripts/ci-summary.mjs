// usage: node scripts/ci-summary.mjs FOLDER FAILED_STEPS
// Adds up the vitest JSON reports in FOLDER and prints `N passed, N failed` as the last line. A failed step that no failed
// test explains counts as one failure. Exit 1 where anything failed.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, failedSteps] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of readdirSync(folder).sort()) {
  const report = JSON.parse(readFileSync(join(folder, file), "utf8"));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests;
  for (const suite of report.testResults)
    for (const test of suite.assertionResults)
      if (test.status === "failed")
        console.log(
          `FAILED ${file}: ${test.fullName}\n  ${(test.failureMessages[0] ?? "").split("\n").slice(0, 4).join("\n  ")}`,
        );
  console.log(
    `${file}: ${report.numPassedTests} passed, ${report.numFailedTests} failed, ${report.numPendingTests} skipped`,
  );
}
failed = Math.max(failed, Number(failedSteps));
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
