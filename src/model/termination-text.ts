import type { Termination } from "../base/http.ts";
import { readFields, readString, readWhole, readWord, type JsonPlace } from "./json-document.ts";

/** `{"shape": "clean", "by": "server"}`, with `code` and `detail` where they are known. */
export function formatTermination(end: Termination): string {
  const code = end.code === undefined ? "" : `, "code": ${end.code}`;
  const detail = end.detail === undefined ? "" : `, "detail": ${JSON.stringify(end.detail)}`;
  return `{"shape": ${JSON.stringify(end.shape)}, "by": ${JSON.stringify(end.by)}${code}${detail}}`;
}

/** Reads what `formatTermination` writes. Throws WraithError MODEL_INVALID. */
export function readTermination(place: JsonPlace): Termination {
  const fields = readFields(place, ["shape", "by", "code", "detail"]);
  const [code, detail] = [fields.find("code"), fields.find("detail")];
  return {
    shape: readWord(fields.need("shape"), ["clean", "truncated", "error"]),
    by: readWord(fields.need("by"), ["server", "client", "recorder"]),
    ...(code === undefined ? {} : { code: readWhole(code) }),
    ...(detail === undefined ? {} : { detail: readString(detail) }),
  };
}
