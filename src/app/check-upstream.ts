import { WraithError } from "../base/errors.ts";
import type { HeaderList } from "../base/http.ts";
import { judgeLive, type Answer } from "../check/check-exchange.ts";
import { cutOfHeldStream } from "../check/perform-plan.ts";
import type { CheckBase, Subject } from "../check/subject.ts";
import { matchesGlob } from "../check/suppress.ts";
import { probe } from "../net/probe.ts";
import { createUpstream } from "../net/upstream.ts";
import type { ResponseBytes } from "../recording/project.ts";
import type { ExchangeScrubber } from "../recording/scrub.ts";
import { refuseConfig } from "../store/config.ts";
import { headerFault } from "../store/header-fault.ts";
import { readCertificates } from "./certificates.ts";
import type { Checker, CheckOptions } from "./checker.ts";
import { SILENCE_MS, requestAgain } from "./checker.ts";
import { openScrubber } from "./open-scrubber.ts";

/** A live stream is left after its recorded length, and this much more of silence. */
const LIVE_SILENCE_MS = 2_000;

/**
 * Asks the live API: GET, HEAD and the routes of `[upstream] allow` only, each exchange once, with the headers of
 * `[upstream] headers`. What comes back is scrubbed before it is compared. Throws CONFIG_INVALID for scrub.toml, a certificate, or a
 * header that names a variable which is not set or cannot be sent; UPSTREAM_FAILED where the API cannot be reached; SECRET_KEY_MISSING in CI.
 */
export async function createUpstreamChecker(options: CheckOptions, base: CheckBase): Promise<Checker> {
  const { config, workspace } = options;
  const own = await upstreamHeaders(options);
  const opened = await openScrubber({ ...options, onNotice: (text) => options.onNotice?.(text) });
  const upstream = createUpstream(config.baseUrl, await readCertificates(workspace, config));
  const ask = async (subject: Subject): Promise<Answer> => {
    const { exchange } = subject;
    const again = requestAgain(subject);
    const head = { ...again.head, headers: withHeaders(again.head.headers, own) };
    // A stream that was cut on this side may go on for ever.
    const isOpen = exchange.close.by !== "server";
    const recordedMs = ((exchange.closeUs ?? exchange.openUs) - exchange.openUs) / 1000;
    const answer = await probe(
      upstream,
      { ...again, head },
      {
        silenceMs: isOpen ? LIVE_SILENCE_MS : SILENCE_MS,
        limitMs: isOpen ? recordedMs + LIVE_SILENCE_MS : undefined,
        cut: cutOfHeldStream(exchange.close),
      },
    );
    if (answer.kind === "response") {
      const scrubbed = scrubAnswer(answer.bytes, opened.scrubber.exchange());
      if (opened.failure !== undefined) throw opened.failure;
      return scrubbed;
    }
    throw new WraithError(
      "UPSTREAM_FAILED",
      `${head.method} ${head.path} at ${config.baseUrl} failed: ${answer.detail}.`,
    );
  };
  return {
    check: async (subject) => {
      if (!mayBeSent(subject, config.upstream.allow)) return undefined;
      const answer = await ask(subject);
      return judgeLive(base, subject, answer, Date.now());
    },
    close: async () => upstream.close(),
  };
}

function mayBeSent({ request, learned }: Subject, allow: readonly string[]): boolean {
  if (request.method === "GET" || request.method === "HEAD") return true;
  const routes = [`${request.method} ${request.path}`, ...(learned === undefined ? [] : [learned.route.route])];
  return allow.some((glob) => routes.some((route) => matchesGlob(route, glob)));
}

/** The headers of wraith.toml, with `${NAME}` from the environment. Throws CONFIG_INVALID where one cannot be sent so. */
async function upstreamHeaders({ config, workspace, env }: CheckOptions): Promise<HeaderList> {
  const headers: (readonly [string, string])[] = [];
  for (const [name, text] of Object.entries(config.upstream.headers)) {
    const refuse = (reason: string): Promise<WraithError> =>
      refuseConfig(workspace, ["upstream", "headers", name], reason);
    const variables = [...text.matchAll(VARIABLE)].map(([, variable]) => variable!);
    const unset = variables.find((variable) => env[variable] === undefined);
    if (unset !== undefined) throw await refuse(`needs the environment variable ${unset}, which is not set`);
    const value = text.replace(VARIABLE, (_, variable: string) => env[variable]!);
    const fault = headerFault(name, value);
    // What is wrong now came from the environment; the file was looked at when it was read.
    if (fault !== undefined) throw await refuse(`${fault}; it comes from the environment (${variables.join(", ")})`);
    headers.push([name, value]);
  }
  return headers;
}

/** A place in a header's value that the environment fills. */
const VARIABLE = /\$\{(\w+)\}/g;

/** Recorded headers, replaced by those of the same name; recorded secrets are tokens and of no use to the API. */
function withHeaders(recorded: HeaderList, own: HeaderList): HeaderList {
  const names = new Set(own.map(([n]) => n.toLowerCase()));
  const kept = recorded.filter(([n, v]) => !names.has(n.toLowerCase()) && !v.includes("wraith_tok_"));
  return [...kept, ...own];
}

/** A live answer as a recording of it would be: scrubbed. */
function scrubAnswer(bytes: ResponseBytes, scrubber: ExchangeScrubber): ResponseBytes {
  scrubber.open(bytes.request);
  const response = scrubber.head(bytes.response);
  const chunks = bytes.chunks.flatMap((chunk) => scrubber.push("server", chunk));
  chunks.push(...scrubber.end("server"));
  return { ...bytes, response, chunks, trailers: bytes.trailers && scrubber.trailers(bytes.trailers) };
}
