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
  readonly driftType: string;
}
