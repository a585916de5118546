import { concatBytes } from "../base/bytes.ts";
import type { RequestHead } from "../base/http.ts";
import type { Formats } from "../formats/format.ts";
import { createExchangeScrubber } from "./scrub-exchange.ts";
import { scrubHeaders, scrubQuery, type RuleWork } from "./scrub-headers.ts";
import { compileScrubRules, type ScrubRules } from "./scrub-rules.ts";
import { createReplacer, type ScrubKey } from "./scrub-tokens.ts";
import type { Direction, ExchangeScrubber, Scrubber } from "./scrub.ts";

/** The head of a request of which only its body is known. */
const UNKNOWN_REQUEST: RequestHead = {
  protocol: "http",
  httpVersion: "1.1",
  method: "POST",
  path: "/",
  query: "",
  headers: [],
};

/** Compiles rules into a scrubber. Formats give meaning to streams. Throws SyntaxError for an expression that was not checked. */
export function createScrubber(rules: ScrubRules, key: ScrubKey, formats: Formats): Scrubber {
  const compiled = compileScrubRules(rules);
  const replacer = createReplacer(key);
  const work = (fired: Set<string>): RuleWork => ({ rules: compiled, text: compiled.text, replacer, fired, formats });
  return {
    keyId: replacer.keyId,
    rulesDigest: compiled.digest,
    headers: (headers, fired) => scrubHeaders(headers, work(fired)),
    query: (query, fired) => scrubQuery(query, work(fired)),
    body(contentType, body, fired) {
      const headers = contentType === undefined ? [] : ([["content-type", contentType]] as const);
      const scrubber = createExchangeScrubber(work(fired), formats);
      scrubber.open(UNKNOWN_REQUEST);
      scrubber.head({ status: 200, headers });
      return whole(scrubber, "server", body);
    },
    exchange: () => createExchangeScrubber(work(new Set()), formats),
  };
}

/** A whole request as a recording of it holds it: by the same way, so both are always equal. */
export function scrubRequest(
  scrubber: Scrubber,
  head: RequestHead,
  body: Uint8Array,
): { readonly head: RequestHead; readonly body: Uint8Array } {
  const exchange = scrubber.exchange();
  return { head: exchange.open(head), body: whole(exchange, "client", body) };
}

function whole(scrubber: ExchangeScrubber, direction: Direction, body: Uint8Array): Uint8Array {
  if (body.length === 0) return body;
  const chunks = [...scrubber.push(direction, { atUs: 0, bytes: body }), ...scrubber.end(direction)];
  return concatBytes(chunks.map((c) => c.bytes));
}
