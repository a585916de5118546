import { bytesFromText } from "../../src/base/bytes.ts";
import type { RequestHead } from "../../src/base/http.ts";
import { checkInMemory } from "../../src/check/check-exchange.ts";
import { createMutationTest, type MutationVerdict } from "../../src/check/mutate.ts";
import { findMutations } from "../../src/check/mutations.ts";
import { cutOfHeldStream, performPlan } from "../../src/check/perform-plan.ts";
import { indexTakes, subjectOf, type CheckBase, type Subject } from "../../src/check/subject.ts";
import type { Formats } from "../../src/formats/format.ts";
import { loadModel } from "../../src/model/loaded-model.ts";
import type { LoadedModel, Route, Take, Variant } from "../../src/model/model.ts";
import { createRequestView, requestFeatures } from "../../src/model/request-view.ts";
import { formatModel, parseModel } from "../../src/model/symbols.ts";
import { parseTakes } from "../../src/model/take-lines.ts";
import type { Exchange, Session, SessionHead } from "../../src/recording/exchange.ts";
import { synthesize } from "../../src/synth/synthesize.ts";
import { createTwin } from "../../src/twin/twin.ts";
import { formats, request, STARTED_MS } from "./projections.ts";

/** A model as text, with what it was learned from. */
export interface Corpus {
  readonly text: string;
  readonly loaded: LoadedModel;
  readonly formats: Formats;
  readonly subjects: readonly Subject[];
}

/** A take written by hand: as a line of `model/takes`, but with the request's body in place of what is made from it. */
type WrittenTake = Readonly<Record<string, unknown>> & { readonly take: string; readonly body: object };

const session: Pick<SessionHead, "startedAt"> = { startedAt: new Date(STARTED_MS).toISOString() };

function headOf({ method, pattern }: Route): RequestHead {
  return { ...request, method, path: pattern };
}

/** A corpus from a hand-made model: its recordings are what its takes perform. */
export function corpusOf(text: string, written: Readonly<Record<string, readonly WrittenTake[]>>): Corpus {
  const model = parseModel(text, "symbols.json", formats);
  const bodies = new Map<string, Uint8Array>();
  const takes = new Map<Variant, readonly Take[]>();
  for (const route of model.routes)
    for (const variant of route.variants) {
      const lines = written[variant.takesFile]!.map(({ body, ...line }) => {
        const bytes = bytesFromText(JSON.stringify(body));
        bodies.set(line.take, bytes);
        const head = headOf(route);
        const view = createRequestView(head, formats.findForRequest(head).requestPayload(head, bytes), bytes);
        const features = Object.fromEntries(
          [...requestFeatures(view)].map(([path, raw]) => [path, JSON.parse(raw) as unknown]),
        );
        const startedAt = `${session.startedAt.slice(0, -1)}000Z`;
        return JSON.stringify({ ...line, request: view.digest, features, startedAt });
      });
      takes.set(variant, parseTakes(`${lines.join("\n")}\n`, variant.takesFile, route, variant));
    }
  const loaded = loadModel(model, takes, formats);
  const base: CheckBase = { loaded, formats, takes: indexTakes(loaded) };
  const twin = createTwin(loaded, formats, { seed: 1 });
  const subjects = [...base.takes.values()].map(({ route, take }): Subject => {
    const body = bodies.get(take.id)!;
    const head = headOf(route);
    const plan = twin.respond({ head, body, session: "", take: take.id, values: "own" });
    const played = performPlan(plan, head, cutOfHeldStream(take.end));
    const [name, index] = take.id.split("/");
    const exchange: Exchange = {
      session: name!,
      index: Number(index),
      conn: 1,
      stream: null,
      openUs: 0,
      request: head,
      requestChunks: [{ atUs: 0, bytes: body }],
      requestEndUs: 0,
      informational: [],
      headUs: played.headUs,
      response: played.response,
      chunks: played.chunks,
      trailers: played.trailers,
      closeUs: played.closeUs,
      close: played.close,
      scrubbed: [],
      unscrubbed: false,
    };
    return subjectOf(base, session, exchange)!;
  });
  return { text, loaded, formats, subjects };
}

/** A corpus from a recording and what is learned from it. */
export function learnedCorpus(recorded: Session, known: Formats): Corpus {
  const { model, takes } = synthesize("tamper", [recorded], known, { fields: {} });
  const loaded = loadModel(model, takes, known);
  const base: CheckBase = { loaded, formats: known, takes: indexTakes(loaded) };
  const subjects = recorded.exchanges
    .map((exchange) => subjectOf(base, recorded.head, exchange))
    .filter((s): s is Subject => s?.learned !== undefined);
  return { text: formatModel(model), loaded, formats: known, subjects };
}

/** What a check says of the model as it is; nothing, if the corpus is any good. */
export function divergencesOf({ loaded, formats: known, subjects }: Corpus): readonly string[] {
  const base: CheckBase = { loaded, formats: known, takes: indexTakes(loaded) };
  const twin = createTwin(loaded, known, { seed: 1 });
  return subjects.flatMap((s) =>
    checkInMemory(base, twin, s).divergences.map(
      (d) => `${d.values} ${d.path} ${d.category} ${d.expected} ${d.actual}`,
    ),
  );
}

/** Changes every place of the model, one at a time, and tells what a check made of each. */
export function tamperAll(corpus: Corpus): readonly MutationVerdict[] {
  const test = createMutationTest({ ...corpus, seed: 1 });
  return findMutations(corpus.text).map(test);
}

/** Verdicts that should not be, one line each. */
export function unsatisfied(verdicts: readonly MutationVerdict[]): readonly string[] {
  return verdicts
    .filter((v) => v.outcome !== "caught" && v.outcome !== "refused")
    .map((v) => `${v.outcome} ${v.mutation.place} ${[...v.elsewhere, ...v.silent].join(", ")}`.trim());
}
