import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesFromText } from "../../src/base/bytes.ts";
import { createBodyFormat } from "../../src/formats/body/index.ts";
import type { CodecContext } from "../../src/formats/format.ts";
import { anyBytes, rawJson } from "./arbitrary-json.ts";
import { describeLaws, framesOf } from "./format-laws.ts";

const context: CodecContext = {
  request: { protocol: "http", httpVersion: "1.1", method: "GET", path: "/", query: "", headers: [] },
  direction: "server",
};
const jsonBodies = fc
  .tuple(rawJson("\n"), fc.constantFrom("", "\n", "\r\n", " "))
  .map(([json, tail]) => bytesFromText(json + tail));

describeLaws("body", {
  format: createBodyFormat({ maxMessageBytes: 10_000_000 }),
  context,
  bodies: fc.oneof({ weight: 3, arbitrary: jsonBodies }, { weight: 1, arbitrary: anyBytes }),
  everyEventIsExact: true,
});

describeLaws("body with a small limit", {
  format: createBodyFormat({ maxMessageBytes: 24 }),
  context,
  bodies: fc.oneof(jsonBodies, anyBytes),
  everyEventIsExact: true,
});

describe("body, literally", () => {
  it("is one frame, or none where it is empty", () => {
    const format = createBodyFormat({ maxMessageBytes: 100 });
    expect(framesOf(format, context, [])).toEqual([]);
    expect(framesOf(format, context, [bytesFromText("a"), bytesFromText("b")])).toEqual([
      { kind: "message", bytes: bytesFromText("ab") },
    ]);
  });

  it("above the limit is malformed pieces of that length", () => {
    const format = createBodyFormat({ maxMessageBytes: 3 });
    const frames = framesOf(format, context, [bytesFromText("abcdefg")]);
    expect(frames.map((f) => [f.kind, new TextDecoder().decode(f.bytes)])).toEqual([
      ["malformed", "abc"],
      ["malformed", "def"],
      ["malformed", "g"],
    ]);
    expect(frames[0]!.detail).toBe("longer than 3 bytes");
    expect(framesOf(format, context, [bytesFromText("abc")]).map((f) => f.kind)).toEqual(["message"]);
  });
});
