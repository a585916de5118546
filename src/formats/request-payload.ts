import { utf8FromBytes } from "../base/bytes.ts";
import { digest } from "../base/digest.ts";
import { findHeader, mediaType, type RequestHead } from "../base/http.ts";
import { parseJson, type JsonNode } from "../base/json.ts";
import type { RequestPayload } from "./format.ts";
import { isJsonContainer } from "./leaf-kind.ts";
import { boundaryOf, readParts, type BodyPart } from "./multipart.ts";

/**
 * What the body of an HTTP request says. JSON by its content type, and wherever it is a JSON object or array: `curl -d` calls
 * it a form, and the servers of this field read it all the same. What its content type promises and it is not is text or bytes.
 */
export function readRequestPayload(request: RequestHead, body: Uint8Array): RequestPayload {
  if (body.length === 0) return { kind: "none" };
  const contentType = findHeader(request.headers, "content-type");
  const boundary = boundaryOf(contentType ?? "");
  const parts = boundary === undefined ? undefined : readParts(body, boundary);
  if (parts !== undefined) return { kind: "parts", json: describeParts(parts) };
  const text = utf8FromBytes(body);
  if (text === undefined) return { kind: "bytes" };
  const type = mediaType(contentType);
  if (isJsonType(type) || isJsonContainer(text)) {
    const json = parseJson(text);
    if (json !== undefined) return { kind: "json", json };
  }
  if (type === "application/x-www-form-urlencoded") return { kind: "form", json: readForm(text) };
  return { kind: "text", text };
}

function isJsonType(type: string): boolean {
  return type === "application/json" || type === "text/json" || type.endsWith("+json");
}

/** An object of strings, or of arrays of strings where a name comes more than once; names in the order of their first. */
function readForm(text: string): JsonNode {
  const fields: [name: string, shown: string][] = [];
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decodeFormText(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decodeFormText(pair.slice(equals + 1));
    fields.push([name, JSON.stringify(value)]);
  }
  return objectOf(fields);
}

/**
 * What parts say, whichever boundary stood between them: an object as of a form where each has a name, else an array. A part that is a
 * file or has a type is an object of `name` (in the array), `filename`, `type` and its content: `text`, or `sha256` where it is none.
 */
function describeParts(parts: readonly BodyPart[]): JsonNode {
  const isForm = parts.every(({ disposition }) => disposition.has("name"));
  if (isForm) return objectOf(parts.map((part) => [part.disposition.get("name")!, describePart(part, undefined)]));
  return parseJson(`[${parts.map((part) => describePart(part, part.disposition.get("name"))).join(",")}]`)!;
}

function describePart({ disposition, type, content }: BodyPart, name: string | undefined): string {
  const filename = disposition.get("filename");
  const text = utf8FromBytes(content);
  if (name === undefined && filename === undefined && type === undefined && text !== undefined)
    return JSON.stringify(text);
  const said = text === undefined ? { sha256: digest(content, 64) } : { text };
  return JSON.stringify({ name, filename, type, ...said });
}

/** An object of raw values; names in the order of their first, those that come more than once with an array. */
function objectOf(fields: readonly (readonly [name: string, raw: string])[]): JsonNode {
  const byName = new Map<string, string[]>();
  for (const [name, raw] of fields) {
    const list = byName.get(name);
    if (list === undefined) byName.set(name, [raw]);
    else list.push(raw);
  }
  const entries = [...byName].map(
    ([name, list]) => `${JSON.stringify(name)}:${list.length === 1 ? list[0]! : `[${list.join(",")}]`}`,
  );
  return parseJson(`{${entries.join(",")}}`)!;
}

/** `+` and percent-encoding undone; left as it is where that gives no UTF-8. */
function decodeFormText(text: string): string {
  const spaced = text.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return text;
  }
}
