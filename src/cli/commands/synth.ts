import { otherKeyNotice } from "../../app/open-scrubber.ts";
import { openTwin } from "../../app/open-twin.ts";
import { learnModel } from "../../app/synth.ts";
import { collect, type CommandDefinition } from "../command.ts";
import { printPrettySynth, printTextSynth } from "../synth-output.ts";
import { printable } from "../terminal.ts";

interface Options {
  readonly session?: readonly string[];
  readonly tag?: readonly string[];
  readonly force?: boolean;
}

export const command: CommandDefinition = {
  name: "synth",
  summary: "learn the model from the recordings",
  examples: [
    "wraith synth my-llm",
    "wraith synth my-llm --tag golden           # from the sessions with this tag only",
    "wraith synth my-llm --force                # over a model that was edited by hand (kept as model.bak)",
    "wraith synth my-llm --format json | jq .report.exactEvents",
  ],
  define: (command, run) => {
    command
      .argument("<name>", "name of the twin")
      .option("--session <id>", "learn from this session only, repeatable", collect)
      .option("--tag <tag>", "learn from sessions with this tag only, repeatable", collect)
      .option("--force", "learn anew where symbols.json was edited by hand; the edited model is kept as model.bak")
      .action((name: string, options: Options) =>
        run(async ({ terminal, root }) => {
          const twin = await openTwin(root, name);
          const notice = await otherKeyNotice(twin.workspace, process.env);
          if (notice !== undefined) terminal.note(`wraith: ${printable(notice)}`);
          const report = await learnModel({
            ...twin,
            sessions: options.session ?? [],
            tags: options.tag ?? [],
            force: options.force === true,
            onProgress: (text) => terminal.progress(text),
          });
          terminal.done();
          const { name: id } = twin.workspace;
          if (terminal.format === "json") {
            terminal.printJson({ ok: true, twin: id, report });
            return 0;
          }
          if (terminal.format === "pretty") printPrettySynth(id, report, terminal);
          else printTextSynth(id, report, terminal);
          for (const note of report.notes) terminal.note(`wraith: ${printable(note)}`);
          return 0;
        }),
      );
  },
};
