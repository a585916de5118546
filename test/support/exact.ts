import { expect } from "vitest";
import { createFormats } from "../../src/formats/index.ts";
import type { Route, Take, Variant } from "../../src/model/model.ts";
import { performTake } from "../../src/model/perform.ts";
import { createRequestView } from "../../src/model/request-view.ts";
import { formatModel, parseModel } from "../../src/model/symbols.ts";
import { formatTake, parseTakes } from "../../src/model/take-lines.ts";
import type { Session } from "../../src/recording/exchange.ts";
import { projectExchange } from "../../src/recording/project.ts";
import { pathParameters } from "../../src/synth/routes.ts";
import type { Synthesis } from "../../src/synth/synthesize.ts";

const formats = createFormats({ protoFiles: [], descriptorSets: [], maxMessageBytes: 10 * 1024 * 1024 });

/** Writes model and takes, reads them back, performs every take, and compares with the recording. */
export function expectExact(synthesis: Synthesis, sessions: readonly Session[]): void {
  const { report } = synthesis;
  expect([report.exactEvents, report.notes]).toEqual([report.events, report.notes]);
  const model = parseModel(formatModel(synthesis.model), "symbols.json", formats);
  expect(formatModel(model)).toBe(formatModel(synthesis.model));
  for (const [r, route] of model.routes.entries())
    for (const [v, variant] of route.variants.entries()) {
      const written = synthesis.takes.get(synthesis.model.routes[r]!.variants[v]!)!;
      const lines = written.map((take) => formatTake(route, variant, take)).join("\n");
      for (const take of parseTakes(`${lines}\n`, "takes.jsonl", route, variant))
        expectTake(route, variant, take, sessions);
    }
}

function expectTake(route: Route, variant: Variant, take: Take, sessions: readonly Session[]): void {
  const [session, index] = take.id.split("/") as [string, string];
  const exchange = sessions.find((s) => s.head.session === session)!.exchanges[Number(index)]!;
  const { request, requestChunks } = exchange;
  const body = requestChunks[0]?.bytes ?? new Uint8Array();
  const view = createRequestView(request, formats.findForRequest(request).requestPayload(request, body), body);
  const said = performTake(route, variant, take, view, pathParameters(route.pattern, request.path), { kind: "own" });
  const recorded = projectExchange(exchange, formats)!;
  expect(said.events).toEqual(recorded.events.map((event) => event.text));
  expect(said.headers.map(([name]) => name)).toEqual(recorded.headers.map(([name]) => name));
  expect(said.trailers).toEqual(recorded.trailers);
}
