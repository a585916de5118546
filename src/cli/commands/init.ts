import { relative } from "node:path";
import { readKey } from "../../store/keys.ts";
import { createWorkspace } from "../../store/workspace.ts";
import type { CommandDefinition } from "../command.ts";

export const command: CommandDefinition = {
  name: "init",
  summary: "make the workspace of a twin",
  examples: [
    "wraith init my-llm --base-url http://localhost:11435",
    "wraith init payments --base-url https://api.example.com/v2 --force",
  ],
  define: (command, run) => {
    command
      .argument("<name>", "name of the twin")
      .requiredOption("--base-url <url>", "origin (and path prefix) of the real API")
      .option("--force", "write the configuration anew where a twin is there; recordings are kept")
      .action((name: string, options: { baseUrl: string; force?: boolean }) =>
        run(async ({ terminal, root }) => {
          const workspace = await createWorkspace(root, name, {
            baseUrl: options.baseUrl,
            force: options.force === true,
          });
          // Made now, so that whoever commits the workspace sees that git leaves it out.
          await readKey(workspace, process.env);
          const dir = relative(process.cwd(), workspace.dir) || ".";
          if (terminal.format === "json")
            terminal.printJson({ ok: true, twin: name, dir: workspace.dir, config: workspace.configFile });
          else {
            terminal.print(`Created ${dir}/ for ${options.baseUrl}.`);
            terminal.note(`Next: wraith record ${name} --port 8090, and point a client at http://localhost:8090`);
          }
          return 0;
        }),
      );
  },
};
