import type { Codec, LeafKind, Part } from "../formats/format.ts";
import type { HeaderList, Termination } from "../base/http.ts";

/** How a hole's value comes about. Fields beside `class` are those SPEC section 5 names. */
export type HoleRule = {
  /** `stream`: one value in a whole response; `event`: may differ from event to event. A rule for `check`. */
  readonly scope: "stream" | "event";
  readonly nullable?: boolean | undefined;
} & (
  | { readonly class: "json" }
  /** `unit` of epoch numbers; `iso` for RFC 3339 text; `http` for HTTP dates. */
  | { readonly class: "timestamp"; readonly unit: "s" | "ms" | "us" | "ns" | "iso" | "http" }
  /** Start is absent where each take has its own. Decimal text keeps its quotes (64-bit proto integers). */
  | { readonly class: "counter"; readonly start?: number | undefined; readonly step: number }
  /** Path into the request view: `body.model`, `query.q`, `path.id`, `headers.x-request-id`. */
  | { readonly class: "echoed"; readonly from: string }
  | {
      readonly class: "generated";
      readonly prefix?: readonly string[] | undefined;
      readonly alphabet: "digits" | "hex" | "base62" | "base64url" | "printable" | "uuid";
      /** Characters after the prefix: one number, or least and most. */
      readonly length: number | readonly [number, number];
    }
  | { readonly class: "boolean" }
  | { readonly class: "number" }
  /** Raw spellings of all values seen. */
  | { readonly class: "enum"; readonly values: readonly string[] }
  | { readonly class: "text" }
);

export type HoleClass = HoleRule["class"];

/** All classes, in the order in which they are tried (SPEC section 5). */
export const HOLE_CLASSES = [
  "json",
  "timestamp",
  "counter",
  "echoed",
  "generated",
  "boolean",
  "number",
  "enum",
  "text",
] as const satisfies readonly HoleClass[];

/** A learned shape of an event, compiled. */
export interface Shape {
  readonly name: string;
  /** Format of its codec: a route's variants may differ in it (an SSE stream, a JSON error). */
  readonly format: string;
  readonly parts: readonly Part[];
  /** Recordings that have it, where that is only one; absent otherwise. */
  readonly seen?: number | undefined;
  /** The shape's JSON object as it stands in `symbols.json`. */
  readonly source: string;
}

/**
 * A header or trailer value: literal, or one whole-value hole (raw value: plain text). `content-length` of an answer that has a
 * body stands as the empty string: it is made anew.
 */
export type HeaderTemplate = readonly (readonly [name: string, value: string | { readonly hole: string }])[];

/** One condition on the request view; all conditions of a guard must hold. */
export type Condition =
  | {
      readonly path: string;
      readonly test: "equals";
      /** Raw JSON spelling, or text for query and headers. */ readonly value: string;
    }
  | { readonly path: string; readonly test: "present" }
  | { readonly path: string; readonly test: "absent" };

export type Guard = readonly Condition[];

/** The rows of shapes that takes of a variant may have (SPEC section 5, "Template of a stream"). */
export interface StreamRule {
  readonly prefix: readonly string[];
  readonly middle: readonly string[];
  readonly endings: readonly (readonly string[])[];
}

export interface Band {
  readonly p50: number;
  readonly p99: number;
}

/** One way a route answers. */
export interface Variant {
  readonly name: string;
  readonly format: string;
  readonly guard: Guard;
  readonly status: number;
  /** Heads seen, the commonest first; a take says which is its own when there are several. */
  readonly headers: readonly HeaderTemplate[];
  /** Trailers seen, likewise; undefined stands for "none were sent". */
  readonly trailers: readonly (HeaderTemplate | undefined)[];
  /** Exactly one of `stream` and `body`: a unary format has the shapes its one event may have (none: an empty body). */
  readonly stream?: StreamRule | undefined;
  readonly body?: readonly string[] | undefined;
  /** Terminations seen, the commonest first; a take has its own. */
  readonly termination: readonly Termination[];
  /** Content coding to use again where the client accepts it. */
  readonly coding?: string | undefined;
  readonly timing: { readonly firstMs?: Band | undefined; readonly gapMs?: Band | undefined };
  /** Stem of its file in model/takes, relative, without extension: `<route slug>-<digest>/<variant>`. */
  readonly takesFile: string;
}

export interface Route {
  /** `POST /v1/chat/completions`, `GET /v1/users/:id`, `POST /etcdserverpb.KV/Put`. */
  readonly route: string;
  readonly method: string;
  /** Path with `:name` parameters. */
  readonly pattern: string;
  /** Format of most variants. */
  readonly format: string;
  readonly holes: ReadonlyMap<string, HoleRule>;
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly variants: readonly Variant[];
}

/** All that was learned, without the takes. */
export interface Model {
  readonly twin: string;
  readonly routes: readonly Route[];
}

/** One recorded performance of a variant. */
export interface Take {
  /** `SESSION/INDEX` of the exchange it was learned from. */
  readonly id: string;
  /** Digest of the request (`RequestView.digest`). */
  readonly request: string;
  /** Scalars of the request by path (raw spelling; long ones as digests), to find the nearest take. */
  readonly features: ReadonlyMap<string, string>;
  /** When it was recorded, ms since the epoch: what times in it are measured against. */
  readonly startedMs: number;
  /** Index into the variant's `headers` and `trailers`. */
  readonly head: number;
  readonly trailers: number;
  /** Row of shape names, one an event. */
  readonly shapes: readonly string[];
  /**
   * Raw values of each hole in wire order (head first, then events, then trailers); one value where all are equal
   * (`values.length === 1`). Holes that follow their rule (echoes; counters with a `start`) are left out.
   */
  readonly holes: ReadonlyMap<string, readonly string[]>;
  /** Microseconds since the request's last byte: the head, each event, the end. `events.length` equals `shapes.length`. */
  readonly timesUs: { readonly head: number; readonly events: readonly number[]; readonly end: number };
  readonly filler: readonly { readonly before: number; readonly text: string; readonly atUs: number }[];
  readonly informational: readonly { readonly status: number; readonly headers: HeaderList; readonly atUs: number }[];
  readonly end: Termination;
  /** True where the answer began before the client's first message (only in formats that act on it); times count from the request's head then. */
  readonly eager?: boolean | undefined;
}

/** A shape's parts, cut for matching and rendering: `segments[i]` stands before hole i. */
export interface Template {
  readonly segments: readonly string[];
  readonly holes: readonly string[];
  readonly kinds: readonly LeafKind[];
  readonly paths: readonly string[];
}

/** A model ready to answer and to judge: takes by variant, codecs by variant. */
export interface LoadedModel {
  readonly model: Model;
  readonly takes: ReadonlyMap<Variant, readonly Take[]>;
  /** How long the files are whose takes are read when they are asked for; nothing of variants whose takes are there. */
  readonly takeBytes: ReadonlyMap<Variant, number>;
  codec(route: Route, format: string): Codec;
}
