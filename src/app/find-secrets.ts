import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Formats } from "../formats/format.ts";
import type { Chunk, Exchange } from "../recording/exchange.ts";
import { createScrubber } from "../recording/scrub-create.ts";
import type { ScrubRules } from "../recording/scrub-rules.ts";
import type { Direction, ExchangeScrubber, Scrubber } from "../recording/scrub.ts";
import type { Workspace } from "../store/workspace.ts";

/** A secret that stands in clear on the disk. Its value is not told. */
interface FoundSecret {
  /** `SESSION/INDEX` of a recording, or a file of the model, below the twin's folder. */
  readonly where: string;
  /** `request.headers`, `response.body`, ...; `file` in a model. */
  readonly part: string;
  readonly rule: string;
}

/** Looks for what the rules would replace. */
export interface SecretFinder {
  /** Everything of a recorded exchange, texts that are spread over chunks and events too. */
  inExchange(exchange: Exchange): readonly FoundSecret[];
  /** Everything in the twin's model folder and its copies. */
  inModel(workspace: Workspace): Promise<readonly FoundSecret[]>;
}

/**
 * A finder by the rules of a twin: what they replace in a recording a second time was not replaced the first time. Recordings of before
 * a rule was written are found so, too.
 */
export function createSecretFinder(rules: ScrubRules, formats: Formats): SecretFinder {
  const key = { kind: "secret", secret: "of no use but for looking" } as const;
  const scrubber = createScrubber(rules, key, formats);
  // A model's files are not what a peer sent: only what is a secret by its form is looked for in them.
  const byForm = createScrubber({ ...rules, rules: rules.rules.filter((r) => r.scope === "regex") }, key, formats);
  return {
    inExchange: (exchange) => findInExchange(exchange, scrubber),
    async inModel(workspace) {
      const found: FoundSecret[] = [];
      for (const folder of [workspace.modelDir, `${workspace.modelDir}.bak`])
        for (const file of await filesBelow(folder))
          for (const rule of rulesInModelFile(await readFile(file), byForm))
            found.push({ where: relative(workspace.dir, file), part: "file", rule });
      return found;
    },
  };
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

/** Strings of JSON or JSON lines, and lists of strings as one text: the pieces of a text that went on from event to event. */
function rulesInModelFile(bytes: Uint8Array, scrubber: Scrubber): ReadonlySet<string> {
  const fired = new Set<string>();
  scrubber.body("application/x-ndjson", bytes, fired);
  for (const line of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8").split("\n"))
    for (const text of joinedLists(line)) scrubber.body("text/plain", Buffer.from(text), fired);
  return fired;
}

function joinedLists(line: string): readonly string[] {
  const out: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      if (value.length > 1 && value.every((v) => typeof v === "string")) out.push(value.join(""));
      else value.forEach(visit);
    } else if (typeof value === "object" && value !== null) Object.values(value).forEach(visit);
  };
  try {
    visit(JSON.parse(line));
  } catch {
    // No JSON: it was looked at as text.
  }
  return out;
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((e) => e.isFile())
      .map((e) => join(e.parentPath, e.name))
      .sort();
  } catch {
    return [];
  }
}
