import type { HeaderList, RequestHead } from "../base/http.ts";
import { parseHeaderLine } from "./header-line.ts";
import { splitTarget } from "./request-head.ts";

/** The head of a request that can be read without a parser's whole art, and what its body needs. */
export interface SimpleHead {
  readonly head: RequestHead;
  /** Bytes of the head, the empty line included. */
  readonly headBytes: number;
  readonly bodyBytes: number;
  /** The client asks for the connection's end after the answer. */
  readonly closing: boolean;
}

/** A longer head or body is left to Node. */
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_BODY_BYTES = 64 * 1024;
const END = Buffer.from("\r\n\r\n");
const REQUEST_LINE = /^(GET|POST|PUT|PATCH|DELETE) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
/** Headers that ask for more than a plain answer on a connection that stays. */
const OTHER = new Set(["transfer-encoding", "expect", "upgrade", "proxy-connection"]);

/** The same as `readPlainHead`, for bodies that are gathered before they are looked at: none above `maxBodyBytes` nor 64 KiB. */
export function readSimpleHead(bytes: Buffer, maxBodyBytes: number): SimpleHead | undefined {
  const read = readPlainHead(bytes);
  return read === undefined || read.bodyBytes > Math.min(MAX_BODY_BYTES, maxBodyBytes) ? undefined : read;
}

/**
 * Reads the head of the commonest kind of request: HTTP/1.1, one `Host`, a path as target, at most one length and no other framing, all
 * in strict spelling. Undefined for any other, well-formed or not: those are for Node's parser, which also finds the words of refusal.
 */
export function readPlainHead(bytes: Buffer): SimpleHead | undefined {
  const end = bytes.indexOf(END);
  if (end < 0 || end > MAX_HEAD_BYTES) return undefined;
  const lines = bytes.toString("latin1", 0, end).split("\r\n");
  const line = REQUEST_LINE.exec(lines[0]!);
  if (line === null) return undefined;
  const headers: (readonly [string, string])[] = [];
  let hosts = 0;
  let bodyBytes: number | undefined;
  let closing = false;
  for (let i = 1; i < lines.length; i++) {
    const header = parseHeaderLine(lines[i]!);
    if (header === undefined) return undefined;
    const [name, value] = header;
    const lower = name.toLowerCase();
    if (OTHER.has(lower)) return undefined;
    if (lower === "host") hosts++;
    else if (lower === "content-length") {
      if (bodyBytes !== undefined || !/^\d{1,15}$/.test(value)) return undefined;
      bodyBytes = Number(value);
    } else if (lower === "connection") {
      const option = value.toLowerCase();
      if (option === "close") closing = true;
      else if (option !== "keep-alive") return undefined;
    }
    headers.push(header);
  }
  if (hosts !== 1) return undefined;
  const list: HeaderList = headers;
  const head: RequestHead = {
    protocol: "http",
    httpVersion: "1.1",
    method: line[1]!,
    ...splitTarget(line[2]!),
    headers: list,
  };
  return { head, headBytes: end + END.length, bodyBytes: bodyBytes ?? 0, closing };
}
