/** Exit codes of the program (SPEC: 0 success). */
export const EXIT = { user: 1, conformance: 2, security: 3, runtime: 4 } as const;

/**
 * The closed table of errors: every error a user can see has one code, one exit code and one line of help.
 * `docs/errors.md` is generated from it, and a test keeps both equal.
 */
export const ERRORS = {
  USAGE: { exit: EXIT.user, help: "Run the command with --help to see its arguments." },
  WORKSPACE_MISSING: {
    exit: EXIT.user,
    help: "Create the twin with `wraith init NAME --base-url URL`, or name its folder with --dir.",
  },
  WORKSPACE_EXISTS: {
    exit: EXIT.user,
    help: "Use another name, or --force to write the configuration anew (recordings are kept).",
  },
  NAME_INVALID: {
    exit: EXIT.user,
    help: "Use 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or digit.",
  },
  CONFIG_INVALID: {
    exit: EXIT.user,
    help: "Correct the file at the place named; docs/configuration.md lists every field.",
  },
  SCHEMA_INVALID: {
    exit: EXIT.user,
    help: "Correct the .proto file at the place named, or remove it: wraith also works without schemas.",
  },
  RECORDING_INVALID: {
    exit: EXIT.user,
    help: "Restore the recording, or move it out of recordings/sessions; the others still work.",
  },
  RECORDING_MISSING: {
    exit: EXIT.user,
    help: "Record some traffic first with `wraith record NAME`, or name another session or tag.",
  },
  MODEL_MISSING: { exit: EXIT.user, help: "Run `wraith synth NAME` first." },
  MODEL_INVALID: {
    exit: EXIT.user,
    help: "Correct the place named, or run `wraith synth NAME --force` to learn the model again.",
  },
  MODEL_EDITED: { exit: EXIT.user, help: "Use --force to learn anew; the edited model is kept as model.bak." },
  BASE_URL_INVALID: {
    exit: EXIT.user,
    help: "Give an absolute http:// or https:// URL without user name, password, query or fragment.",
  },
  HOST_NEEDS_TOKEN: { exit: EXIT.user, help: "Set --control-token (or WRAITH_CONTROL_TOKEN), or listen on loopback." },
  NOTHING_TO_CHECK: { exit: EXIT.user, help: "Record some traffic and run `wraith synth` before `wraith check`." },
  CONFORMANCE_BELOW_BAR: {
    exit: EXIT.conformance,
    help: "Read the divergences above; run `wraith synth` again if the recordings are newer than the model.",
  },
  SECRET_KEY_MISSING: {
    exit: EXIT.security,
    help: "Set WRAITH_HMAC_KEY in CI, so that tokens are the same everywhere.",
  },
  SECRET_FOUND: { exit: EXIT.security, help: "Add a rule to scrub.toml, and record again or delete the recording." },
  PORT_IN_USE: { exit: EXIT.runtime, help: "Choose another --port, or --port 0 for a free one." },
  LISTEN_FAILED: { exit: EXIT.runtime, help: "Check --host and --port." },
  UPSTREAM_FAILED: {
    exit: EXIT.runtime,
    help: "Check that the upstream is up and that base_url in wraith.toml is right.",
  },
  DISK_FAILED: { exit: EXIT.runtime, help: "Check free space and permissions of the workspace." },
  INTERNAL: {
    exit: EXIT.runtime,
    help: "This is a defect of wraith: run again with --debug and report what it prints.",
  },
} as const satisfies Record<string, { exit: number; help: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Where in a file an error is: `line` and `column` count from 1, `field` is a path inside the document. */
export interface Place {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly field?: string | undefined;
}

/** An error whose cause is outside the program's code: it is printed as one sentence, without a stack trace. */
export class WraithError extends Error {
  readonly code: ErrorCode;
  readonly place: Place;
  constructor(code: ErrorCode, message: string, place: Place = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "WraithError";
    this.code = code;
    this.place = place;
  }
  get exitCode(): number {
    return ERRORS[this.code].exit;
  }
  get help(): string {
    return ERRORS[this.code].help;
  }
}

/** `file:line:column: field` of a place, as far as it is known; empty when nothing is. */
export function formatPlace(place: Place): string {
  let out = place.file ?? "";
  if (place.line !== undefined) out += `:${place.line}`;
  if (place.line !== undefined && place.column !== undefined) out += `:${place.column}`;
  if (place.field !== undefined && place.field !== "") out += out === "" ? place.field : `: ${place.field}`;
  return out;
}

/** Line and column (from 1) of a character offset in a text. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let i = text.indexOf("\n"); i >= 0 && i < offset; i = text.indexOf("\n", i + 1)) {
    line++;
    start = i + 1;
  }
  return { line, column: offset - start + 1 };
}
