import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { RequestHead } from "../base/http.ts";
import { pathSegments } from "../base/path.ts";
import type { Codec, Format, Formats } from "../formats/format.ts";
import type { LoadedModel, Route, Take, Variant } from "../model/model.ts";
import { performTake } from "../model/perform.ts";
import { createRequestView } from "../model/request-view.ts";
import { createScrubber } from "../recording/scrub-create.ts";
import type { ScrubRules } from "../recording/scrub-rules.ts";
import type { Scrubber } from "../recording/scrub.ts";
import { readModel } from "../store/model-store.ts";
import type { Workspace } from "../store/workspace.ts";
import { renderSteps } from "../twin/render.ts";
import { FINDER_KEY, type FoundSecret } from "./find-secrets.ts";

const NO_BYTES = new Uint8Array(0);

/**
 * Everything in the twin's model folder and its copy, once a file and rule: what the files say, and what a twin would answer. A file
 * does not tell numbers of 64 bits in quotes from texts, and its parts stand alone; an answer is read by its format, as the recorder
 * reads it. So card numbers are looked for in answers alone, unless the model cannot be read.
 */
export async function findModelSecrets(
  workspace: Workspace,
  rules: ScrubRules,
  formats: Formats,
): Promise<readonly FoundSecret[]> {
  const found = new Map<string, FoundSecret>();
  const add = (file: string, fired: Iterable<string>): void => {
    for (const rule of fired) {
      const where = relative(workspace.dir, file);
      found.set(`${where}\n${rule}`, { where, part: "file", rule });
    }
  };
  const scrubber = createScrubber(rules, FINDER_KEY, formats);
  for (const modelDir of [workspace.modelDir, `${workspace.modelDir}.bak`]) {
    const answers = await answersOf(modelDir, workspace, scrubber, formats);
    // A model's files are not what a peer sent: only what is a secret by its form is looked for in them.
    const own = rules.rules.filter((r) => r.scope === "regex");
    const cardNumbers = rules.cardNumbers && answers === undefined;
    const byForm = createScrubber({ ...rules, cardNumbers, rules: own }, FINDER_KEY, formats);
    for (const file of await filesBelow(modelDir)) add(file, rulesInFile(await readFile(file), byForm));
    for (const [file, fired] of answers ?? []) add(file, fired);
  }
  return [...found.values()];
}

/** Rules that fire in the answers of a model, by file of takes; undefined where it cannot be read or performed. */
async function answersOf(
  modelDir: string,
  workspace: Workspace,
  scrubber: Scrubber,
  formats: Formats,
): Promise<ReadonlyMap<string, ReadonlySet<string>> | undefined> {
  try {
    const loaded = await readModel({ ...workspace, modelDir, symbolsFile: join(modelDir, "symbols.json") }, formats);
    const out = new Map<string, ReadonlySet<string>>();
    for (const route of loaded.model.routes)
      for (const variant of route.variants)
        out.set(
          `${join(modelDir, "takes", ...variant.takesFile.split("/"))}.jsonl`,
          rulesInTakes(loaded, route, variant, scrubber, formats),
        );
    return out;
  } catch {
    // What is wrong with it is said where the model is examined.
    return undefined;
  }
}

function rulesInTakes(
  { takes }: LoadedModel,
  route: Route,
  variant: Variant,
  scrubber: Scrubber,
  formats: Formats,
): ReadonlySet<string> {
  const fired = new Set<string>();
  const format = formats.byId(variant.format)!;
  const request: RequestHead = {
    protocol: variant.format === "grpc" ? "grpc" : "http",
    httpVersion: "2",
    method: route.method,
    path: route.pattern,
    query: "",
    headers: [],
  };
  const asked = format.createCodec({ request, direction: "client" });
  for (const take of takes.get(variant) ?? []) {
    for (const rule of rulesInAnswer(route, variant, take, request, format, scrubber)) fired.add(rule);
    for (const [path, raw] of take.features)
      if (raw.startsWith('"') && !isNumber(asked, path)) scrubber.body("text/plain", Buffer.from(raw), fired);
  }
  return fired;
}

/** What the recorder would replace in the answer of a take. */
function rulesInAnswer(
  route: Route,
  variant: Variant,
  take: Take,
  request: RequestHead,
  format: Format,
  scrubber: Scrubber,
): ReadonlySet<string> {
  const view = createRequestView(request, { kind: "none" }, NO_BYTES);
  const performance = performTake(route, variant, take, view, new Map(), { kind: "own" });
  const exchange = scrubber.exchange();
  exchange.open(request);
  for (const step of renderSteps({ route, variant, take, format, performance, awaits: false }))
    if (step.kind === "head") exchange.head({ status: step.status, headers: step.headers, coding: variant.coding });
    else if (step.kind === "informational") exchange.head({ status: step.status, headers: step.headers });
    else if (step.kind === "event" || step.kind === "filler")
      exchange.push("server", { atUs: step.atUs, bytes: step.bytes });
    else if (step.kind === "trailers") exchange.trailers(step.trailers);
  exchange.end("server");
  return exchange.fired;
}

/** Whether a field of a request's message is a number, though it stands in quotes: the codec takes no text there. */
function isNumber(codec: Codec, path: string): boolean {
  const [root, ...segments] = pathSegments(path) ?? [];
  if (root !== "body" || segments.length === 0) return false;
  const text = segments.reduceRight<string>(
    (inner, s) => (typeof s === "number" ? `[${inner}]` : `{${JSON.stringify(s)}:${inner}}`),
    '"AAAA"',
  );
  try {
    codec.encode(text);
    return false;
  } catch {
    return true;
  }
}

/** Strings of JSON or JSON lines, and lists of strings as one text: the pieces of a text that went on from event to event. */
function rulesInFile(bytes: Uint8Array, scrubber: Scrubber): ReadonlySet<string> {
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
