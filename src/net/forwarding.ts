import { headerValues, type HeaderList, type RequestHead } from "../base/http.ts";

/** Headers that speak of one connection only. `trailer` announces what travels on, and stays (RFC 9110, 6.6.2). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "te",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

/** Written to send an HTTP/1 head at once: Node's `flushHeaders` would write header bytes above 0x7f as UTF-8. */
export const EMPTY = Buffer.alloc(0);

/** The headers that travel on, in their order and spelling: without those of this hop, those that `Connection` names included. */
export function travellingHeaders(headers: HeaderList): HeaderList {
  const named = new Set(
    headerValues(headers, "connection").flatMap((v) => v.split(",").map((n) => n.trim().toLowerCase())),
  );
  return headers.filter(([n]) => {
    const name = n.toLowerCase();
    return !HOP_BY_HOP.has(name) && !named.has(name);
  });
}

/** Whether a header belongs to wraith: such ones reach neither the upstream nor a recording. */
export function isOwnHeader(name: string): boolean {
  return /^x-wraith-/i.test(name);
}

/** The request without wraith's own headers: what the API's client said. */
export function withoutOwnHeaders(head: RequestHead): RequestHead {
  return head.headers.some(([n]) => isOwnHeader(n))
    ? { ...head, headers: head.headers.filter(([n]) => !isOwnHeader(n)) }
    : head;
}

/** Path and query appended as text to the base URL's path, never resolved against it: `//other/x` stays a path of this upstream. */
export function upstreamTarget(basePath: string, head: RequestHead): string {
  const base = basePath.endsWith("/") ? basePath.slice(0, -1) : basePath;
  const path = head.path === "*" && base !== "" ? "" : head.path;
  const target = `${base}${path.startsWith("/") || path === "*" || path === "" ? "" : "/"}${path}`;
  return `${target === "" ? "/" : target}${head.query === "" ? "" : `?${head.query}`}`;
}

/** One sentence of why a connection failed; Node hides it in a list when a name has several addresses. */
export function describeFailure(error: unknown): string {
  const inner = error instanceof AggregateError && error.errors.length > 0 ? (error.errors as unknown[]) : [error];
  return [...new Set(inner.map(describeError))].join(", ");
}

/** What a person is to look at, where the text of Node and OpenSSL does not say it, by the code of the error. */
const ADVICE: readonly (readonly [code: RegExp, advice: string])[] = [
  [/^(?:EPROTO|ERR_SSL_)/, "is base_url right in saying https://?"],
  [
    /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_)/,
    "certificates to trust go to [upstream] ca",
  ],
  [/^ERR_HTTP2_ERROR$/, "does the upstream speak HTTP/2 at this address?"],
];

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  // OpenSSL's own error is a line of numbers, function names and paths, its reason the fifth of them.
  const reason = /^(.*?)[\dA-F]+:error:[\dA-F]+:[^:]*:[^:]*:([^:\n]+)/.exec(error.message);
  const text = reason === null ? error.message.trim() || (code ?? error.name) : `${reason[1]!}${reason[2]!}`;
  const advice = ADVICE.find(([pattern]) => code !== undefined && pattern.test(code))?.[1];
  return advice === undefined ? text : `${text} (${advice})`;
}
