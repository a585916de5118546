import type { RequestHead } from "../base/http.ts";
import type { ResponsePlan } from "../twin/plan.ts";
import { percentEncode } from "./percent-encode.ts";
import { wholeAnswer } from "./prepared.ts";
import { errorBody } from "./unsupported.ts";

/** gRPC's status for an HTTP status of wraith's own (grpc.io, "Status codes"). */
const GRPC_STATUS: Readonly<Record<number, number>> = { 400: 3, 413: 8, 415: 12, 501: 12 };
const INTERNAL = 13;

/** A refusal as a plan: JSON with one sentence, in gRPC a status without messages. */
export function ownAnswer(head: RequestHead, status: number, message: string): ResponsePlan {
  const miss = { format: "", provenance: "miss" } as const;
  if (head.protocol === "grpc") {
    const code = GRPC_STATUS[status] ?? INTERNAL;
    const headers = [
      ["content-type", "application/grpc"],
      ["grpc-status", String(code)],
      ["grpc-message", percentEncode(`wraith: ${message}`)],
    ] as const;
    return { ...miss, steps: wholeAnswer(200, headers, new Uint8Array(0)) };
  }
  return jsonAnswer(status, errorBody(message));
}

/** A whole JSON text as a plan. */
export function jsonAnswer(status: number, text: string): ResponsePlan {
  const body = Buffer.from(text);
  const headers = [
    ["Content-Type", "application/json"],
    ["Content-Length", String(body.length)],
  ] as const;
  return { format: "", provenance: "miss", steps: wholeAnswer(status, headers, body) };
}
