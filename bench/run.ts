// usage: npm run bench -- [sse] [pace] [recorder] [learn] [grpc] [idle] [start]
// Measures against the limit and a peer in one run. Without names all are measured, and bench/RESULTS.md is written.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { measureGrpc } from "./grpc.ts";
import { machine, root, type Result } from "./harness.ts";
import { measureIdle } from "./idle.ts";
import { measureLearning } from "./learn.ts";
import { measurePace } from "./pace.ts";
import { measureRecorder } from "./recorder.ts";
import { measureSse } from "./sse.ts";
import { measureStart } from "./start.ts";

const MEASUREMENTS: Readonly<Record<string, () => Promise<Result>>> = {
  start: measureStart,
  sse: measureSse,
  grpc: measureGrpc,
  pace: measurePace,
  idle: measureIdle,
  recorder: measureRecorder,
  learn: measureLearning,
};

function markdown({ title, columns, rows, notes }: Result): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const table = [line(columns), line(columns.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)];
  return [`## ${title}`, "", ...table, "", ...notes.flatMap((n) => [n, ""])].join("\n");
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(MEASUREMENTS, name));
if (unknown.length > 0) {
  console.error(`There is no measurement ${unknown.join(", ")}. There are: ${Object.keys(MEASUREMENTS).join(", ")}.`);
  process.exit(1);
}
const sections: string[] = [];
for (const [name, measure] of Object.entries(MEASUREMENTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`${name} ...`);
  const section = markdown(await measure());
  console.log(section);
  sections.push(section);
}
if (wanted.length === 0) {
  const head = `# Measurements\n\nOne run of \`npm run bench\` on ${machine()}, ${new Date().toISOString().slice(0, 10)}. Servers on one core, load on the other.\nAbsolute numbers drift on a shared machine; ratios within the run hold.\n`;
  writeFileSync(join(root, "bench/RESULTS.md"), `${head}\n${sections.join("\n").trimEnd()}\n`);
}
