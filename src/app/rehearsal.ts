import type { Formats } from "../formats/format.ts";
import type { LoadedModel } from "../model/model.ts";
import { createDirectHead } from "../net/direct-stage.ts";
import { preparePlan, type Wire } from "../net/prepared.ts";
import { createScrubber } from "../recording/scrub-create.ts";
import { DEFAULT_SCRUB_RULES } from "../recording/scrub-rules.ts";
import { rehearse } from "../twin/rehearse.ts";
import { createRequestScrubber } from "./request-scrubber.ts";

const HEADERS = [["content-type", "application/json"]] as const;
const HEAD = { protocol: "http", httpVersion: "1.1", method: "POST", path: "/", query: "", headers: HEADERS } as const;
const BODY = new TextEncoder().encode('{"stream":true,"messages":[{"role":"user","content":"hi"}]}');
const WIRE: Wire<Buffer> = {
  chunked: true,
  bodiless: false,
  coding: undefined,
  ownHeaders: [],
  createHead: createDirectHead,
};

/**
 * All that is slow once in answering requests, in steps that a server can take before the first one comes: code that is not compiled yet,
 * takes that are not read yet.
 */
export function* rehearseAnswers(loaded: LoadedModel, formats: Formats): Generator<void, void, void> {
  // Not the twin's own: a rule of scrub.toml might find a secret in what is made up, and say that a key is missing for it.
  const scrubber = createScrubber(DEFAULT_SCRUB_RULES, { kind: "missing", onNeeded: () => undefined }, formats);
  createRequestScrubber(scrubber)(HEAD, BODY);
  yield;
  yield* rehearse(loaded, formats, (plan) => void preparePlan(plan, WIRE));
}
