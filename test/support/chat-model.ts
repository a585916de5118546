import { createFormats } from "../../src/formats/index.ts";
import type { RequestHead } from "../../src/base/http.ts";
import { createRequestView, type RequestView } from "../../src/model/request-view.ts";

export const formats = createFormats({ protoFiles: [], descriptorSets: [], maxMessageBytes: 10 * 1024 * 1024 });

/** A model in its canonical text: a stream with ids, times, echoes, a counter and opaque JSON, an error, a body with parameters in its path. */
export const SYMBOLS = `{
  "wraith": 1,
  "twin": "my-llm",
  "routes": [
    {
      "route": "POST /v1/chat",
      "format": "sse",
      "holes": {
        "id": {"class": "generated", "scope": "stream", "prefix": ["chatcmpl-"], "alphabet": "base62", "length": 12},
        "call": {"class": "generated", "scope": "event", "prefix": ["call_", "fc_"], "alphabet": "base62", "length": 12},
        "created": {"class": "timestamp", "scope": "event", "unit": "s"},
        "model": {"class": "echoed", "scope": "stream", "from": "body.model"},
        "content": {"class": "text", "scope": "event"},
        "extra": {"class": "json", "scope": "event", "nullable": true},
        "n": {"class": "counter", "scope": "event", "start": 0, "step": 1},
        "request": {"class": "generated", "scope": "stream", "prefix": ["req_"], "alphabet": "hex", "length": 16},
        "date": {"class": "timestamp", "scope": "stream", "unit": "http"},
        "message": {"class": "text", "scope": "event"}
      },
      "shapes": {
        "role": {"data": {"id": {"$hole": "id"}, "created": {"$hole": "created", "kind": "number"}, "model": {"$hole": "model"}, "one": 1.0}},
        "content": {"data": {"id": {"$hole": "id"}, "n": {"$hole": "n", "kind": "number"}, "text": {"$hole": "content"}}},
        "tool": {"data": {"id": {"$hole": "id"}, "call": {"$hole": "call"}, "fc": {"$hole": "call"}, "extra": {"$hole": "extra", "kind": "json"}}},
        "done": {"text": "[DONE]"},
        "error": {"format": "body", "seen": 1, "json": {"error": {"message": {"$hole": "message"}, "$$code": 404}}}
      },
      "variants": [
        {
          "variant": "200-stream",
          "guard": {},
          "status": 200,
          "headers": [["Content-Type", "text/event-stream"], ["X-Request-Id", {"$hole": "request"}], ["Date", {"$hole": "date"}]],
          "stream": {"prefix": ["role"], "middle": ["content", "tool"], "endings": [["done"]]},
          "termination": [{"shape": "clean", "by": "server"}, {"shape": "truncated", "by": "client"}],
          "coding": "gzip",
          "timing": {"firstMs": {"p50": 1, "p99": 2.5}, "gapMs": {"p50": 0.1, "p99": 4}},
          "takes": "post-v1-chat-1a2b/200-stream"
        },
        {
          "variant": "404",
          "format": "body",
          "guard": {"body.model": {"equals": "badmodel"}},
          "status": 404,
          "headers": [["Content-Type", "application/json"], ["content-length", ""]],
          "otherHeaders": [[["Content-Type", "application/json"]]],
          "body": ["error"],
          "termination": {"shape": "clean", "by": "server"},
          "takes": "post-v1-chat-1a2b/404"
        }
      ]
    },
    {
      "route": "GET /v1/users/:id",
      "format": "body",
      "holes": {
        "user": {"class": "echoed", "scope": "event", "from": "path.id"},
        "word": {"class": "enum", "scope": "event", "values": ["a", {"raw": "b c"}, 3]}
      },
      "shapes": {
        "user": {"spaced": true, "json": {"id": {"$hole": "user", "kind": "number"}, "word": {"$hole": "word", "kind": "scalar"}}}
      },
      "variants": [
        {
          "variant": "200",
          "guard": {"query.v": {"absent": true}, "headers.accept": {"present": true}},
          "status": 200,
          "headers": [["Content-Type", "application/json"], ["Content-Length", ""]],
          "body": ["user"],
          "trailers": [["x-sum", {"$hole": "word"}]],
          "otherTrailers": [null],
          "termination": {"shape": "clean", "by": "server"},
          "takes": "get-v1-users-1a2b/200"
        }
      ]
    }
  ]
}
`;

/** Head of a JSON request. */
export function headOf(
  method: string,
  target: string,
  headers: RequestHead["headers"] = [["content-type", "application/json"]],
): RequestHead {
  const [path = "", query = ""] = target.split("?", 2);
  return { protocol: "http", httpVersion: "1.1", method, path, query, headers };
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function viewOf(head: RequestHead, body: string): RequestView {
  const bytes = bytesOf(body);
  return createRequestView(head, formats.findForRequest(head).requestPayload(head, bytes), bytes);
}

export function chatView(body: string): RequestView {
  return viewOf(headOf("POST", "/v1/chat"), body);
}
