import { ConnectionError, ERROR } from "./protocol.ts";

/** A header name and its value, one character a byte. */
export type Field = readonly [name: string, value: string];

/** Entries that every connection has, the first one at index 1 (RFC 7541, appendix A). */
export const STATIC_TABLE: readonly Field[] = [
  [":authority", ""],
  [":method", "GET"],
  [":method", "POST"],
  [":path", "/"],
  [":path", "/index.html"],
  [":scheme", "http"],
  [":scheme", "https"],
  ...["200", "204", "206", "304", "400", "404", "500"].map((status): Field => [":status", status]),
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ...[
    "accept-language",
    "accept-ranges",
    "accept",
    "access-control-allow-origin",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "link",
    "location",
    "max-forwards",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
    "referer",
    "refresh",
    "retry-after",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "user-agent",
    "vary",
    "via",
    "www-authenticate",
  ].map((name): Field => [name, ""]),
];

/** Bytes that an entry counts beyond its text (RFC 7541, 4.1). */
export const ENTRY_BYTES = 32;

/** The entries that a peer has added on one connection, behind the static ones. */
export interface HeaderTable {
  /** The entry at an index of both tables. Throws where there is none. */
  at(index: number): Field;
  add(field: Field): void;
  /** Lets go of what does not fit any more. */
  resize(bytes: number): void;
}

/** `maxBytes`: what it may hold from the beginning. */
export function createHeaderTable(maxBytes: number): HeaderTable {
  /** The latest one last. */
  let entries: Field[] = [];
  let max = maxBytes;
  let used = 0;
  const shrink = (): void => {
    let gone = 0;
    while (used > max) used -= sizeOf(entries[gone++]!);
    if (gone > 0) entries = entries.slice(gone);
  };
  return {
    at: (index) => {
      const entry =
        index <= STATIC_TABLE.length
          ? STATIC_TABLE[index - 1]
          : entries[entries.length - (index - STATIC_TABLE.length)];
      if (entry === undefined)
        throw new ConnectionError(ERROR.compression, `there is no entry ${index} in the header tables`);
      return entry;
    },
    add: (field) => {
      entries.push(field);
      used += sizeOf(field);
      shrink();
    },
    resize: (bytes) => {
      max = bytes;
      shrink();
    },
  };
}

function sizeOf([name, value]: Field): number {
  return name.length + value.length + ENTRY_BYTES;
}
