import { findHeader, headerValues, type HeaderList } from "../base/http.ts";
import { parseHeaderLine, withoutOuterSpace } from "./header-line.ts";
import { MAX_HEADER_BYTES } from "./header-limit.ts";

/** The start of an answer, and what follows from it for its connection. */
export interface Http1ResponseHead {
  readonly status: number;
  /** Reason phrase; may be empty. */
  readonly reason: string;
  readonly headers: HeaderList;
  /** Whether the connection may be used again after this answer, as far as its head says. */
  readonly persistent: boolean;
}

/** What stands in the answer to one request, in its order. */
export interface Http1ResponseListener {
  informational(status: number, reason: string, headers: HeaderList): void;
  head(head: Http1ResponseHead): void;
  /** A piece of the body: what one read held of one chunk, a view of the bytes that were pushed. */
  data(bytes: Buffer): void;
  /** The answer is whole. `surplus`: bytes came behind it that nobody asked for. */
  end(trailers: HeaderList, surplus: boolean): void;
}

/** Reads the answer to one request from the bytes of its connection (RFC 9112). */
export interface Http1ResponseReader {
  /** Reads on. Gives a sentence where the bytes are no answer; nothing after them is read. Never throws. */
  push(bytes: Buffer): string | undefined;
  /** The connection has ended. True where that was the end of the answer (which the listener was told), or where it was whole before. */
  close(): boolean;
}

/** What an answer is called that breaks the rules, with the words that Node has for the same. */
const PARSE_ERROR = "Parse Error: ";
/** A line with a chunk's size and extensions may be so long: Node's own limit. */
const MAX_SIZE_LINE_BYTES = 16 * 1024;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const STATUS_LINE_START = "HTTP/1.";
const NOT_HTTP = "Expected HTTP/1.x";
const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const QUOTED = String.raw`"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"`;
const SIZE_LINE = new RegExp(`^0*([0-9a-f]{1,13})(?:;${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*$`, "i");
/** So many hexadecimal digits are a number without any doubt. */
const MAX_PLAIN_DIGITS = 7;
const LF = 10;
const CR = 13;

type Place =
  | "head"
  | "sized"
  | "chunk size"
  | "chunk"
  | "chunk's CR"
  | "chunk's LF"
  | "trailers"
  | "until close"
  | "done";

/**
 * Creates the reader of the answer to a request with this method. It is at least as strict as Node's parser: lines end with CR LF and are
 * never folded, one length at most and never beside a transfer coding. So no two readers of one answer can differ about where it ends.
 */
export function createHttp1ResponseReader(method: string, listener: Http1ResponseListener): Http1ResponseReader {
  let place: Place = "head";
  /** The line that is being read, so far. */
  let line = "";
  /** Of the lines of this head or these trailers. */
  let lineBytes = 0;
  let start: { readonly version: string; readonly status: number; readonly reason: string } | undefined;
  let headers: (readonly [string, string])[] = [];
  /** Of the body or of the chunk that is being read. */
  let missing = 0;

  /** Adds what `input` has of the line from `at` on; gives where that ends, which is behind LF where the line is whole. */
  const readLine = (input: Buffer, at: number): number => {
    const lf = input.indexOf(LF, at);
    const end = lf < 0 ? input.length : lf + 1;
    line += input.toString("latin1", at, end);
    lineBytes += end - at;
    return end;
  };
  /** The whole line without its end; undefined where that is not CR LF. */
  const takeLine = (): string | undefined => {
    const taken = line;
    line = "";
    return taken.endsWith("\r\n") ? taken.slice(0, -2) : undefined;
  };
  const addHeader = (text: string): boolean => {
    const header = parseHeaderLine(text);
    if (header !== undefined) headers.push(header);
    return header !== undefined;
  };
  const endHead = (): string | undefined => {
    const { version, status, reason } = start!;
    const list = headers;
    start = undefined;
    headers = [];
    lineBytes = 0;
    const framing = framingOf(method, status, list);
    if (typeof framing === "string") return framing;
    if (status >= 100 && status < 200 && status !== 101) {
      if (version === "0") return "HTTP/1.0 knows no informational answers";
      listener.informational(status, reason, list);
      return undefined;
    }
    missing = framing.length ?? 0;
    place = framing.place;
    const persistent = place !== "until close" && status !== 101 && staysOpen(version, list);
    listener.head({ status, reason, headers: list, persistent });
    return undefined;
  };
  const finish = (surplus: boolean): void => {
    place = "done";
    listener.end(headers, surplus);
  };
  const hasEmptyBody = (): boolean => place === "sized" && missing === 0;
  const headLine = (text: string): string | undefined => {
    if (start === undefined) {
      // Empty lines in front of an answer are passed over, as Node does.
      if (text === "") return undefined;
      const found = STATUS_LINE.exec(text);
      if (found === null) return text.startsWith(STATUS_LINE_START) ? "Invalid status line" : NOT_HTTP;
      start = { version: found[1]!, status: Number(found[2]), reason: found[3] ?? "" };
      return undefined;
    }
    if (text === "") return endHead();
    return addHeader(text) ? undefined : "Invalid header line";
  };
  const sizeLine = (text: string): string | undefined => {
    const found = SIZE_LINE.exec(text);
    if (found === null) return "Invalid chunk size";
    missing = Number.parseInt(found[1]!, 16);
    lineBytes = 0;
    place = missing === 0 ? "trailers" : "chunk";
    return undefined;
  };
  /** Reads on in a line, and works on it where it ends. Gives where to go on, or what is wrong. */
  const lineStep = (input: Buffer, at: number): number | string => {
    const end = readLine(input, at);
    if (place === "chunk size") {
      if (lineBytes > MAX_SIZE_LINE_BYTES) return "Chunk extensions overflow";
    } else if (lineBytes > MAX_HEADER_BYTES) return "Header overflow";
    if (input[end - 1] !== LF) {
      if (place !== "head" || start !== undefined || line === "\r") return end;
      return STATUS_LINE_START.startsWith(line.slice(0, STATUS_LINE_START.length)) ? end : NOT_HTTP;
    }
    const text = takeLine();
    if (text === undefined) return "Missing expected CR at the end of a line";
    if (place === "chunk size") return sizeLine(text) ?? end;
    if (place === "head") {
      const wrong = headLine(text);
      if (wrong !== undefined) return wrong;
      if (hasEmptyBody()) finish(end < input.length);
    } else if (text === "") finish(end < input.length);
    // Trailers that speak of the framing come too late to be believed.
    else if (!addHeader(text) || isFraming(headers.at(-1)![0])) return "Invalid trailer line";
    return end;
  };
  /** A size line that is a few digits and nothing else, as most are; gives where it ends, or -1 where it is to be read as a line. */
  const plainSize = (input: Buffer, from: number): number => {
    let size = 0;
    let at = from;
    for (; at < input.length && at - from < MAX_PLAIN_DIGITS; at++) {
      const digit = hexDigit(input[at]!);
      if (digit < 0) break;
      size = size * 16 + digit;
    }
    if (size === 0 || input[at] !== CR || input[at + 1] !== LF) return -1;
    missing = size;
    place = "chunk";
    return at + 2;
  };
  const bodyStep = (input: Buffer, at: number): number => {
    const end = Math.min(input.length, at + missing);
    missing -= end - at;
    listener.data(at === 0 && end === input.length ? input : input.subarray(at, end));
    if (missing > 0) return end;
    if (place === "chunk") place = "chunk's CR";
    else finish(end < input.length);
    return end;
  };
  const step = (input: Buffer, at: number): number | string => {
    switch (place) {
      case "chunk size": {
        const end = line === "" ? plainSize(input, at) : -1;
        return end < 0 ? lineStep(input, at) : end;
      }
      case "head":
      case "trailers":
        return lineStep(input, at);
      case "sized":
      case "chunk":
        return bodyStep(input, at);
      case "chunk's CR":
        if (input[at] !== CR) return "Missing expected CR after chunk data";
        place = "chunk's LF";
        return at + 1;
      case "chunk's LF":
        if (input[at] !== LF) return "Missing expected LF after chunk data";
        place = "chunk size";
        return at + 1;
      case "until close":
        listener.data(at === 0 ? input : input.subarray(at));
        return input.length;
      default:
        return input.length;
    }
  };
  return {
    push: (input) => {
      let at = 0;
      while (at < input.length) {
        const next = step(input, at);
        if (typeof next === "string") {
          place = "done";
          return PARSE_ERROR + next;
        }
        at = next;
      }
      return undefined;
    },
    close: () => {
      if (place === "until close") finish(false);
      return place === "done";
    },
  };
}

/** Value of a hexadecimal digit, by its character code; -1 for what is none. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Where the body of an answer ends (RFC 9112, 6.3), or what is wrong with what its head says of that. */
function framingOf(
  method: string,
  status: number,
  headers: HeaderList,
): { readonly place: "sized" | "chunk size" | "until close"; readonly length?: number } | string {
  const lengths = headerValues(headers, "content-length");
  const codings = headerValues(headers, "transfer-encoding");
  if (lengths.length > 0 && codings.length > 0) return "Transfer-Encoding can't be present with Content-Length";
  if (lengths.length > 1) return "Duplicate Content-Length";
  if (lengths.length === 1 && (!/^\d+$/.test(lengths[0]!) || Number(lengths[0]) > Number.MAX_SAFE_INTEGER))
    return "Invalid Content-Length";
  const names = listItems(codings);
  const chunked = names.indexOf("chunked");
  // What is coded once more behind its chunks has an end that only the coding knows.
  if (chunked >= 0 && chunked < names.length - 1) return "Invalid Transfer-Encoding";
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return { place: "sized", length: 0 };
  if (chunked >= 0) return { place: "chunk size" };
  return lengths.length === 1 ? { place: "sized", length: Number(lengths[0]) } : { place: "until close" };
}

/** The items of a list header, in lower case. */
function listItems(values: readonly string[]): string[] {
  return values.flatMap((v) => v.split(",").map((item) => withoutOuterSpace(item).toLowerCase()));
}

function isFraming(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === "content-length" || lower === "transfer-encoding";
}

/** Whether a connection goes on after this answer (RFC 9112, 9.3), in the words of its head. */
function staysOpen(version: string, headers: HeaderList): boolean {
  if (findHeader(headers, "connection") === undefined) return version === "1";
  const options = listItems(headerValues(headers, "connection"));
  return !options.includes("close") && (version === "1" || options.includes("keep-alive"));
}
