import { digest } from "../base/digest.ts";

export type DivergenceCategory =
  | "status_code_mismatch"
  | "missing_field"
  | "extra_field"
  | "type_mismatch"
  | "value_mismatch"
  | "encoding_mismatch"
  | "missing_event"
  | "extra_event"
  | "event_order"
  | "termination_mismatch"
  | "trailer_mismatch"
  | "header_mismatch"
  | "variant_mismatch"
  | "timing_out_of_band";

/** A divergence by its cause: what kind of promise was broken. */
export const DRIFT_TYPES = [
  "structure",
  "value",
  "encoding",
  "sequence",
  "head",
  "ending",
  "selection",
  "timing",
] as const;
export type DriftType = (typeof DRIFT_TYPES)[number];

/** A difference as `compareProjections` finds it: where, and what; not yet in which exchange. */
export interface Found {
  readonly path: string;
  readonly category: DivergenceCategory;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  /** Absent: as `severityOf` the category. */
  readonly severity?: "error" | "warning" | undefined;
}

/** One difference at the smallest path that explains it (SPEC section 7). */
export interface Divergence {
  readonly route: string;
  readonly variant: string;
  readonly session: string;
  readonly exchange: number;
  readonly values: "own" | "fresh";
  readonly path: string;
  readonly category: DivergenceCategory;
  readonly severity: "error" | "warning";
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
  /** Stable digest of route, path without event numbers, and category. */
  readonly driftId: string;
  readonly driftType: DriftType;
}

const TYPE_OF_CATEGORY: Readonly<Record<DivergenceCategory, DriftType>> = {
  status_code_mismatch: "head",
  header_mismatch: "head",
  missing_field: "structure",
  extra_field: "structure",
  type_mismatch: "structure",
  value_mismatch: "value",
  encoding_mismatch: "encoding",
  missing_event: "sequence",
  extra_event: "sequence",
  event_order: "sequence",
  termination_mismatch: "ending",
  trailer_mismatch: "ending",
  variant_mismatch: "selection",
  timing_out_of_band: "timing",
};

/** Kind of promise that a category speaks of. */
function driftTypeOf(category: DivergenceCategory): DriftType {
  return TYPE_OF_CATEGORY[category];
}

/** Timing is a warning, everything else an error (SPEC section 7, point 6). */
export function severityOf(category: DivergenceCategory): "error" | "warning" {
  return category === "timing_out_of_band" ? "warning" : "error";
}

/** The path with the number of its event left open: `events[3].data.a[0]` becomes `events[].data.a[0]`. */
export function pathWithoutEventNumber(path: string): string {
  return path.replace(/^(events|filler)\[\d+\]/, "$1[]");
}

const DRIFT_ID_LENGTH = 12;
/** Form of a drift's id. */
export const DRIFT_ID = new RegExp(`^[0-9a-f]{${DRIFT_ID_LENGTH}}$`);

/** Digest of route, path without event numbers, and category: the same drift in every exchange, event and run. */
export function driftIdOf(route: string, path: string, category: DivergenceCategory): string {
  return digest(`${route}\u0000${pathWithoutEventNumber(path)}\u0000${category}`, DRIFT_ID_LENGTH);
}

/** Where and when a difference was found. */
export interface FoundIn {
  readonly route: string;
  readonly variant: string;
  readonly session: string;
  readonly exchange: number;
  readonly values: "own" | "fresh";
}

/** The divergence that a difference is in this exchange. */
export function divergenceFrom(found: Found, where: FoundIn): Divergence {
  return {
    route: where.route,
    variant: where.variant,
    session: where.session,
    exchange: where.exchange,
    values: where.values,
    path: found.path,
    category: found.category,
    severity: found.severity ?? severityOf(found.category),
    expected: found.expected,
    actual: found.actual,
    driftId: driftIdOf(where.route, found.path, found.category),
    driftType: driftTypeOf(found.category),
  };
}
