import { EXIT, formatPlace, WraithError } from "../base/errors.ts";
import { printable, type Terminal } from "./terminal.ts";

/** Prints an error as one sentence with its place and help (JSON with --json), and gives the exit code. */
export function reportFailure(error: unknown, terminal: Terminal, debug: boolean): number {
  const known = error instanceof WraithError ? error : internalError(error);
  terminal.done();
  if (terminal.format === "json") {
    const { code, message, place, help, exitCode } = known;
    process.stdout.write(
      `${JSON.stringify({ ok: false, error: { code, message, place, help, exitCode } }, null, 2)}\n`,
    );
  }
  const place = formatPlace(known.place);
  process.stderr.write(
    `wraith: ${place === "" ? "" : `${printable(place)}: `}${printable(known.message)}\n  ${known.help} [${known.code}]\n`,
  );
  if (debug && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
  return known.exitCode;
}

function internalError(error: unknown): WraithError {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const message = error instanceof Error ? error.message : String(error);
  if (
    code === "ENOSPC" ||
    code === "EACCES" ||
    code === "EROFS" ||
    code === "EPERM" ||
    code === "EDQUOT" ||
    code === "EMFILE"
  )
    return new WraithError("DISK_FAILED", `The workspace could not be read or written: ${message}.`, {}, error);
  return new WraithError("INTERNAL", `Something unexpected happened: ${message}.`, {}, error);
}

/** The exit code when a command was stopped by the user in the middle of its work. */
export const INTERRUPTED = EXIT.runtime;
