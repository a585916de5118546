/** Headers or trailers as they stood on the wire: order, case and duplicates kept. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** The start of a request, without its origin. */
export interface RequestHead {
  /** `grpc` where the content type says so, else `http`. */
  readonly protocol: "http" | "grpc";
  readonly httpVersion: "1.0" | "1.1" | "2";
  readonly method: string;
  /** Path as sent, percent-encoding kept, without the query. */
  readonly path: string;
  /** Query as sent, without `?`; empty when there is none. */
  readonly query: string;
  /** Without h2 pseudo headers. */
  readonly headers: HeaderList;
}

/** The start of a response. */
export interface ResponseHead {
  readonly status: number;
  /** Without h2 pseudo headers. */
  readonly headers: HeaderList;
  /** The content coding that the recorded bytes were decoded from (`gzip`, ...); absent when they are as sent. */
  readonly coding?: string | undefined;
}

/** How a response ended. `truncated`: without the end its protocol asks for. */
export type TerminationShape = "clean" | "truncated" | "error";

export interface Termination {
  readonly shape: TerminationShape;
  readonly by: "server" | "client" | "recorder";
  /** h2 reset or GOAWAY code, where there was one. */
  readonly code?: number | undefined;
  readonly detail?: string | undefined;
}

/** Value of the first header of that name (names compare without case), or undefined. */
export function findHeader(headers: HeaderList, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const [n, v] of headers) if (n.length === wanted.length && n.toLowerCase() === wanted) return v;
  return undefined;
}

/** All values of the headers of that name, in order. */
export function headerValues(headers: HeaderList, name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.filter(([n]) => n.toLowerCase() === wanted).map(([, v]) => v);
}

/** Media type of a content type value: lower case, without parameters; empty when there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? "").split(";", 1)[0]!.trim().toLowerCase();
}

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

/** The headers without hop-by-hop ones (RFC 9110, 7.6.1), those that `Connection` names included. */
export function withoutHopByHop(headers: HeaderList): HeaderList {
  const named = new Set(
    headerValues(headers, "connection").flatMap((v) => v.split(",").map((n) => n.trim().toLowerCase())),
  );
  return headers.filter(([n]) => {
    const name = n.toLowerCase();
    return !HOP_BY_HOP.has(name) && !named.has(name);
  });
}
