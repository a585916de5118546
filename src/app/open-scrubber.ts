import { WraithError } from "../base/errors.ts";
import type { Formats } from "../formats/format.ts";
import { createScrubber } from "../recording/scrub-create.ts";
import { keyIdOf } from "../recording/scrub-tokens.ts";
import type { Scrubber } from "../recording/scrub.ts";
import { findKeyFile, isCi, readKey } from "../store/keys.ts";
import { readScrubRules } from "../store/scrub-config.ts";
import { findSessionFiles } from "../store/session-files.ts";
import type { Workspace } from "../store/workspace.ts";

export interface OpenScrubberOptions {
  readonly workspace: Workspace;
  readonly formats: Formats;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One sentence for the operator: another key than that of the recordings, or no key where one is needed. */
  readonly onNotice: (text: string) => void;
}

export interface OpenScrubber {
  readonly scrubber: Scrubber;
  /** What the first line of a recording says of it. */
  readonly description: ScrubDescription;
  /** SECRET_KEY_MISSING once a token would have had to be made in CI without its key: for the end of the command. */
  readonly failure: WraithError | undefined;
}

/** `scrub` of a recording's first line. */
export interface ScrubDescription {
  /** Id of the key; `none` where there was none. */
  readonly key: string;
  /** Digest of the rules. */
  readonly rules: string;
}

/**
 * The scrubber of a twin: the rules of scrub.toml and its key. Says at once where recordings were made with another key.
 * Throws CONFIG_INVALID for scrub.toml or the key, DISK_FAILED.
 */
export async function openScrubber(options: OpenScrubberOptions): Promise<OpenScrubber> {
  const { workspace, env, onNotice } = options;
  let failure: WraithError | undefined;
  const stored = await readKey(workspace, env);
  const onNeeded = (): void => {
    if (failure !== undefined) return;
    failure = new WraithError(
      "SECRET_KEY_MISSING",
      "A secret was to be replaced with a token, but in CI (CI=true) there is no key without WRAITH_HMAC_KEY. It was left out.",
    );
    onNotice(`${failure.message} ${failure.help}`);
  };
  const key = stored.kind === "missing" ? { kind: "missing" as const, onNeeded } : stored;
  const scrubber = createScrubber(await readScrubRules(workspace), key, options.formats);
  const notice = keyNotice(await recordedKeys(workspace), scrubber.keyId);
  if (notice !== undefined) onNotice(notice);
  return {
    scrubber,
    description: { key: scrubber.keyId, rules: scrubber.rulesDigest },
    get failure() {
      return failure;
    },
  };
}

/**
 * The sentence of `keyNotice` for a command that makes no tokens itself, or undefined. Makes no key. Throws CONFIG_INVALID for an empty
 * key file, DISK_FAILED.
 */
export async function otherKeyNotice(
  workspace: Workspace,
  env: OpenScrubberOptions["env"],
): Promise<string | undefined> {
  const secret = await findSecret(workspace, env);
  return secret === undefined ? undefined : keyNotice(await recordedKeys(workspace), keyIdOf(secret));
}

/** The key that this run would make tokens with; undefined where there is none yet, or none may be used. */
export async function findSecret(workspace: Workspace, env: OpenScrubberOptions["env"]): Promise<string | undefined> {
  const variable = env["WRAITH_HMAC_KEY"];
  if (variable !== undefined && variable !== "") return variable;
  return isCi(env) ? undefined : findKeyFile(workspace.dir);
}

/** Ids of the keys that recordings were made with, and how many of them. */
export async function recordedKeys(workspace: Workspace): Promise<ReadonlyMap<string, number>> {
  const keys = new Map<string, number>();
  for (const { head } of await findSessionFiles(workspace)) {
    const key = keyOf(head?.scrub);
    if (key !== undefined) keys.set(key, (keys.get(key) ?? 0) + 1);
  }
  return keys;
}

/** The key's id in `scrub` of a recording's first line; undefined where it names none. */
function keyOf(scrub: unknown): string | undefined {
  const key = typeof scrub === "object" && scrub !== null && "key" in scrub ? scrub.key : undefined;
  return typeof key === "string" && key !== "none" ? key : undefined;
}

/** A sentence for the operator where recordings were made with another key than this one; undefined where none was. */
export function keyNotice(recorded: ReadonlyMap<string, number>, keyId: string): string | undefined {
  const others = [...recorded].filter(([key]) => key !== keyId);
  if (others.length === 0 || keyId === "none") return undefined;
  const count = others.reduce((n, [, c]) => n + c, 0);
  const what = count === 1 ? "1 recording was" : `${count} recordings were`;
  return `${what} made with another key (${others.map(([key]) => key).join(", ")}; this one is ${keyId}): the same secret has another token there. Set WRAITH_HMAC_KEY to the key they were made with.`;
}
