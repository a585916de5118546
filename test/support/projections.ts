import { bytesFromText } from "../../src/base/bytes.ts";
import type { HeaderList, RequestHead, Termination } from "../../src/base/http.ts";
import { parseJson } from "../../src/base/json.ts";
import type { Rules, ShapeRule, Strictness } from "../../src/check/rules.ts";
import type { Codec, Format } from "../../src/formats/format.ts";
import { createFormats } from "../../src/formats/index.ts";
import type { HeaderTemplate, HoleRule } from "../../src/model/model.ts";
import { templateFromParts } from "../../src/model/template.ts";
import { project } from "../../src/recording/project.ts";
import type { Projection } from "../../src/recording/projection.ts";

/** When the hand-made recordings were made: 2026-11-22T10:00:00Z. */
export const STARTED_MS = Date.UTC(2026, 10, 22, 10);

export const formats = createFormats({ protoFiles: [], descriptorSets: [], maxMessageBytes: 10 * 1024 * 1024 });

export const request: RequestHead = {
  protocol: "http",
  httpVersion: "1.1",
  method: "POST",
  path: "/v1/x",
  query: "",
  headers: [["content-type", "application/json"]],
};

const CLEAN: Termination = { shape: "clean", by: "server" };

/** A response written down by hand. */
export interface WrittenResponse {
  readonly status?: number;
  readonly headers?: HeaderList;
  /** Chunks of the body; each comes 10 ms after the one before. */
  readonly body?: readonly string[];
  readonly trailers?: HeaderList;
  readonly end?: Termination;
  readonly coding?: string;
}

export function formatOf(id: string): Format {
  const format = formats.byId(id);
  if (format === undefined) throw new Error(`no format ${id}`);
  return format;
}

export function codecOf(format: Format): Codec {
  return format.createCodec({ request, response: { status: 200, headers: [] }, direction: "server" });
}

/** The projection of a response that is written down by hand, made from its bytes. */
export function projectionOf(format: Format, written: WrittenResponse): Projection {
  const { status = 200, headers = [], body = [], trailers, end = CLEAN, coding } = written;
  const chunks = body.map((text, i) => ({ atUs: (i + 1) * 10_000, bytes: bytesFromText(text) }));
  const closeUs = (body.length + 1) * 10_000;
  const response = coding === undefined ? { status, headers } : { status, headers, coding };
  return project({ request, response, zeroUs: 0, headUs: 5_000, chunks, trailers, close: end, closeUs }, format);
}

/** What a hand-made model says about a response. */
export interface WrittenRules {
  readonly values: Strictness;
  readonly holes?: Readonly<Record<string, HoleRule>>;
  /** Shapes as in `symbols.json`. */
  readonly shapes?: Readonly<Record<string, unknown>>;
  /** Shape of each event of the take. */
  readonly row?: readonly string[];
  readonly headers?: HeaderTemplate;
  readonly trailers?: HeaderTemplate;
  /** Raw values of the request by path. */
  readonly request?: Readonly<Record<string, string>>;
  /** How long after the recording a live answer came. */
  readonly laterMs?: number;
  readonly otherTake?: boolean;
}

export function rulesOf(format: Format, written: WrittenRules): Rules {
  const codec = codecOf(format);
  const shapes = new Map(
    Object.entries(written.shapes ?? {}).map(([name, shape]): [string, ShapeRule] => {
      const parts = codec.compileShape(parseJson(typeof shape === "string" ? shape : JSON.stringify(shape))!);
      return [name, { name, template: templateFromParts(parts) }];
    }),
  );
  return {
    strictness: written.values,
    codec,
    eventPath: (index) => format.eventPath(index),
    unary: format.unary,
    holes: new Map(Object.entries(written.holes ?? {})),
    shapeAt: (expected, actual) => shapes.get(written.row?.[written.values === "live" ? expected : actual] ?? ""),
    headers: written.headers,
    trailers: written.trailers,
    liveHeaders: format.liveHeaders,
    echo: (from) => written.request?.[from],
    startedMs: STARTED_MS,
    actualStartedMs: STARTED_MS + (written.laterMs ?? 0),
    sameTake: written.otherTake !== true,
    coding: true,
  };
}
