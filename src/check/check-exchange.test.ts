import { describe, expect, test } from "vitest";
import { codecOf, formatOf, formats, request, STARTED_MS } from "../../test/support/projections.ts";
import { bytesFromText } from "../base/bytes.ts";
import { parseJson } from "../base/json.ts";
import type { LoadedModel, Route, Take, Variant } from "../model/model.ts";
import { createRequestView, requestFeatures } from "../model/request-view.ts";
import type { Exchange } from "../recording/exchange.ts";
import type { ResponsePlan } from "../twin/plan.ts";
import type { IncomingRequest, Twin } from "../twin/twin.ts";
import { checkInMemory, judgeLive } from "./check-exchange.ts";
import { indexTakes, subjectOf, type CheckBase } from "./subject.ts";

const sse = formatOf("sse");
const CLEAN = { shape: "clean", by: "server" } as const;
const TYPE = ["Content-Type", "text/event-stream"] as const;

function variantOf(name: string, guard: Variant["guard"], more: Partial<Variant> = {}): Variant {
  const stream = { prefix: [], middle: ["content"], endings: [["done"]] };
  const heads = { headers: [[TYPE]], trailers: [undefined] };
  return {
    name,
    format: "sse",
    guard,
    status: 200,
    ...heads,
    stream,
    termination: [CLEAN],
    timing: {},
    takesFile: name,
    ...more,
  };
}

const body = bytesFromText('{"stream":true}');
const view = createRequestView(request, formatOf("body").requestPayload(request, body), body);

const take: Take = {
  id: "s/0",
  request: view.digest,
  features: requestFeatures(view),
  startedMs: STARTED_MS,
  head: 0,
  trailers: 0,
  shapes: ["content", "done"],
  holes: new Map([["content", ['"a"']]]),
  timesUs: { head: 1, events: [2, 2], end: 4 },
  filler: [],
  informational: [],
  end: CLEAN,
};

function baseOf(variants: readonly Variant[], takes: readonly Take[]): CheckBase {
  const codec = codecOf(sse);
  const shape = (name: string, source: string) =>
    [name, { name, format: "sse", source, parts: codec.compileShape(parseJson(source)!) }] as const;
  const route: Route = {
    route: "POST /v1/x",
    method: "POST",
    pattern: "/v1/x",
    format: "sse",
    holes: new Map([["content", { class: "text", scope: "event" }]]),
    shapes: new Map([
      shape("content", '{"data":{"o":"chunk","d":{"$hole":"content"}}}'),
      shape("done", '{"text":"[DONE]"}'),
    ]),
    variants,
  };
  const loaded: LoadedModel = {
    model: { twin: "t", routes: [route] },
    takes: new Map([[variants[0]!, takes]]),
    takeBytes: new Map(),
    codec: () => codec,
  };
  return { loaded, formats, takes: indexTakes(loaded) };
}

const exchange: Exchange = {
  session: "s",
  index: 0,
  conn: 1,
  stream: null,
  openUs: 0,
  request,
  requestChunks: [{ atUs: 0, bytes: body }],
  requestEndUs: 0,
  informational: [],
  headUs: 1,
  response: { status: 200, headers: [TYPE] },
  chunks: [{ atUs: 2, bytes: bytesFromText('data: {"o":"chunk","d":"a"}\n\ndata: [DONE]\n\n') }],
  closeUs: 4,
  close: CLEAN,
  scrubbed: [],
  unscrubbed: false,
};

/** A twin that says what it is told to, and keeps what it was asked. */
function twinThat(says: (values: string | undefined) => Partial<ResponsePlan> & { readonly text?: string }): Twin & {
  readonly asked: IncomingRequest[];
} {
  const asked: IncomingRequest[] = [];
  return {
    asked,
    waitsForMessage: () => true,
    reset: () => undefined,
    respond: (incoming) => {
      asked.push(incoming);
      const { text = 'data: {"o":"chunk","d":"a"}\n\ndata: [DONE]\n\n', ...more } = says(incoming.values);
      return {
        format: "sse",
        provenance: "recorded",
        route: "POST /v1/x",
        exchange: "s/0",
        variant: "stream",
        steps: [
          { kind: "head", atUs: 1, status: 200, headers: [TYPE] },
          { kind: "event", atUs: 2, bytes: bytesFromText(text) },
          { kind: "end", atUs: 4 },
        ],
        ...more,
      };
    },
  };
}

function check(twin: Twin, base: CheckBase, recorded: Exchange = exchange) {
  const subject = subjectOf(base, { startedAt: "2026-11-22T10:00:00.000000Z" }, recorded)!;
  const verdict = checkInMemory(base, twin, subject);
  return { ...verdict, told: verdict.divergences.map((d) => `${d.values} ${d.path} ${d.category}`) };
}

const always = baseOf([variantOf("stream", [])], [take]);

describe("checkInMemory", () => {
  test("asks for the recorded take's own and fresh values", () => {
    const twin = twinThat(() => ({}));
    expect(check(twin, always)).toMatchObject({ session: "s", exchange: 0, learned: true, events: 2, told: [] });
    expect(new Set(twin.asked.map((a) => `${a.take} ${a.values}`))).toEqual(new Set(["s/0 own", "s/0 fresh"]));
  });

  test("both passes count: what is wrong in one of them is told of that one", () => {
    const wrong = 'data: {"o":"chonk","d":"a"}\n\ndata: [DONE]\n\n';
    const own = twinThat((values) => (values === "own" ? { text: wrong } : {}));
    expect(check(own, always).told).toEqual(["own events[0].data.o value_mismatch"]);
    const fresh = twinThat((values) => (values === "fresh" ? { text: wrong } : {}));
    expect(check(fresh, always).told).toEqual(["fresh events[0].data.o value_mismatch"]);
  });

  test("a text of its own is allowed in fresh values, and not in the take's own", () => {
    const twin = twinThat(() => ({ text: 'data: {"o":"chunk","d":"b"}\n\ndata: [DONE]\n\n' }));
    expect(check(twin, always).told).toEqual(["own events[0].data.d value_mismatch"]);
  });

  test("the guards choose another variant", () => {
    const base = baseOf(
      [variantOf("stream", []), variantOf("other", [{ path: "body.stream", test: "present" }])],
      [take],
    );
    const verdict = check(
      twinThat(() => ({ variant: "other" })),
      base,
    );
    expect(verdict.divergences).toMatchObject([
      { path: "variant", category: "variant_mismatch", expected: "stream", actual: "other" },
    ]);
  });

  test("variants that nothing separates: either is right", () => {
    const base = baseOf([variantOf("stream", []), variantOf("other", [])], [take]);
    expect(
      check(
        twinThat(() => ({ variant: "other" })),
        base,
      ).told,
    ).toEqual([]);
  });

  test("no guard holds, or no route is there", () => {
    const miss = { provenance: "miss", variant: undefined, exchange: undefined, steps: [] } as const;
    expect(
      check(
        twinThat(() => miss),
        always,
      ).divergences[0],
    ).toMatchObject({ path: "variant", actual: "none: no guard of POST /v1/x holds" });
    expect(
      check(
        twinThat(() => ({ ...miss, route: undefined })),
        always,
      ).divergences[0],
    ).toMatchObject({
      path: "variant",
      actual: "none: no route answers POST /v1/x",
    });
  });

  test("a take whose row or end its variant does not have", () => {
    const base = baseOf(
      [variantOf("stream", [], { termination: [{ shape: "truncated", by: "client" }] })],
      [{ ...take, shapes: ["done", "done"] }],
    );
    expect(
      check(
        twinThat(() => ({})),
        base,
      ).told,
    ).toEqual(expect.arrayContaining(["own stream event_order", "own termination termination_mismatch"]));
  });

  test("an exchange that was not learned is asked with fresh values, and judged by the take that answered", () => {
    const later = { ...exchange, session: "later" };
    const twin = twinThat(() => ({ text: 'data: {"o":"chunk","d":"zz"}\n\ndata: [DONE]\n\n', provenance: "template" }));
    expect(check(twin, always, later)).toMatchObject({ learned: false, told: [], variant: "stream" });
    expect(twin.asked).toMatchObject([{ take: undefined, values: "fresh" }]);
    const miss = twinThat(() => ({ provenance: "miss", variant: undefined, exchange: undefined, steps: [] }));
    expect(check(miss, always, later).told).toEqual(["fresh variant variant_mismatch"]);
  });
});

describe("judgeLive", () => {
  const subject = subjectOf(always, { startedAt: "2026-11-22T10:00:00.000000Z" }, exchange)!;
  const live = (body: string) => ({
    request,
    response: {
      status: 200,
      headers: [
        ["content-type", "text/event-stream"],
        ["Server", "x"],
      ] as const,
    },
    zeroUs: 0,
    headUs: 1,
    chunks: [{ atUs: 2, bytes: bytesFromText(body) }],
    close: CLEAN,
    closeUs: 4,
  });

  test("other texts and headers are no divergence, another constant is", () => {
    expect(
      judgeLive(always, subject, live('data: {"o":"chunk","d":"new"}\n\ndata: [DONE]\n\n'), STARTED_MS).divergences,
    ).toEqual([]);
    const { divergences } = judgeLive(
      always,
      subject,
      live('data: {"o":"chunk2","d":"new"}\n\ndata: [DONE]\n\n'),
      STARTED_MS,
    );
    expect(divergences).toMatchObject([{ values: "fresh", path: "events[0].data.o", category: "value_mismatch" }]);
  });

  test("of a stream that was cut on this side only what both have counts", () => {
    const cut = { shape: "truncated", by: "client" } as const;
    const endless = subjectOf(always, { startedAt: "2026-11-22T10:00:00.000000Z" }, { ...exchange, close: cut })!;
    const event = 'data: {"o":"chunk","d":"new"}\n\n';
    expect(judgeLive(always, endless, { ...live(event), close: cut }, STARTED_MS).divergences).toEqual([]);
    expect(judgeLive(always, endless, live(event), STARTED_MS).divergences.map((d) => d.path)).toEqual([
      "events[1]",
      "termination",
    ]);
  });

  test("no answer is another end", () => {
    const { divergences } = judgeLive(always, subject, { failure: "refused" }, STARTED_MS);
    expect(divergences).toMatchObject([{ path: "termination", actual: "refused" }]);
  });
});

test("an exchange without an answer is no subject", () => {
  expect(
    subjectOf(always, { startedAt: "2026-11-22T10:00:00.000000Z" }, { ...exchange, response: undefined }),
  ).toBeUndefined();
});
