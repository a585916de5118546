import { findHeader, type RequestHead } from "../base/http.ts";

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 };

/** What `grpc-timeout` allows, in milliseconds; undefined where the request has no deadline or one that means nothing. */
export function grpcTimeoutMs(head: RequestHead): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(findHeader(head.headers, "grpc-timeout") ?? "");
  return match === null ? undefined : Number(match[1]) * UNIT_MS[match[2]!]!;
}
