import type { HeaderList } from "../base/http.ts";

/**
 * A response as data. Times are microseconds on one absolute line that begins at the request's last byte
 * (two-way methods: at the first client message). Steps are in order of time; the last is `end`, `reset` or `hold`.
 */
export type Step =
  | { readonly kind: "informational"; readonly atUs: number; readonly status: number; readonly headers: HeaderList }
  | { readonly kind: "head"; readonly atUs: number; readonly status: number; readonly headers: HeaderList }
  /** One event, or filler between events: ready bytes. */
  | { readonly kind: "event" | "filler"; readonly atUs: number; readonly bytes: Uint8Array }
  | { readonly kind: "trailers"; readonly atUs: number; readonly trailers: HeaderList }
  /** The protocol's own clean end. */
  | { readonly kind: "end"; readonly atUs: number }
  /** Cut by the upstream: with a code an h2 reset, without one the connection (h1) or the missing end (h2) is cut. */
  | { readonly kind: "reset"; readonly atUs: number; readonly code?: number | undefined }
  /** Stay open until the client leaves. */
  | { readonly kind: "hold"; readonly atUs: number }
  /** Wait for the client before going on; later steps count from then. */
  | { readonly kind: "await"; readonly trigger: "client-message" };

export interface ResponsePlan {
  readonly format: string;
  readonly provenance: "recorded" | "template" | "miss";
  /** Route pattern, absent on a miss. */
  readonly route?: string | undefined;
  /** `SESSION/INDEX` of the take, absent on a miss. */
  readonly exchange?: string | undefined;
  /** Name of the variant whose guard chose it; absent on a miss, and where no guard holds and a take was asked for by name. */
  readonly variant?: string | undefined;
  /** Content coding the recording had; the player uses it where the client accepts it. */
  readonly coding?: string | undefined;
  readonly steps: readonly Step[];
}
