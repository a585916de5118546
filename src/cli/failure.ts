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

/** What nobody foresaw: a file that cannot be read or written, else a defect. */
function internalError(error: unknown): WraithError {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  const message = error instanceof Error ? error.message : String(error);
  if (code !== undefined && (path !== undefined || FULL.has(code)))
    return new WraithError("DISK_FAILED", `The workspace could not be read or written: ${message}.`, {}, error);
  return new WraithError("INTERNAL", `Something unexpected happened: ${message}.`, {}, error);
}

/** Errors of an open file, which do not name it. */
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EIO", "EROFS", "EMFILE", "ENFILE"]);

/** The exit code when a command was stopped by the user in the middle of its work. */
export const INTERRUPTED = EXIT.runtime;
