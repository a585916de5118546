import picocolors from "picocolors";

type OutputFormat = "pretty" | "text" | "json";

/** How a command talks: results on stdout, everything else on stderr. */
export interface Terminal {
  readonly format: OutputFormat;
  readonly quiet: boolean;
  readonly colors: ReturnType<typeof picocolors.createColors>;
  /** A line of the result. Control characters that came from a peer must have gone through `printable`. */
  print(line: string): void;
  /** A value as JSON, on stdout. */
  printJson(value: unknown): void;
  /** A line for the operator, on stderr; silent with --quiet. */
  note(line: string): void;
  /** A line that overwrites itself, for work longer than a second; only on a terminal. */
  progress(line: string): void;
  /** Clears the progress line. */
  done(): void;
}

/** Global options that every command has. */
export interface GlobalOptions {
  readonly dir?: string | undefined;
  readonly format?: OutputFormat | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly debug?: boolean | undefined;
}

export function createTerminal(options: GlobalOptions): Terminal {
  const format = options.json === true ? "json" : (options.format ?? (process.stdout.isTTY ? "pretty" : "text"));
  const quiet = options.quiet === true;
  // Undefined in a pipe, whatever the types say; and then picocolors would decide by itself.
  const isTerminal = (process.stdout.isTTY as boolean | undefined) === true;
  const isColored = format === "pretty" && (process.env["NO_COLOR"] ?? "") === "" && isTerminal;
  const startedMs = Date.now();
  let hasProgress = false;
  const clear = (): void => {
    if (hasProgress) process.stderr.write("\r\u001b[K");
    hasProgress = false;
  };
  return {
    format,
    quiet,
    colors: picocolors.createColors(isColored),
    print: (line) => {
      clear();
      process.stdout.write(`${line}\n`);
    },
    printJson: (value) => {
      clear();
      process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    note: (line) => {
      clear();
      if (!quiet) process.stderr.write(`${line}\n`);
    },
    progress: (line) => {
      if (quiet || !process.stderr.isTTY || Date.now() - startedMs < 1000) return;
      process.stderr.write(`\r\u001b[K${line}`);
      hasProgress = true;
    },
    done: clear,
  };
}

/** Text that came from a peer, made safe for a terminal: control characters are escaped, `\t` too. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu, (c) => {
    const code = c.codePointAt(0)!;
    if (c === "\n") return "\\n";
    if (c === "\r") return "\\r";
    if (c === "\t") return "\\t";
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** At most `width` characters, cut with an ellipsis. Colors take no room, and end where they would have. */
export function clip(text: string, width: number): string {
  if (text.length <= width) return text;
  const parts = text.split(/(\u001b\[[\d;]*m)/);
  const isColor = (part: string): boolean => part.startsWith("\u001b");
  const chars = parts.reduce((n, part) => n + (isColor(part) ? 0 : part.length), 0);
  if (chars <= width) return text;
  let room = Math.max(0, width - 1);
  let out = "";
  let isCut = false;
  for (const part of parts) {
    if (isColor(part)) out += part;
    else if (!isCut) {
      out += part.slice(0, room);
      isCut = part.length > room;
      if (isCut) out += "…";
      room -= Math.min(room, part.length);
    }
  }
  return out;
}

/** Columns padded to their widest cell; numbers of cells may differ. */
export function table(rows: readonly (readonly string[])[], indent = ""): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    (indent + row.map((cell, i) => (i + 1 < row.length ? cell.padEnd(widths[i]!) : cell)).join("  ")).trimEnd(),
  );
}
