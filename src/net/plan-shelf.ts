import type { HeaderList, RequestHead } from "../base/http.ts";
import type { ResponsePlan } from "../twin/plan.ts";
import { acceptsCoding } from "./accept-encoding.ts";
import { preparePlan, type PreparedPlan, type Wire } from "./prepared.ts";

/** Plans made ready for one kind of wire. */
export interface PlanShelf<Head> {
  /**
   * The twin gives the same plan again for a recorded request: it is made ready once for each way in which clients may want it.
   * A promise only the first time, and only where a coding is applied.
   */
  ready(plan: ResponsePlan, request: RequestHead): PreparedPlan<Head> | Promise<PreparedPlan<Head>>;
}

/** `provenance`: whether the headers that say where an answer comes from are wanted. Nothing is kept longer than its plan. */
export function createPlanShelf<Head>(options: {
  readonly http: "1" | "2";
  readonly provenance: boolean;
  readonly createHead: Wire<Head>["createHead"];
}): PlanShelf<Head> {
  const { http, createHead } = options;
  const shelf = new WeakMap<ResponsePlan, Map<string, PreparedPlan<Head> | Promise<PreparedPlan<Head>>>>();
  return {
    ready: (plan, request) => {
      const coding = codingFor(plan, request);
      const bodiless = request.method === "HEAD";
      const chunked = request.httpVersion === "1.1";
      const key = wireKey(chunked, bodiless, coding);
      const known = shelf.get(plan)?.get(key);
      if (known !== undefined) return known;
      const ownHeaders = options.provenance ? provenanceOf(plan, http === "2") : [];
      const made = preparePlan(plan, { chunked, bodiless, coding, ownHeaders, createHead });
      const byWire = shelf.get(plan) ?? new Map();
      byWire.set(key, made);
      shelf.set(plan, byWire);
      if (made instanceof Promise) void made.then((ready) => byWire.set(key, ready));
      return made;
    },
  };
}

function wireKey(chunked: boolean, bodiless: boolean, coding: string | undefined): string {
  const kind = `${chunked ? "chunked" : ""}${bodiless ? "bodiless" : ""}`;
  return coding === undefined ? kind : `${kind} ${coding}`;
}

function codingFor(plan: ResponsePlan, request: RequestHead): string | undefined {
  return plan.coding !== undefined && acceptsCoding(request.headers, plan.coding) ? plan.coding : undefined;
}

function provenanceOf(plan: ResponsePlan, lower: boolean): HeaderList {
  const all: [string, string | undefined][] = [
    ["X-Wraith-Provenance", plan.provenance],
    ["X-Wraith-Route", plan.route],
    ["X-Wraith-Exchange", plan.exchange],
  ];
  return all.flatMap(([name, value]): HeaderList =>
    value === undefined ? [] : [[lower ? name.toLowerCase() : name, printable(value)]],
  );
}

/** Header values are printable ASCII; the rest of a route is percent-encoded, as it is in a path. */
function printable(value: string): string {
  return value.replace(/[^\x20-\x7e]/gu, (c) => encodeURIComponent(c.isWellFormed() ? c : "\ufffd"));
}
