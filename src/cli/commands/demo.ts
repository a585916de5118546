import { relative } from "node:path";
import { DEMO_FOLDER, DEMO_TWIN, runDemo, type DemoStep } from "../../app/demo.ts";
import { findHeader } from "../../base/http.ts";
import { printPretty } from "../check-output.ts";
import type { CommandDefinition } from "../command.ts";
import { INTERRUPTED } from "../failure.ts";
import { clip, printable, type Terminal } from "../terminal.ts";
import { untilStopped } from "../until-stopped.ts";

export const command: CommandDefinition = {
  name: "demo",
  summary: "the whole loop on an embedded upstream, without a network",
  examples: ["wraith demo", "wraith demo --dir /tmp"],
  define: (command, run) => {
    command.action(() =>
      run(async ({ terminal, root }) => {
        const stop = new AbortController();
        void untilStopped().then(() => stop.abort());
        const steps: DemoStep[] = [];
        const show = terminal.format === "json" ? (step: DemoStep) => void steps.push(step) : createNarrator(terminal);
        try {
          const { dir } = await runDemo({ root, env: process.env, signal: stop.signal, onStep: show });
          if (terminal.format === "json") terminal.printJson({ ok: isAsExpected(steps), dir, steps });
          else printNext(terminal, root);
          return 0;
        } catch (error) {
          if (!stop.signal.aborted) throw error;
          terminal.note("Stopped.");
          return INTERRUPTED;
        }
      }),
    );
  },
};

function isAsExpected(steps: readonly DemoStep[]): boolean {
  return steps.every((s) => (s.kind !== "checked" || s.report.ok) && (s.kind !== "caught" || !s.report.ok));
}

/** Tells the demo as it happens, one paragraph a step. */
function createNarrator(terminal: Terminal): (step: DemoStep) => void {
  const { bold, cyan, dim } = terminal.colors;
  let number = 0;
  const title = (text: string): void => {
    if (number > 0) terminal.print("");
    terminal.print(bold(`${++number}. ${text}`));
  };
  const say = (text: string): void => terminal.print(`   ${text}`);
  const width = Math.max(60, process.stdout.columns ?? 120);
  let beforeMs = 0;
  return (step) => {
    switch (step.kind) {
      case "upstream":
        title("init");
        return say(
          `A small server at ${step.url} stands in for a paid LLM: it speaks the OpenAI API, and takes its time.`,
        );
      case "recorded":
        title("record");
        say(
          `A client talked to it through the proxy: ${step.exchanges} exchanges in ${step.sessions.length} sessions (streams, one body, one error).`,
        );
        return say("Every byte and every pause is in the recordings; the client's API key is not: it became a token.");
      case "learned": {
        title("synth");
        const { report } = step;
        say(`${report.events} events learned, ${report.exactEvents} of them give their recorded bytes back exactly.`);
        for (const route of report.routes) {
          say(`${cyan(printable(route.route))}: ${route.shapes} shapes with ${route.holes} holes`);
          for (const { variant, guard } of route.variants) say(dim(`  ${printable(`${variant}  when ${guard}`)}`));
        }
        return;
      }
      case "checked":
        title("check");
        say(
          "Every recorded request is asked again, and what the twin says is compared with the recording, place by place.",
        );
        return printPretty(step.report, terminal);
      case "serving":
        title("serve");
        say(`The twin listens at ${step.url}. A client asks it what nobody asked before:`);
        return say(cyan(clip(printable(JSON.stringify(step.request)), width - 3)));
      case "event": {
        const { index, atMs, view } = step.event;
        terminal.print(
          clip(
            `   +${atMs.toFixed(0).padStart(5)} ms  ${dim(`(${(atMs - beforeMs).toFixed(0)})`.padStart(6))} ${String(index).padStart(3)}  ${printable(shortView(view))}`,
            width + 10,
          ),
        );
        beforeMs = atMs;
        return;
      }
      case "streamed": {
        const { headers, events } = step.answer;
        const from = findHeader(headers, "x-wraith-exchange");
        say(
          `${events.length} events at their recorded times, with a new id and the model of this request${from === undefined ? "" : `; the take is ${printable(from)}`}.`,
        );
        return;
      }
      case "tampered":
        title("a check that can fail");
        say(`One constant of the model is spoiled: ${relative(process.cwd(), step.file)}, line ${step.line}`);
        say(`  ${step.before} → ${step.after}`);
        return say("What check says now:");
      case "caught":
        printPretty(step.report, terminal);
        return say(dim("(the model has been put right again)"));
    }
  };
}

/** The content of a chat chunk, which is what people want to see; else the event as it is. */
function shortView(view: string): string {
  const match = /"delta":(\{.*\}),"finish_reason":("\w+"|null)/.exec(view);
  if (match === null) return view;
  return match[2] === "null" ? `delta ${match[1]}` : `delta ${match[1]}  finish_reason ${match[2]}`;
}

function printNext(terminal: Terminal, root: string): void {
  const dir = `${relative(process.cwd(), root) || "."}/${DEMO_FOLDER}`.replace(/^\.\//, "");
  const { bold, cyan } = terminal.colors;
  terminal.print("");
  terminal.print(bold("Now try it yourself"));
  terminal.print(
    `   The workspace is in ${dir}/twins/${DEMO_TWIN}; read model/symbols.json and the recordings, they are meant for people.`,
  );
  for (const [line, why] of [
    [`wraith inspect ${DEMO_TWIN} --dir ${dir}`, "sessions, and a stream as a time line"],
    [`wraith check ${DEMO_TWIN} --dir ${dir}`, "then change a constant in symbols.json, and check again"],
    [`wraith serve ${DEMO_TWIN} --dir ${dir} --port 8091`, "point a client at http://localhost:8091"],
    ["wraith init NAME --base-url URL", "a twin of your own API"],
  ] as const)
    terminal.print(`   ${cyan(line.padEnd(54))} ${why}`);
}
