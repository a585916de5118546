import type { Termination } from "../base/http.ts";
import { pathKey } from "../base/path.ts";
import type { Projection } from "../recording/projection.ts";
import { compareEvents } from "./compare-events.ts";
import { compareHeaders } from "./compare-headers.ts";
import type { Found } from "./divergence.ts";
import { createHoleJudges } from "./hole-judge.ts";
import { clipValue } from "./raw-value.ts";
import type { Rules } from "./rules.ts";
import { createShapeReader, type ShapeReader } from "./shape-values.ts";

/**
 * All differences of two projections at their smallest places, in the order of the wire (SPEC section 7). Neither side says
 * where it came from. `expectedShapes` may be handed in where one recording is compared more than once.
 */
export function compareProjections(
  expected: Projection,
  actual: Projection,
  rules: Rules,
  expectedShapes: ShapeReader = createShapeReader(expected, rules.codec),
): Found[] {
  const out: Found[] = [];
  const judges = createHoleJudges(rules);
  if (expected.status !== actual.status)
    out.push({
      path: "status",
      category: "status_code_mismatch",
      expected: String(expected.status),
      actual: String(actual.status),
    });
  // Where no client has a say, the header that names the coding is one like any other.
  const decoded = expected.coding !== undefined && !rules.coding;
  const headers = { expected: expected.headers, actual: actual.headers, template: rules.headers, decoded };
  compareHeaders({ where: "headers", ...headers }, rules, judges, out);
  if (rules.coding && expected.coding !== actual.coding)
    out.push({
      path: "headers.content-encoding",
      category: "header_mismatch",
      expected: expected.coding,
      actual: actual.coding,
    });
  const sides = { expected, actual, rules, expectedShapes, actualShapes: createShapeReader(actual, rules.codec) };
  compareEvents(sides, judges, out);
  if (rules.strictness === "own") compareFiller(expected, actual, out);
  const trailers = {
    expected: expected.trailers ?? [],
    actual: actual.trailers ?? [],
    template: rules.trailers,
    decoded,
  };
  compareHeaders({ where: "trailers", ...trailers }, rules, judges, out);
  if (!sameEnd(expected.termination, actual.termination) && !isExplained(expected, actual, rules, out)) {
    const [wanted, got] = [expected.termination, actual.termination];
    out.push({
      path: "termination",
      category: "termination_mismatch",
      expected: formatEnd(wanted),
      actual: formatEnd(got),
    });
  }
  return out;
}

/** A trailer that says how a response ended was told already, or a header where a head is all there is; and nothing else was cut. */
function isExplained(expected: Projection, actual: Projection, rules: Rules, told: readonly Found[]): boolean {
  const isTold = (where: "headers" | "trailers"): boolean =>
    told.some(({ path }) => rules.liveHeaders.some((name) => path === pathKey(where, name)));
  if (hasTrailers(actual)) return isTold("trailers");
  return !hasTrailers(expected) && expected.events.length + actual.events.length === 0 && isTold("headers");
}

function hasTrailers({ trailers }: Projection): boolean {
  return trailers !== undefined && trailers.length > 0;
}

/** Whether two responses ended the same way: shape, by whom, and with which code; what was said about it does not count. */
export function sameEnd(a: Termination, b: Termination): boolean {
  return a.shape === b.shape && a.by === b.by && a.code === b.code;
}

/** `truncated by client (code 8)`. */
export function formatEnd(end: Termination): string {
  return `${end.shape} by ${end.by}${end.code === undefined ? "" : ` (code ${end.code})`}`;
}

/** Bytes between events must be equal too: comments and empty lines in place and text, and a cut-off last event. */
function compareFiller(expected: Projection, actual: Projection, out: Found[]): void {
  const count = Math.max(expected.filler.length, actual.filler.length);
  for (let n = 0; n < count; n++) {
    const [wanted, got] = [expected.filler[n], actual.filler[n]];
    if (wanted?.text === got?.text && wanted?.before === got?.before && wanted?.malformed === got?.malformed) continue;
    const category = wanted?.malformed === true || got?.malformed === true ? "value_mismatch" : "encoding_mismatch";
    out.push({ path: `filler[${n}]`, category, expected: describe(wanted), actual: describe(got) });
  }
}

function describe(filler: Projection["filler"][number] | undefined): string | undefined {
  return filler && clipValue(`${JSON.stringify(filler.text)} before event ${filler.before}`);
}
