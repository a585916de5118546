import { describe, expect, it } from "vitest";
import { bytesFromText, textFromBytes } from "../../base/bytes.ts";
import type { Frame } from "../format.ts";
import { createSseFramer } from "./framer.ts";

const short = ({ kind, bytes }: Frame): string => `${kind} ${JSON.stringify(textFromBytes(bytes))}`;

/** Frames of each push, then those of the end. */
function transcript(chunks: readonly (string | Uint8Array)[], limit = 1000): string[][] {
  const framer = createSseFramer(limit);
  const pushed = chunks.map((c) => framer.push(typeof c === "string" ? bytesFromText(c) : c).map(short));
  return [...pushed, framer.end().map(short)];
}

describe("the frames of an event stream", () => {
  it.each([
    ["LF", "data: a\n\ndata: b\n\n", ['message "data: a\\n\\n"', 'message "data: b\\n\\n"']],
    ["CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", ['message "data: a\\r\\n\\r\\n"', 'message "data: b\\r\\n\\r\\n"']],
    ["CR", "data: a\r\rdata: b\r\r", ['message "data: a\\r\\r"', 'message "data: b\\r\\r"']],
    [
      "mixed",
      "data: a\n\r\ndata: b\r\n\ndata: c\r\n\rx",
      ['message "data: a\\n\\r\\n"', 'message "data: b\\r\\n\\n"', 'message "data: c\\r\\n\\r"'],
    ],
  ])("with %s line ends", (_, text, frames) => {
    expect(transcript([text])[0]).toEqual(frames);
  });

  it("leave with the last byte of an event, whatever its line ends", () => {
    expect(transcript(["data: a\n", "\n"])[1]).toEqual(['message "data: a\\n\\n"']);
    expect(transcript(["data: a\r", "\r"])[1]).toEqual(['message "data: a\\r\\r"']);
    expect(transcript(["data: a\r", "\n", "\r", "\n"])).toEqual([[], [], [], ['message "data: a\\r\\n\\r\\n"'], []]);
  });

  it("do not wait for an LF that nobody can know of: after CR CR it is filler", () => {
    expect(transcript(["data: a\r\r", "\ndata: b\r\r"])).toEqual([
      ['message "data: a\\r\\r"'],
      ['filler "\\n"', 'message "data: b\\r\\r"'],
      [],
    ]);
  });

  it("hold an event of CRLF lines back while its last LF may come", () => {
    expect(transcript(["data: a\r\n\r", "\n"])).toEqual([[], ['message "data: a\\r\\n\\r\\n"'], []]);
    expect(transcript(["data: a\r\n\r", "data"])).toEqual([[], ['message "data: a\\r\\n\\r"'], ['malformed "data"']]);
    expect(transcript(["data: a\r\n\r"])).toEqual([[], ['message "data: a\\r\\n\\r"']]);
  });

  it("tell comments and empty lines from messages", () => {
    expect(transcript([": ping\n\n\n:\n: two\n\n"])[0]).toEqual([
      'filler ": ping\\n\\n"',
      'filler "\\n"',
      'filler ":\\n: two\\n\\n"',
    ]);
    expect(transcript([": ping\ndata: a\n\n"])[0]).toEqual(['message ": ping\\ndata: a\\n\\n"']);
    expect(transcript(["retry: 100\n\nid\n\nx\n\n"])[0]).toHaveLength(3);
  });

  it("hold a comment line with the event that follows, until a blank line parts them", () => {
    expect(transcript([": ping\n", "data: a\n\n"])).toEqual([[], ['message ": ping\\ndata: a\\n\\n"'], []]);
  });

  it("give a byte order mark alone, split or not, and only at the start", () => {
    const mark = 'filler "\ufeff"';
    expect(transcript(["\ufeffdata: a\n\n\ufeffdata: b\n\n"])[0]).toEqual([
      mark,
      'message "data: a\\n\\n"',
      'message "\ufeffdata: b\\n\\n"',
    ]);
    const parts = Array.from(bytesFromText("\ufeffdata: a\n\n"), (b) => Uint8Array.of(b));
    expect(transcript(parts).flat()).toEqual([mark, 'message "data: a\\n\\n"']);
    // The beginning of a mark that is none.
    expect(transcript([Uint8Array.of(0xef, 0xbb), Uint8Array.of(97, 10, 10)]).flat()).toEqual([
      'message "\\udcef\\udcbba\\n\\n"',
    ]);
    expect(transcript([Uint8Array.of(0xef)]).flat()).toEqual(['malformed "\\udcef"']);
  });

  it("keep an event that is cut off, and say so", () => {
    const framer = createSseFramer(1000);
    framer.push(bytesFromText("data: a\n\ndata: b\n"));
    expect(framer.end()).toEqual([
      {
        kind: "malformed",
        bytes: bytesFromText("data: b\n"),
        detail: "cut off before the blank line that ends an event",
      },
    ]);
    expect(transcript([": whole\n"])[1]).toEqual(['filler ": whole\\n"']);
    expect(transcript([": cut"])[1]).toEqual(['malformed ": cut"']);
    expect(transcript([]).flat()).toEqual([]);
  });

  it("do not copy an event that is whole in its chunk", () => {
    const chunk = bytesFromText("data: a\n\ndata: b\n\n");
    for (const frame of createSseFramer(1000).push(chunk)) expect(frame.bytes.buffer).toBe(chunk.buffer);
  });

  it("come in malformed pieces above the limit, and the stream goes on after them", () => {
    expect(transcript(["data: 0123456789\n\ndata: a\n\n"], 10)[0]).toEqual([
      'malformed "data: 0123"',
      'malformed "456789\\n\\n"',
      'message "data: a\\n\\n"',
    ]);
    // The piece leaves when it is full: nothing above the limit is ever held.
    expect(transcript(["data: 01", "23456", "789"], 10)).toEqual([
      [],
      ['malformed "data: 0123"'],
      [],
      ['malformed "456789"'],
    ]);
  });

  it("are found in linear time, however small the chunks and long the event", () => {
    const framer = createSseFramer(10_000_000);
    const line = bytesFromText("data: x\n");
    for (let i = 0; i < 300_000; i++) framer.push(line);
    expect(framer.push(bytesFromText("\n"))[0]!.bytes).toHaveLength(300_000 * 8 + 1);
  });
});
