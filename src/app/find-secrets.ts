import type { Formats } from "../formats/format.ts";
import type { Chunk, Exchange } from "../recording/exchange.ts";
import { createScrubber } from "../recording/scrub-create.ts";
import type { ScrubRules } from "../recording/scrub-rules.ts";
import type { Direction, ExchangeScrubber, Scrubber } from "../recording/scrub.ts";

/** What finders make tokens with, which nobody sees. */
export const FINDER_KEY = { kind: "secret", secret: "of no use but for looking" } as const;

/** A secret that stands in clear on the disk. Its value is not told. */
export interface FoundSecret {
  /** `SESSION/INDEX` of a recording, or a file of the model, below the twin's folder. */
  readonly where: string;
  /** `request.headers`, `response.body`, ...; `file` in a model. */
  readonly part: string;
  readonly rule: string;
}

/**
 * A search of recorded exchanges by the rules of a twin, texts that are spread over chunks and events included: what the rules replace in a
 * recording a second time was not replaced the first time. Recordings of before a rule was written are found so, too.
 */
export function createSecretFinder(
  rules: ScrubRules,
  formats: Formats,
): (exchange: Exchange) => readonly FoundSecret[] {
  const scrubber = createScrubber(rules, FINDER_KEY, formats);
  return (exchange) => findInExchange(exchange, scrubber);
}

function findInExchange(exchange: Exchange, scrubber: Scrubber): readonly FoundSecret[] {
  const where = `${exchange.session}/${exchange.index}`;
  const found: FoundSecret[] = [];
  const { request, response } = exchange;
  const inPart = (part: string, look: (fired: Set<string>) => void): void => {
    const fired = new Set<string>();
    look(fired);
    for (const rule of fired) found.push({ where, part, rule });
  };
  inPart("request.headers", (fired) => scrubber.headers(request.headers, fired));
  inPart("request.query", (fired) => scrubber.query(request.query, fired));
  inPart("request.path", (fired) => {
    for (const rule of pathRules(exchange, scrubber)) fired.add(rule);
  });
  inPart("request.trailers", (fired) => scrubber.headers(exchange.requestTrailers ?? [], fired));
  for (const { headers } of exchange.informational)
    inPart("informational.headers", (fired) => scrubber.headers(headers, fired));
  inPart("response.headers", (fired) => scrubber.headers(response?.headers ?? [], fired));
  inPart("response.trailers", (fired) => scrubber.headers(exchange.trailers ?? [], fired));
  inPart("request.body", (fired) => lookInBody(exchange, "client", exchange.requestChunks, scrubber, fired));
  inPart("response.body", (fired) => lookInBody(exchange, "server", exchange.chunks, scrubber, fired));
  return found;
}

function pathRules({ request }: Exchange, scrubber: Scrubber): ReadonlySet<string> {
  const opened = scrubber.exchange();
  opened.open({ ...request, query: "", headers: [] });
  return opened.fired;
}

/** The body as it was recorded, through a scrubber; names of rules that heads let fire do not count. */
function lookInBody(
  exchange: Exchange,
  direction: Direction,
  chunks: readonly Chunk[],
  scrubber: Scrubber,
  fired: Set<string>,
): void {
  if (chunks.length === 0) return;
  const bodies: ExchangeScrubber = scrubber.exchange();
  bodies.open(exchange.request);
  if (exchange.response !== undefined) bodies.head(exchange.response);
  const before = new Set(bodies.fired);
  let isChanged = false;
  const compare = (given: readonly Chunk[]): void => {
    isChanged ||= given.some((c) => !chunks.includes(c));
  };
  for (const chunk of chunks) compare(bodies.push(direction, chunk));
  compare(bodies.end(direction));
  for (const rule of bodies.fired) if (!before.has(rule)) fired.add(rule);
  // A rule that had fired in a head already may have fired again.
  if (isChanged && fired.size === 0) for (const rule of before) fired.add(rule);
}
