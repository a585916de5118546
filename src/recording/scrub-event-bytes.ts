/** An event's text after its edits, as bytes of its frame. */
import { bytesEqual, bytesFromText } from "../base/bytes.ts";
import type { Codec } from "../formats/format.ts";
import { base64FromText } from "../base/base64.ts";
import type { PendingChunks } from "./scrub-pending.ts";
import { applyEdits, type Edit } from "./scrub-text.ts";

/** Writes the edits of an event into its frame, which begins at `at`. False where one of them cannot be written: it is left out. */
export function editFrame(
  pending: PendingChunks,
  at: number,
  frame: Uint8Array,
  text: string,
  edits: readonly Edit[],
  codec: Codec,
): boolean {
  if (bytesEqual(bytesFromText(text), frame)) {
    for (const edit of edits)
      pending.edit(at + byteLength(text, edit.start), at + byteLength(text, edit.end), bytesFromText(edit.text));
    return true;
  }
  const written = encodeEdits(text, edits, codec);
  let [from, to, end] = [0, frame.length, written.bytes.length];
  while (from < Math.min(to, end) && frame[from] === written.bytes[from]) from++;
  while (to > from && end > from && frame[to - 1] === written.bytes[end - 1]) {
    to--;
    end--;
  }
  if (to > from || end > from) {
    // Without an old byte to take the place of, the new ones go before the last one that stays.
    if (to === from && from > 0) from--;
    pending.edit(at + from, at + to, written.bytes.subarray(from, end), to === frame.length);
  }
  return written.isWhole;
}

function byteLength(text: string, length: number): number {
  return bytesFromText(text.slice(0, length)).length;
}

interface Written {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
}

/**
 * The frame of a message with edits. A field may not take a token as it is: one of bytes gets it in base64, one that is a number gets 0.
 * Which, only the codec knows, so it is asked.
 */
function encodeEdits(text: string, edits: readonly Edit[], codec: Codec): Written {
  const whole = encodeExactly(applyEdits(text, edits), false, codec);
  if (whole !== undefined) return { bytes: whole, isWhole: true };
  const fitting: Edit[] = [];
  for (const edit of edits) {
    const candidates = [edit.text, base64FromText(edit.text), "0", "AA=="].map((t) => ({ ...edit, text: t }));
    const fit = candidates.find((c) => encodeExactly(applyEdits(text, [c]), c.text === "", codec) !== undefined);
    if (fit !== undefined) fitting.push(fit);
  }
  const bytes = encodeExactly(applyEdits(text, fitting), true, codec) ?? codec.encode(text);
  return { bytes, isWhole: fitting.length === edits.length };
}

/** Bytes of a text that mean the same text; undefined where they do not, or there are none. */
function encodeExactly(text: string, mayDiffer: boolean, codec: Codec): Uint8Array | undefined {
  try {
    const bytes = codec.encode(text);
    return mayDiffer || codec.decode(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
