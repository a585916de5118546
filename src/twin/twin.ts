import type { RequestHead } from "../base/http.ts";
import type { Formats } from "../formats/format.ts";
import type { LoadedModel } from "../model/model.ts";
import type { ResponsePlan } from "./plan.ts";

/** A request as the twin gets it: scrubbed already. For gRPC `body` holds the first message frame at least. */
export interface IncomingRequest {
  readonly head: RequestHead;
  readonly body: Uint8Array;
  /** `X-Wraith-Session`; the empty string when there is none. */
  readonly session: string;
  /** `X-Wraith-Take`: this take and no other. */
  readonly take?: string | undefined;
  /** `X-Wraith-Values`. Default: own for a recorded request, fresh for any other. */
  readonly values?: "own" | "fresh" | undefined;
}

/**
 * Answers requests with plans. An answer depends on seed, session, request, and how often the session sent this request.
 * A recorded request gets the same plan object each time its take comes up, so that whoever performs plans can keep what it made of one.
 */
export interface Twin {
  respond(request: IncomingRequest): ResponsePlan;
  /**
   * Whether the request's first message must be there before `respond` can choose (formats with `actsOnFirstMessage`): false where
   * a take of the route began its answer before the client had said anything.
   */
  waitsForMessage(head: RequestHead): boolean;
  /** Forgets how often requests were sent, of one session or of all. */
  reset(session?: string): void;
}

export function createTwin(_loaded: LoadedModel, _formats: Formats, _options: { seed: number }): Twin {
  throw new Error("not written yet");
}
