import { utf8FromBytes } from "../base/bytes.ts";
import { findHeader, mediaType, type RequestHead } from "../base/http.ts";
import { parseJson, type JsonNode } from "../base/json.ts";
import type { RequestPayload } from "./format.ts";
import { isJsonContainer } from "./leaf-kind.ts";

/**
 * What the body of an HTTP request says. JSON by its content type, and wherever it is a JSON object or array: `curl -d` calls
 * it a form, and the servers of this field read it all the same. What its content type promises and it is not is text or bytes.
 */
export function readRequestPayload(request: RequestHead, body: Uint8Array): RequestPayload {
  if (body.length === 0) return { kind: "none" };
  const text = utf8FromBytes(body);
  if (text === undefined) return { kind: "bytes" };
  const type = mediaType(findHeader(request.headers, "content-type"));
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
  const fields = new Map<string, string[]>();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decodeFormText(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decodeFormText(pair.slice(equals + 1));
    const list = fields.get(name);
    if (list === undefined) fields.set(name, [value]);
    else list.push(value);
  }
  const entries = [...fields].map(([name, values]) => {
    const shown = values.length === 1 ? JSON.stringify(values[0]) : JSON.stringify(values);
    return `${JSON.stringify(name)}:${shown}`;
  });
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
