/**
 * One line of a `.wrec` file (SPEC section 3; docs/recording-format.md, docs/wrec.schema.json). Reading is total: whatever a
 * line holds, it becomes one of these kinds. Keys that nobody knows are passed over, so that older programs read newer files.
 */
import { utf8FromBytes } from "../base/bytes.ts";
import { readBodyLine } from "./wrec-body-line.ts";
import { createByteBlocks, type ByteBlocks } from "./wrec-bytes.ts";
import { bytesFromBase64 } from "../base/base64.ts";
import type { HeaderList, RequestHead, ResponseHead, Termination } from "../base/http.ts";
import type { SessionHead } from "./exchange.ts";
import type { Direction } from "./scrub.ts";

/** Version of the format, in the first line of every file. */
export const WREC_VERSION = 1;

interface OfExchange {
  /** Number of the exchange in the session. */
  readonly x: number;
  readonly atUs: number;
}

export type WrecLine =
  | { readonly kind: "session"; readonly head: SessionHead }
  | (OfExchange & {
      readonly kind: "open";
      readonly conn: number;
      readonly stream: number | null;
      readonly request: RequestHead;
      /** The content coding that the request's recorded bytes were decoded from. */
      readonly coding: string | undefined;
    })
  | (OfExchange & { readonly kind: "body"; readonly dir: Direction; readonly bytes: Uint8Array })
  | (OfExchange & { readonly kind: "body-end"; readonly dir: Direction })
  | (OfExchange & { readonly kind: "trailers"; readonly dir: Direction; readonly trailers: HeaderList })
  | (OfExchange & { readonly kind: "informational"; readonly status: number; readonly headers: HeaderList })
  | (OfExchange & { readonly kind: "head"; readonly response: ResponseHead })
  | (OfExchange & {
      readonly kind: "close";
      readonly close: Termination;
      readonly scrubbed: readonly string[];
      readonly unscrubbed: boolean;
      /** Bodies of which nothing could be decoded: their bytes are as sent, whatever coding their head told of. */
      readonly undecoded: readonly Direction[];
    })
  | { readonly kind: "ended"; readonly atUs: number }
  /** A line of which nothing is known: of a later version. */
  | { readonly kind: "unknown" }
  | { readonly kind: "bad"; readonly reason: string };

/** Reads lines of one file; their bytes lie in blocks that the lines share. */
export interface LineReader {
  /** What a line says; `line` is without its line end, and not kept. Undefined for an empty line. Never throws. */
  read(line: Uint8Array): WrecLine | undefined;
}

export function createLineReader(): LineReader {
  const blocks = createByteBlocks();
  return { read: (line) => readBodyLine(line, blocks) ?? readAnyLine(line, blocks) };
}

function readAnyLine(line: Uint8Array, blocks: ByteBlocks): WrecLine | undefined {
  const text = utf8FromBytes(line);
  if (text === undefined) return bad("not UTF-8, torn perhaps");
  if (text.trim() === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad("not JSON, torn perhaps");
  }
  return isRecord(value) ? lineOf(value, blocks) : bad("not a JSON object");
}

type Record_ = Readonly<Record<string, unknown>>;

function lineOf(value: Record_, blocks: ByteBlocks): WrecLine {
  const { x, atUs } = value;
  if (value["wrec"] !== undefined) return sessionLine(value);
  if (!isCount(atUs)) return bad("atUs is not a whole number of microseconds");
  if (value["ended"] !== undefined) return { kind: "ended", atUs };
  if (!isCount(x)) return bad("x is not the number of an exchange");
  const { dir } = value;
  if (dir !== undefined) return directedLine(value, x, atUs, dir, blocks);
  if (value["open"] !== undefined) return openLine(value["open"], x, atUs);
  if (value["head"] !== undefined) return headLine(value["head"], x, atUs);
  if (value["informational"] !== undefined) return informationalLine(value["informational"], x, atUs);
  if (value["close"] !== undefined) return closeLine(value, x, atUs);
  return { kind: "unknown" };
}

function directedLine(value: Record_, x: number, atUs: number, dir: unknown, blocks: ByteBlocks): WrecLine {
  if (dir !== "client" && dir !== "server") return bad("dir is neither client nor server");
  const { text, b64, trailers } = value;
  if (typeof text === "string") return { kind: "body", x, atUs, dir, bytes: blocks.add(text) };
  if (b64 !== undefined) {
    const bytes = typeof b64 === "string" ? bytesFromBase64(b64) : undefined;
    return bytes === undefined ? bad("b64 is not base64") : { kind: "body", x, atUs, dir, bytes };
  }
  if (trailers !== undefined)
    return isHeaderList(trailers)
      ? { kind: "trailers", x, atUs, dir, trailers }
      : bad("trailers is not a list of pairs of text");
  if (value["end"] === true) return { kind: "body-end", x, atUs, dir };
  return text === undefined ? { kind: "unknown" } : bad("text is not text");
}

function sessionLine(value: Record_): WrecLine {
  const { wrec, session, startedAt, twin, baseUrl, tags, tool, scrub } = value;
  if (wrec !== WREC_VERSION)
    return bad(`version ${JSON.stringify(wrec)} of the format is not known here, only ${WREC_VERSION}`);
  if (typeof session !== "string") return bad("session is not text");
  if (typeof startedAt !== "string" || Number.isNaN(Date.parse(startedAt))) return bad("startedAt is not a time");
  if (tags !== undefined && !isTextList(tags)) return bad("tags is not a list of text");
  return {
    kind: "session",
    head: {
      session,
      twin: textOr(twin, ""),
      baseUrl: textOr(baseUrl, ""),
      startedAt,
      tags: tags ?? [],
      tool: textOr(tool, ""),
      scrub,
    },
  };
}

function openLine(open: unknown, x: number, atUs: number): WrecLine {
  if (!isRecord(open)) return bad("open is not an object");
  const { protocol, httpVersion, method, path, query, headers, conn, stream, coding } = open;
  if (typeof protocol !== "string") return bad("open.protocol is not text");
  if (httpVersion !== "1.0" && httpVersion !== "1.1" && httpVersion !== "2")
    return bad("open.httpVersion is not known");
  if (typeof method !== "string") return bad("open.method is not text");
  if (typeof path !== "string") return bad("open.path is not text");
  if (!isHeaderList(headers)) return bad("open.headers is not a list of pairs of text");
  return {
    kind: "open",
    x,
    atUs,
    conn: isCount(conn) ? conn : 0,
    stream: isCount(stream) ? stream : null,
    // A protocol that is not known here is read all the same: the format of an exchange is found by its headers.
    request: {
      protocol: protocol as RequestHead["protocol"],
      httpVersion,
      method,
      path,
      query: textOr(query, ""),
      headers,
    },
    coding: typeof coding === "string" ? coding : undefined,
  };
}

function headLine(head: unknown, x: number, atUs: number): WrecLine {
  if (!isRecord(head)) return bad("head is not an object");
  const { status, headers, coding } = head;
  if (!isCount(status)) return bad("head.status is not a number");
  if (!isHeaderList(headers)) return bad("head.headers is not a list of pairs of text");
  return {
    kind: "head",
    x,
    atUs,
    response: typeof coding === "string" ? { status, headers, coding } : { status, headers },
  };
}

function informationalLine(value: unknown, x: number, atUs: number): WrecLine {
  if (!isRecord(value)) return bad("informational is not an object");
  const { status, headers } = value;
  if (!isCount(status)) return bad("informational.status is not a number");
  if (!isHeaderList(headers)) return bad("informational.headers is not a list of pairs of text");
  return { kind: "informational", x, atUs, status, headers };
}

function closeLine(value: Record_, x: number, atUs: number): WrecLine {
  const { close, scrubbed, undecoded } = value;
  if (!isRecord(close)) return bad("close is not an object");
  const { shape, by, code, detail } = close;
  if (shape !== "clean" && shape !== "truncated" && shape !== "error") return bad("close.shape is not known");
  if (by !== "server" && by !== "client" && by !== "recorder") return bad("close.by is not known");
  if (scrubbed !== undefined && !isTextList(scrubbed)) return bad("scrubbed is not a list of text");
  const termination: Termination = {
    shape,
    by,
    ...(isCount(code) ? { code } : {}),
    ...(typeof detail === "string" ? { detail } : {}),
  };
  return {
    kind: "close",
    x,
    atUs,
    close: termination,
    scrubbed: scrubbed ?? [],
    unscrubbed: value["unscrubbed"] === true,
    undecoded: Array.isArray(undecoded) ? undecoded.filter((dir) => dir === "client" || dir === "server") : [],
  };
}

function bad(reason: string): WrecLine {
  return { kind: "bad", reason };
}

function textOr(value: unknown, other: string): string {
  return typeof value === "string" ? value : other;
}

function isRecord(value: unknown): value is Record_ {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && Number.isSafeInteger(value);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((v) => typeof v === "string");
}

function isHeaderList(value: unknown): value is HeaderList {
  return (
    Array.isArray(value) &&
    value.every(
      (pair: unknown) =>
        Array.isArray(pair) && pair.length === 2 && typeof pair[0] === "string" && typeof pair[1] === "string",
    )
  );
}
