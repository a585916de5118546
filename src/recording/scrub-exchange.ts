/** The scrubber of one exchange: headers at once, bodies by pipes that their format chooses. */
import { findHeader, type RequestHead, type ResponseHead } from "../base/http.ts";
import type { Format, Formats } from "../formats/format.ts";
import type { Chunk } from "./exchange.ts";
import { createBodyPipe, createPlainPipe, type ScrubPipe } from "./scrub-body.ts";
import { createEventPipe } from "./scrub-events.ts";
import { scrubHeaders, scrubQuery, type RuleWork } from "./scrub-headers.ts";
import { scrubPercent } from "./scrub-percent.ts";
import type { Direction, ExchangeScrubber } from "./scrub.ts";

const NOTHING: readonly Chunk[] = [];

/** Creates it. Bodies before a head are stored as they are, for nothing says how to read them. */
export function createExchangeScrubber(work: RuleWork, formats: Formats): ExchangeScrubber {
  const pipes: Record<Direction, ScrubPipe> = { client: createPlainPipe(false), server: createPlainPipe(false) };
  let request: RequestHead | undefined;
  let hasFailed = false;

  /** Does it, and gives what came where that fails: a defect here must not cost a recording. */
  const attempt = <T>(run: () => T, otherwise: T): T => {
    try {
      return run();
    } catch {
      hasFailed = true;
      return otherwise;
    }
  };
  const pipeFor = (
    format: Format,
    direction: Direction,
    head: RequestHead,
    response: ResponseHead | undefined,
  ): ScrubPipe => {
    const headers = (response ?? head).headers;
    if (response !== undefined && isStillCoded(response)) return createPlainPipe(true);
    return format.unary
      ? createBodyPipe(findHeader(headers, "content-type"), work)
      : createEventPipe(format, { request: head, response, direction }, work, head.protocol !== "http");
  };
  return {
    open(head) {
      request = head;
      return attempt(() => {
        pipes.client = pipeFor(formats.findForRequest(head), "client", head, undefined);
        return scrubRequestHead(head, work);
      }, withoutSecrets(head));
    },
    head(head) {
      const headers = attempt(() => scrubHeaders(head.headers, work), []);
      if (head.status >= 200 && request !== undefined) {
        const opened = request;
        attempt(() => void (pipes.server = pipeFor(formats.find(opened, head), "server", opened, head)), undefined);
      }
      return headers === head.headers ? head : { ...head, headers };
    },
    push: (direction, chunk) => attempt(() => pipes[direction].push(chunk), [chunk]),
    end(direction) {
      const held = attempt(() => pipes[direction].end(), NOTHING);
      pipes[direction] = createPlainPipe(pipes[direction].unscrubbed());
      return held;
    },
    trailers: (trailers) => attempt(() => scrubHeaders(trailers, work), []),
    fired: work.fired,
    unscrubbed: () => hasFailed || pipes.client.unscrubbed() || pipes.server.unscrubbed(),
  };
}

/** A request's head with secrets replaced, in its path, query and headers. */
function scrubRequestHead(head: RequestHead, work: RuleWork): RequestHead {
  const path = scrubPercent(head.path, work);
  const query = scrubQuery(head.query, work);
  const headers = scrubHeaders(head.headers, work);
  return path === head.path && query === head.query && headers === head.headers
    ? head
    : { ...head, path, query, headers };
}

/** What is stored of a head that could not be looked at. */
function withoutSecrets(head: RequestHead): RequestHead {
  return { ...head, query: "", headers: [] };
}

/** A coding that nobody undid: there is nothing to read. */
function isStillCoded({ headers, coding }: ResponseHead): boolean {
  const sent = findHeader(headers, "content-encoding")?.trim().toLowerCase() ?? "";
  return coding === undefined && sent !== "" && sent !== "identity";
}
