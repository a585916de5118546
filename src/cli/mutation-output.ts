import type { MutationFailure, MutationReport } from "../app/check-mutate.ts";
import { formatScore } from "./check-output.ts";
import { printable, type Terminal } from "./terminal.ts";

/** Lines of failures and unexercised places that pretty output shows; text output and JSON have all. */
const MAX_LINES = 40;

/** Prints what became of the changes: for people, or one fact a line to be grepped. */
export function printMutations(report: MutationReport, terminal: Terminal): void {
  if (terminal.format === "text") printText(report, terminal);
  else printPretty(report, terminal);
}

function printPretty({ twin, ok, mutations }: MutationReport, terminal: Terminal): void {
  const { bold, dim, green, red } = terminal.colors;
  const { failures, unexercised_places: places, ...counts } = mutations;
  for (const failure of failures.slice(0, MAX_LINES))
    terminal.print(
      `${red("✗")} ${bold(printable(failure.place))}  line ${failure.line}  ${printable(describe(failure))}`,
    );
  if (failures.length > MAX_LINES) terminal.print(dim(`... and ${failures.length - MAX_LINES} more`));
  for (const { place, line } of places.slice(0, MAX_LINES))
    terminal.print(dim(`no recording has  ${printable(place)}  line ${line}`));
  if (places.length > MAX_LINES) terminal.print(dim(`... and ${places.length - MAX_LINES} more that no recording has`));
  if (failures.length + places.length > 0) terminal.print("");
  const share = formatScore(counts.caught_bp);
  terminal.print(
    `${ok ? green("✓") : red("✗")} ${bold(printable(twin))}: ${bold(ok ? green(share) : red(share))} of ${counts.total - counts.unexercised} changes are told`,
  );
  terminal.print(
    `  ${counts.caught} at exactly their place, ${counts.refused} as a model that cannot be read, ${counts.inexact} not exactly, ${counts.missed} not at all; ${counts.unexercised} places have no recording`,
  );
}

function printText({ twin, ok, mutations }: MutationReport, terminal: Terminal): void {
  const { failures, unexercised_places: places, ...counts } = mutations;
  for (const failure of failures)
    terminal.print(
      printable(`${failure.outcome} ${failure.place} line=${failure.line} kind=${failure.kind} ${describe(failure)}`),
    );
  for (const { place, line, kind } of places)
    terminal.print(printable(`unexercised ${place} line=${line} kind=${kind}`));
  const facts = Object.entries(counts).map(([name, count]) =>
    name === "caught_bp" ? `share=${(count / 100).toFixed(2)}` : `${name}=${count}`,
  );
  terminal.print(printable(`mutations ${twin} ${ok ? "ok" : "not-told"} ${facts.join(" ")}`));
}

function describe({ outcome, elsewhere, silent }: MutationFailure): string {
  if (outcome === "missed") return "not told";
  const few = (list: readonly string[]): string =>
    `${list.slice(0, 3).join(", ")}${list.length > 3 ? `, ${list.length - 3} more` : ""}`;
  const parts = [
    ...(elsewhere.length > 0 ? [`also told at ${few(elsewhere)}`] : []),
    ...(silent.length > 0 ? [`not told at ${few(silent)}`] : []),
  ];
  return parts.join("; ");
}
