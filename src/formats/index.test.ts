import { describe, expect, it } from "vitest";
import type { RequestHead, ResponseHead } from "../base/http.ts";
import { createFormats } from "./index.ts";

const formats = createFormats({ protoFiles: [], descriptorSets: [], maxMessageBytes: 1000 });
const request: RequestHead = {
  protocol: "http",
  httpVersion: "1.1",
  method: "POST",
  path: "/",
  query: "",
  headers: [["Accept", "text/event-stream"]],
};
const response = (contentType?: string): ResponseHead => ({
  status: 200,
  headers: contentType === undefined ? [] : [["content-TYPE", contentType]],
});

describe("the formats of a run", () => {
  it.each([
    ["text/event-stream", "sse"],
    ["Text/Event-Stream; charset=utf-8", "sse"],
    ["text/event-stream-not", "body"],
    ["application/json", "body"],
    [undefined, "body"],
  ])("read an answer of type %s as %s, whatever was asked for", (type, id) => {
    expect(formats.find(request, response(type)).id).toBe(id);
  });

  it("are found by name", () => {
    for (const format of formats.all) expect(formats.byId(format.id)).toBe(format);
    expect(formats.byId("none")).toBeUndefined();
  });

  it("read a request by its own content type", () => {
    expect(formats.findForRequest(request).id).toBe("body");
    const call: RequestHead = {
      ...request,
      protocol: "grpc",
      httpVersion: "2",
      headers: [["content-type", "application/grpc"]],
    };
    expect(formats.findForRequest(call).id).toBe("grpc");
    expect(formats.find(call, response("application/grpc+proto")).id).toBe("grpc");
    // A proxy in between answers such a call with a page of its own.
    expect(formats.find(call, response("text/html")).id).toBe("body");
  });

  it("name the places of their events", () => {
    expect(formats.byId("sse")!.eventPath(3)).toBe("events[3]");
    expect(formats.byId("body")!.eventPath(0)).toBe("body");
  });

  it("take the transport's end for a stream's end, also where an event was cut off", () => {
    const close = { shape: "clean", by: "server" } as const;
    for (const id of ["sse", "body"]) expect(formats.byId(id)!.termination({ close })).toEqual(close);
  });

  it("refuse in wraith's name, with details", () => {
    const answer = formats.byId("body")!.refusal("no route for GET /x", { routes: ["GET /y"] });
    expect(answer.status).toBe(501);
    expect(answer.headers).toEqual([["Content-Type", "application/json"]]);
    expect(JSON.parse(new TextDecoder().decode(answer.body))).toEqual({
      error: { message: "wraith: no route for GET /x", type: "wraith", routes: ["GET /y"] },
    });
  });
});
