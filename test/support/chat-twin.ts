import type { Formats } from "../../src/formats/format.ts";
import { loadModel } from "../../src/model/loaded-model.ts";
import type { Take, Variant } from "../../src/model/model.ts";
import { createRequestView, requestFeatures } from "../../src/model/request-view.ts";
import { parseModel } from "../../src/model/symbols.ts";
import type { ResponsePlan } from "../../src/twin/plan.ts";
import { createTwin, type IncomingRequest, type Twin } from "../../src/twin/twin.ts";
import { bytesOf, formats, headOf, SYMBOLS } from "./chat-model.ts";

export const model = parseModel(SYMBOLS, "symbols.json", formats);
export const [stream, error] = model.routes[0]!.variants as [Variant, Variant];
export const user = model.routes[1]!.variants[0]!;

export type Ask = Partial<Omit<IncomingRequest, "body">> & { readonly body?: string };

export function requestOf(ask: Ask): IncomingRequest {
  return { head: headOf("POST", "/v1/chat"), session: "", ...ask, body: bytesOf(ask.body ?? "") };
}

export function takeOf(id: string, ask: Ask, take: Partial<Take> = {}): Take {
  const { head, body } = requestOf(ask);
  const view = createRequestView(head, formats.findForRequest(head).requestPayload(head, body), body);
  const shapes = take.shapes ?? ["role", "content", "done"];
  return {
    id,
    request: view.digest,
    features: requestFeatures(view),
    startedMs: 1764041740000 + Number(id.split("/")[1]),
    head: 0,
    trailers: 0,
    shapes,
    holes: new Map([
      ["request", ["req_0123456789abcdef"]],
      ["date", ["Tue, 25 Nov 2025 03:35:40 GMT"]],
      ["id", ['"chatcmpl-abcDEF123456"']],
      ["created", ["1764041740"]],
      ["content", [JSON.stringify(id)]],
    ]),
    timesUs: { head: 900, events: shapes.map((_, i) => 1000 + i * 10), end: 2000 },
    filler: [],
    informational: [],
    end: { shape: "clean", by: "server" },
    ...take,
  };
}

export const HI = '{"model":"m","stream":true,"messages":[{"content":"hi"}]}';
export const HO = '{"model":"m","stream":true,"messages":[{"content":"ho"}],"tools":[]}';
export const errorTake = (id: string, body: string): Take =>
  takeOf(id, { body }, { shapes: ["error"], holes: new Map([["message", ['"no such model"']]]) });

export const TAKES = new Map<Variant, readonly Take[]>([
  [
    stream,
    [
      takeOf("s/2", { body: HI }),
      takeOf("s/0", { body: HI }),
      takeOf("s/1", { body: HO }),
      takeOf("s/3", { body: '{"model":"m","cut":1}' }, { end: { shape: "truncated", by: "client" } }),
      takeOf("s/4", { body: '{"model":"m","lost":1}' }, { end: { shape: "error", by: "server", code: 2 } }),
      takeOf("s/5", { body: '{"model":"m","gone":1}' }, { end: { shape: "truncated", by: "server" } }),
    ],
  ],
  [error, [errorTake("s/6", '{"model":"badmodel"}')]],
  [
    user,
    [
      takeOf(
        "s/7",
        { head: headOf("GET", "/v1/users/7", [["accept", "a"]]) },
        { shapes: ["user"], holes: new Map([["word", ["3"]]]) },
      ),
    ],
  ],
]);

export const twinOf = (takes: ReadonlyMap<Variant, readonly Take[]> = TAKES, seed = 1, used: Formats = formats): Twin =>
  createTwin(loadModel(model, takes, used), used, { seed });

export function textOf(plan: ResponsePlan): string {
  return plan.steps
    .map((s) => (s.kind === "event" || s.kind === "filler" ? new TextDecoder().decode(s.bytes) : ""))
    .join("");
}

export function headersOf(plan: ResponsePlan): readonly (readonly [string, string])[] {
  return plan.steps.find((s) => s.kind === "head")!.headers;
}
