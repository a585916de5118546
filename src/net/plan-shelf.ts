import type { HeaderList, RequestHead } from "../base/http.ts";
import type { ResponsePlan } from "../twin/plan.ts";
import { acceptsCoding } from "./accept-encoding.ts";
import { preparePlan, type PreparedPlan } from "./prepared.ts";
import { createHttp1Head, type Http1Head } from "./serve-http1.ts";
import { createHttp2Head, type Http2Head } from "./serve-http2.ts";

type Ready<Head> = PreparedPlan<Head> | Promise<PreparedPlan<Head>>;

/** Plans made ready for the wire. The twin gives the same plan again for a recorded request: it is made ready once for each kind of wire. */
export interface PlanShelf {
  forHttp1(plan: ResponsePlan, request: RequestHead): Ready<Http1Head>;
  forHttp2(plan: ResponsePlan, request: RequestHead): Ready<Http2Head>;
}

/** Nothing is kept longer than its plan. */
export function createPlanShelf(provenanceHeaders: boolean): PlanShelf {
  const http1 = new WeakMap<ResponsePlan, Map<string, Ready<Http1Head>>>();
  const http2 = new WeakMap<ResponsePlan, Map<string, Ready<Http2Head>>>();
  const ownHeaders = (plan: ResponsePlan, lower: boolean): HeaderList =>
    provenanceHeaders ? provenance(plan, lower) : [];
  return {
    forHttp1: (plan, request) => {
      const coding = codingFor(plan, request);
      const bodiless = request.method === "HEAD";
      const chunked = request.httpVersion !== "1.0";
      return keep(http1, plan, `${chunked ? "c" : ""}${bodiless ? "b" : ""}${coding ?? ""}`, () =>
        preparePlan(plan, {
          chunked,
          bodiless,
          coding,
          ownHeaders: ownHeaders(plan, false),
          createHead: createHttp1Head,
        }),
      );
    },
    forHttp2: (plan, request) => {
      const coding = codingFor(plan, request);
      const bodiless = request.method === "HEAD";
      return keep(http2, plan, `${bodiless ? "b" : ""}${coding ?? ""}`, () =>
        preparePlan(plan, {
          chunked: false,
          bodiless,
          coding,
          ownHeaders: ownHeaders(plan, true),
          createHead: createHttp2Head,
        }),
      );
    },
  };
}

function keep<Head>(
  shelf: WeakMap<ResponsePlan, Map<string, Ready<Head>>>,
  plan: ResponsePlan,
  wire: string,
  make: () => Ready<Head>,
): Ready<Head> {
  const byWire = shelf.get(plan) ?? new Map<string, Ready<Head>>();
  const known = byWire.get(wire);
  if (known !== undefined) return known;
  const made = make();
  byWire.set(wire, made);
  shelf.set(plan, byWire);
  if (made instanceof Promise) void made.then((ready) => byWire.set(wire, ready));
  return made;
}

function codingFor(plan: ResponsePlan, request: RequestHead): string | undefined {
  return plan.coding !== undefined && acceptsCoding(request.headers, plan.coding) ? plan.coding : undefined;
}

function provenance(plan: ResponsePlan, lower: boolean): HeaderList {
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
