import type { CheckMode } from "../check/score.ts";
import type { ExchangeVerdict } from "../check/check-exchange.ts";
import type { Subject } from "../check/subject.ts";
import type { Formats } from "../formats/format.ts";
import type { ProbeRequest } from "../net/probe.ts";
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

/**
 * The recorded request as it is sent again, without the headers that choose a coding: what comes back is compared as it is. A server may
 * have answered before its client had said all, and the client left it at that: what it had said is all of it then, or whoever waits for
 * the rest would wait for ever.
 */
export function requestAgain({ request, exchange, format, body }: Subject): Omit<ProbeRequest, "ownHeaders"> {
  const isWhole = exchange.requestEndUs !== undefined;
  const isEnded = isWhole || (exchange.close.by === "server" && !format.actsOnFirstMessage);
  const headers = request.headers
    .filter(([name]) => name.toLowerCase() !== "accept-encoding")
    .map(([name, value]) => [name, isEnded && !isWhole && isLength(name) ? String(body.length) : value] as const);
  return { head: { ...request, headers }, body, ended: isEnded };
}

function isLength(name: string): boolean {
  return name.toLowerCase() === "content-length";
}
