import { bytesFromText, textFromBytes } from "../../base/bytes.ts";
import { compactJson } from "../../base/json.ts";
import type { Codec } from "../format.ts";
import { compileSseShape } from "./compile.ts";
import { sseDifference } from "./difference.ts";
import { dissectSse } from "./dissect.ts";
import { readLines, readPayload, valueOf } from "./lines.ts";
import { formatSseShape } from "./shape.ts";

/** Events of a stream as text: the frame itself, so that every byte of it survives. */
export const sseCodec: Codec = {
  decode: textFromBytes,
  encode: bytesFromText,
  dissect: dissectSse,
  formatShape: formatSseShape,
  compileShape: compileSseShape,
  difference: sseDifference,
  view: viewSse,
};

/** `{"event": "tick", "data": {...}, "id": "5"}` without white space; a payload that is not JSON is `{"raw": "..."}`. */
function viewSse(text: string): string {
  const lines = readLines(text);
  const payload = readPayload(text, lines);
  const fields: string[] = [];
  const add = (kind: "event" | "id" | "retry"): void => {
    const line = lines.findLast((l) => l.kind === kind);
    if (line !== undefined) fields.push(`"${kind}":${JSON.stringify(valueOf(text, line))}`);
  };
  add("event");
  if (payload !== undefined)
    fields.push(
      `"data":${payload.json === undefined ? `{"raw":${JSON.stringify(payload.text)}}` : compactJson(payload.json)}`,
    );
  add("id");
  add("retry");
  return `{${fields.join(",")}}`;
}
