import type { Field } from "./header-table.ts";

const PSEUDO = new Set([":method", ":scheme", ":path", ":authority"]);
/** Headers that speak of a connection, which HTTP/2 has not (RFC 9113, 8.2.2). */
const FORBIDDEN = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** Whether fields are those of a request (RFC 9113, 8.2 and 8.3.1). A request that breaks these rules is not to be guessed at. */
export function isRequest(fields: readonly Field[]): boolean {
  const seen = new Map<string, string>();
  let regular = false;
  for (const [name, value] of fields) {
    if (!name.startsWith(":")) {
      regular = true;
      if (!isField(name, value)) return false;
      continue;
    }
    if (regular || seen.has(name) || !PSEUDO.has(name) || !isValue(value)) return false;
    seen.set(name, value);
  }
  if (seen.get(":method") === undefined) return false;
  if (seen.get(":method") === "CONNECT") return !seen.has(":path") && !seen.has(":scheme") && seen.has(":authority");
  return seen.has(":scheme") && (seen.get(":path") ?? "") !== "";
}

/** Whether fields are those behind a body. */
export function areTrailers(fields: readonly Field[]): boolean {
  return fields.every(([name, value]) => isField(name, value));
}

function isField(name: string, value: string): boolean {
  if (!/^[!#$%&'*+.^_`|~\da-z-]+$/.test(name) || !isValue(value)) return false;
  return !FORBIDDEN.has(name) && (name !== "te" || value.toLowerCase() === "trailers");
}

function isValue(value: string): boolean {
  return !/[\0\r\n]/.test(value);
}

/** The length that a request says its body has; undefined where it says none, NaN where it says nonsense. */
export function declaredBytes(fields: readonly Field[]): number | undefined {
  const values = new Set(fields.filter(([n]) => n === "content-length").map(([, v]) => v));
  if (values.size === 0) return undefined;
  const [value] = values;
  return values.size === 1 && /^\d{1,15}$/.test(value!) ? Number(value) : Number.NaN;
}
