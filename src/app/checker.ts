import type { CheckMode } from "../check/score.ts";
import type { ExchangeVerdict } from "../check/check-exchange.ts";
import type { Subject } from "../check/subject.ts";
import type { Formats } from "../formats/format.ts";
import type { HeaderList } from "../base/http.ts";
import type { Config } from "../store/config.ts";
import type { SessionFilter } from "../store/recordings.ts";
import type { Workspace } from "../store/workspace.ts";

export interface CheckOptions extends SessionFilter {
  readonly workspace: Workspace;
  readonly config: Config;
  readonly formats: Formats;
  readonly mode: CheckMode;
  /** List what `[[diff.suppress]]` and drift.toml accept. */
  readonly showSuppressed: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One sentence for the operator. */
  onNotice?(text: string): void;
  /** Told after each session. */
  onProgress?(done: { readonly sessions: number; readonly exchanges: number }): void;
}

/** Asks somebody the recorded requests and compares. */
export interface Checker {
  /** Undefined where the request is not to be sent (upstream: its route is not allowed). */
  check(subject: Subject): Promise<ExchangeVerdict | undefined>;
  close(): Promise<void>;
}

/** How long a stream that was recorded as cut by its client may be quiet before this client leaves, too (SPEC section 7). */
export const HELD_SILENCE_MS = 200;

/** How long any other answer may be quiet. */
export const SILENCE_MS = 30_000;

/** The recorded headers without those that choose a coding: what comes back is compared as it is. */
export function withoutCodings(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => name.toLowerCase() !== "accept-encoding");
}
