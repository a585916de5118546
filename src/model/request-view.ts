import type { RequestPayload } from "../formats/format.ts";
import type { HeaderList, RequestHead } from "../base/http.ts";

/** A request as guards, echoes and equality see it; scrubbed as recordings are. */
export interface RequestView {
  readonly method: string;
  readonly path: string;
  /** Decoded pairs in the order sent. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: HeaderList;
  readonly payload: RequestPayload;
  /** Digest of method, path, sorted query and body (canonical JSON where it is JSON): equal requests share it. */
  readonly digest: string;
}

/** The view of a request from its head and whole body. `payload` comes from the format (`Format.requestPayload`). */
export function createRequestView(_head: RequestHead, _payload: RequestPayload, _body: Uint8Array): RequestView {
  throw new Error("not written yet");
}

/**
 * Raw value at a path of the view: `body.model` (JSON spelling), `query.q`, `headers.x-id`, `path.id` (JSON strings), or undefined.
 * `params` are the path parameters of the route.
 */
export function requestValue(_view: RequestView, _path: string, _params?: ReadonlyMap<string, string>): string | undefined {
  throw new Error("not written yet");
}

/** All scalars of the request by path, in order: `body.*`, `query.*`. Values longer than 64 characters stand as digests. */
export function requestFeatures(_view: RequestView): ReadonlyMap<string, string> {
  throw new Error("not written yet");
}
