import { relative } from "node:path";
import { checkTwin, type CheckReport } from "../../app/check.ts";
import { writeReport } from "../../app/check-report.ts";
import { mutateTwin, type MutateOptions } from "../../app/check-mutate.ts";
import { otherKeyNotice } from "../../app/open-scrubber.ts";
import { openTwin } from "../../app/open-twin.ts";
import { ERRORS, EXIT, WraithError } from "../../base/errors.ts";
import type { CheckMode } from "../../check/score.ts";
import type { Workspace } from "../../store/workspace.ts";
import { formatScore, printPretty, printText } from "../check-output.ts";
import { printMutations } from "../mutation-output.ts";
import { collect, type CommandDefinition } from "../command.ts";
import { printable, type Terminal } from "../terminal.ts";

interface Options {
  readonly inMemory?: boolean;
  readonly wire?: boolean;
  readonly upstream?: boolean;
  readonly mutate?: boolean;
  readonly showSuppressed?: boolean;
  readonly session?: readonly string[];
  readonly tag?: readonly string[];
}

export const command: CommandDefinition = {
  name: "check",
  summary: "replay every recorded exchange against the twin and compare",
  examples: [
    "wraith check my-llm",
    "wraith check my-llm --wire                 # through a real port",
    "wraith check my-llm --upstream             # against the live API: GET, HEAD and the routes of [upstream] allow",
    "wraith check my-llm --mutate               # would a check tell, if the model were wrong?",
    "wraith check my-llm --format json | jq .conformance.divergence_count",
  ],
  define: (command, run) => {
    command
      .argument("<name>", "name of the twin")
      .option("--in-memory", "ask the twin without a socket (default)")
      .option("--wire", "ask the twin through a free port, at max speed")
      .option("--upstream", "ask the live API instead of the twin")
      .option("--mutate", "change every place of the model, one at a time and in memory: would a check tell?")
      .option("--show-suppressed", "list what [[diff.suppress]] and drift.toml accept")
      .option("--session <id>", "check this session only, repeatable", collect)
      .option("--tag <tag>", "check sessions with this tag only, repeatable", collect)
      .action((name: string, options: Options) =>
        run(async ({ terminal, root }) => {
          const mode = modeOf(options);
          const twin = await openTwin(root, name);
          const { workspace } = twin;
          const filter = { sessions: options.session ?? [], tags: options.tag ?? [] };
          if (options.mutate === true) return mutate({ ...twin, ...filter }, terminal);
          const notice = mode === "upstream" ? undefined : await otherKeyNotice(workspace, process.env);
          if (notice !== undefined) terminal.note(`wraith: ${printable(notice)}`);
          const report = await checkTwin({
            ...twin,
            ...filter,
            mode,
            showSuppressed: options.showSuppressed === true,
            env: process.env,
            onNotice: (text) => terminal.note(`wraith: ${printable(text)}`),
            onProgress: ({ sessions, exchanges }) =>
              terminal.progress(`checked ${exchanges} exchanges of ${sessions} sessions`),
          });
          terminal.done();
          if (terminal.format === "json") terminal.printJson(report);
          else if (terminal.format === "pretty") printPretty(report, terminal);
          else printText(report, terminal);
          await keepReport(workspace, report, terminal);
          return report.ok ? 0 : belowBar(report, terminal);
        }),
      );
  },
};

/** Recordings that each change of the model is tried on. */
const MUTATION_LIMIT = 10;

async function mutate(given: Omit<MutateOptions, "limit" | "env">, terminal: Terminal): Promise<number> {
  const report = await mutateTwin({
    ...given,
    env: process.env,
    limit: MUTATION_LIMIT,
    onProgress: ({ mutations, total }) => terminal.progress(`tried ${mutations} of ${total} changes`),
  });
  terminal.done();
  if (terminal.format === "json") terminal.printJson(report);
  else printMutations(report, terminal);
  return report.ok ? 0 : EXIT.conformance;
}

function modeOf(options: Options): CheckMode {
  const modes: CheckMode[] = [];
  if (options.inMemory === true) modes.push("memory");
  if (options.wire === true) modes.push("wire");
  if (options.upstream === true) modes.push("upstream");
  if (options.mutate === true && modes.some((mode) => mode !== "memory"))
    throw new WraithError(
      "USAGE",
      "--mutate changes the model in memory: it goes neither with --wire nor with --upstream.",
    );
  if (modes.length > 1) throw new WraithError("USAGE", "Only one of --in-memory, --wire and --upstream can be given.");
  return modes[0] ?? "memory";
}

async function keepReport(workspace: Workspace, report: CheckReport, terminal: Terminal): Promise<void> {
  try {
    const file = await writeReport(workspace, report);
    if (!report.ok) terminal.note(`The whole report is in ${relative(process.cwd(), file)}.`);
  } catch (error) {
    terminal.note(
      `wraith: the report was not kept (${printable(error instanceof Error ? error.message : String(error))}).`,
    );
  }
}

function belowBar(report: CheckReport, terminal: Terminal): number {
  const { exit, help } = ERRORS.CONFORMANCE_BELOW_BAR;
  const { score_bp: score, session_pass_rate: rate } = report.conformance;
  terminal.note(
    `wraith: "${report.twin}" is below the bar: ${formatScore(score)} of its exchanges and ${formatScore(Math.floor(rate * 10_000))} of its sessions pass.\n  ${help} [CONFORMANCE_BELOW_BAR]`,
  );
  return exit;
}
