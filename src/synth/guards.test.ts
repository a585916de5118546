import { describe, expect, it } from "vitest";
import { parseJson } from "../base/json.ts";
import { findVariants } from "../model/guard.ts";
import type { Variant } from "../model/model.ts";
import { createRequestView, type RequestView } from "../model/request-view.ts";
import { learnGuards, type AnswerCell, type Guarded } from "./guards.ts";

interface Asked {
  readonly body?: unknown;
  readonly query?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

function viewOf({ body, query = "", headers = [] }: Asked): RequestView {
  const text = body === undefined ? "" : JSON.stringify(body);
  const head = { protocol: "http", httpVersion: "1.1", method: "POST", path: "/x", query, headers } as const;
  const json = parseJson(text);
  return createRequestView(
    head,
    json === undefined ? { kind: "none" } : { kind: "json", json },
    new TextEncoder().encode(text),
  );
}

/** Learns from cells of requests and checks that each request is led to its own cell, or to one with the same guard. */
function learn(cells: readonly { readonly fault?: boolean; readonly asked: readonly Asked[] }[]): readonly Guarded[] {
  const views: RequestView[] = [];
  const list = cells.map(({ fault, asked }): AnswerCell => {
    const samples = asked.map((a) => views.push(viewOf(a)) - 1);
    return { samples, isFault: fault === true };
  });
  const guarded = learnGuards(list, views);
  const variants = guarded.map(({ guard }, i) => ({ name: String(i), guard }) as unknown as Variant);
  guarded.forEach(({ samples, guard }) => {
    for (const sample of samples)
      expect(findVariants(variants, views[sample]!).map((v) => v.guard)).toContainEqual(guard);
  });
  expect(guarded.flatMap((g) => g.samples).sort((a, b) => a - b)).toEqual(views.map((_, i) => i));
  return guarded;
}

const shown = (guarded: readonly Guarded[], cell: number): readonly string[] =>
  guarded
    .filter((g) => g.cell === cell)
    .map(({ guard }) =>
      guard.map((c) => (c.test === "equals" ? `${c.path}=${c.value}` : `${c.path} ${c.test}`)).join(" & "),
    );

const chat = (model: string, more: object = {}): Asked => ({
  body: { model, messages: [{ role: "user", content: `say ${model}` }], ...more },
});

describe("learnGuards", () => {
  it("one way to answer needs no guard", () => {
    expect(shown(learn([{ asked: [chat("a"), chat("b")] }]), 0)).toEqual([""]);
  });

  it("a boolean tells streams from bodies", () => {
    const guarded = learn([
      { asked: [chat("a", { stream: true }), chat("a", { stream: true, n: 2 })] },
      { asked: [chat("a")] },
    ]);
    expect(shown(guarded, 0)).toEqual(["body.stream=true"]);
    expect(shown(guarded, 1)).toEqual([""]);
  });

  it("one 404 of a bad model is enough, and is reached although the stream's guard also holds", () => {
    const guarded = learn([
      {
        asked: [
          chat("gpt", { stream: true }),
          chat("gpt", { stream: true, seed: 1 }),
          chat("gpt", { stream: true, seed: 2 }),
        ],
      },
      { asked: [chat("gpt"), chat("gpt", { seed: 1 })] },
      { fault: true, asked: [chat("badmodel", { stream: true })] },
    ]);
    expect(shown(guarded, 0)).toEqual(["body.stream=true"]);
    expect(shown(guarded, 2)).toEqual(['body.model="badmodel" & body.messages present']);
  });

  it("never goes by numbers, nor by texts that each request has for itself", () => {
    const asked = (content: string, seed: number): Asked => ({ body: { prompt: content, seed, stream: true } });
    const guarded = learn([
      { asked: ["one two", "three four", "five six", "seven eight"].map((t, i) => asked(t, i)) },
      { fault: true, asked: [asked("nine ten", 99)] },
    ]);
    expect(guarded.find((g) => g.cell === 1)).toMatchObject({ guard: [], hiddenBy: 0 });
  });

  it("what cannot be told apart gets the guard of its neighbours, in as many parts", () => {
    const guarded = learn([
      { asked: [chat("a", { stream: true, x: 1 }), chat("a", { stream: true })] },
      { asked: [chat("a", { stream: false }), chat("a", { stream: false, x: 1 })] },
      { fault: true, asked: [chat("a", { stream: true }), chat("a", { stream: false })] },
    ]);
    expect(shown(guarded, 2)).toEqual(["body.stream=true", "body.stream=false"]);
    expect(guarded.filter((g) => g.cell === 2).map((g) => g.hiddenBy)).toEqual([0, 1]);
  });

  it("a fault has a guard for each of its causes", () => {
    const guarded = learn([
      { asked: [chat("a"), chat("a", { max_tokens: 1 }), chat("a", { max_tokens: 2 })] },
      {
        fault: true,
        asked: [chat("a", { max_tokens: "two" }), chat("badmodel"), chat("a", { max_tokens: "two", seed: 1 })],
      },
    ]);
    expect(shown(guarded, 1)).toEqual(['body.max_tokens="two"', 'body.model="badmodel"']);
  });

  it.each(["if-none-match", "range"])("%s asks for another answer to the same request", (name) => {
    const asked: Asked = { headers: [[name, "x"]] };
    const guarded = learn([{ asked: [{}, {}] }, { asked: [asked, asked] }]);
    expect(shown(guarded, 1)).toEqual([`headers.${name} present`]);
    expect(guarded.every(({ hiddenBy }) => hiddenBy === undefined)).toBe(true);
  });

  it("a missing credential refuses", () => {
    const key = [["authorization", "Bearer x"]] as const;
    const guarded = learn([
      {
        asked: [
          { ...chat("a"), headers: key },
          { ...chat("b"), headers: key },
        ],
      },
      { fault: true, asked: [chat("a")] },
    ]);
    expect(shown(guarded, 1)).toEqual(["headers.authorization absent"]);
  });

  it("a query parameter tells, and its value is text", () => {
    const guarded = learn([
      { asked: [{ query: "alt=sse" }, { query: "alt=sse&x=1" }] },
      { asked: [{}, { query: "x=1" }] },
    ]);
    expect(guarded[0]!.guard).toEqual([{ path: "query.alt", test: "equals", value: "sse" }]);
  });

  it("clients are not told by what their libraries send along", () => {
    const from = (lang: string): Asked => ({
      ...chat("a"),
      headers: [
        ["x-stainless-lang", lang],
        ["user-agent", lang],
      ],
    });
    const guarded = learn([{ asked: [from("js"), from("js")] }, { fault: true, asked: [from("python")] }]);
    expect(guarded.find((g) => g.cell === 1)?.hiddenBy).toBe(0);
  });
});
