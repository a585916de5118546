import { diagnose } from "../../app/doctor.ts";
import type { Finding } from "../../app/finding.ts";
import type { CommandDefinition } from "../command.ts";
import { printable, type Terminal } from "../terminal.ts";

export const command: CommandDefinition = {
  name: "doctor",
  summary: "look for what is wrong: configuration, key, recordings, secrets that got through",
  examples: [
    "wraith doctor                              # this machine and all twins",
    "wraith doctor my-llm",
    "wraith doctor my-llm --format json | jq '.twins[].findings[] | select(.level == \"secret\")'",
  ],
  define: (command, run) => {
    command.argument("[name]", "name of the twin (default: all twins)").action((name: string | undefined) =>
      run(async ({ terminal, root }) => {
        const diagnosis = await diagnose({
          root,
          name,
          env: process.env,
          onProgress: (text) => terminal.progress(text),
        });
        terminal.done();
        const { exitCode, ...rest } = diagnosis;
        if (terminal.format === "json") {
          terminal.printJson({ ok: exitCode === 0, ...rest });
          return exitCode;
        }
        if (name === undefined) printGroup(diagnosis.tool, diagnosis.machine, terminal);
        for (const { twin, findings } of diagnosis.twins) printGroup(twin, findings, terminal);
        if (name === undefined && diagnosis.twins.length === 0)
          terminal.print("There are no twins here. Next: wraith init NAME --base-url URL");
        terminal.note(summaryOf(exitCode));
        return exitCode;
      }),
    );
  },
};

/** What is to be done first; it is in the order of the findings. */
function summaryOf(exitCode: number): string {
  if (exitCode === 3)
    return "Secrets stand in clear on the disk: add a rule to scrub.toml where one is missing, delete these recordings, record again, and run wraith synth.";
  return exitCode === 1 ? "Something is to be corrected." : "All is well.";
}

function printGroup(title: string, findings: readonly Finding[], terminal: Terminal): void {
  const { bold, dim, green, red, yellow } = terminal.colors;
  const marks = { ok: green("ok     "), note: yellow("note   "), problem: red("problem"), secret: red("secret ") };
  terminal.print(bold(printable(title)));
  for (const { level, area, text, place } of findings) {
    const where = place === undefined ? "" : dim(` (${printable(place)})`);
    terminal.print(`  ${marks[level]} ${dim(area.padEnd(10))} ${printable(text)}${where}`);
  }
}
