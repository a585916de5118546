/**
 * Streams of events: each event is looked at as its format reads it, and texts that go on from event to event as one. What is undecided
 * is held back with all that follows it, so that the order stays; at most 64 events and 4 KiB of text, and the event that has not ended.
 */
import { utf8FromBytes, textFromBytes } from "../base/bytes.ts";
import type { Codec, CodecContext, Format, Frame, Leaf } from "../formats/format.ts";
import type { Chunk } from "./exchange.ts";
import { base64FromText, bytesFromBase64 } from "../base/base64.ts";
import type { ScrubPipe } from "./scrub-body.ts";
import { editFrame } from "./scrub-event-bytes.ts";
import type { RuleWork } from "./scrub-headers.ts";
import { mayGoOn, mayHaveForms } from "./scrub-forms.ts";
import { createJsonScanner, replaceNumber } from "./scrub-json.ts";
import { createPendingChunks } from "./scrub-pending.ts";
import { placesOf, type Place } from "./scrub-places.ts";
import { applyEdits, scanText, type Edit, type ScrubWork } from "./scrub-text.ts";
import { createThreads, MAX_HELD_CHARS, type HeldEvent } from "./scrub-threads.ts";
import { replaceValue } from "./scrub-value.ts";

/** So many events are held back at most. */
const MAX_HELD_EVENTS = 64;

interface Event extends HeldEvent {
  readonly start: number;
  readonly frame: Uint8Array;
  readonly text: string;
}

const INTEGER = /^"-?\d{1,20}"$/;
/** With quotes. As many digits as a card number has at least. */
const LONG_INTEGER = 16;
/** Places whose type is remembered. */
const MAX_TYPED = 1024;

/**
 * Tells numbers among the string leaves of typed messages: 64-bit integers stand in quotes. What looks like a card number there (an id
 * that passes Luhn, revisions one after the other) is none. The codec knows the field's type, so it is asked for a value that text and
 * bytes take, and a number does not: each time where the digits alone could be a card number, once a place where they are few.
 */
function createNumberTest(codec: Codec): (text: string, start: number, leaf: Leaf) => boolean {
  const known = new Map<string, boolean>();
  const ask = (text: string, start: number, raw: string): boolean => {
    try {
      codec.encode(`${text.slice(0, start)}"AAAA"${text.slice(start + raw.length)}`);
      return false;
    } catch {
      return true;
    }
  };
  return (text, start, { raw, path }) => {
    if (!INTEGER.test(raw)) return false;
    if (raw.length >= LONG_INTEGER) return ask(text, start, raw);
    let isNumber = known.get(path);
    if (isNumber === undefined) {
      isNumber = ask(text, start, raw);
      if (known.size >= MAX_TYPED) known.clear();
      known.set(path, isNumber);
    }
    return isNumber;
  };
}

/** The pipe of a stream; `isMessage` where events are typed messages and not text. */
export function createEventPipe(format: Format, context: CodecContext, work: RuleWork, isMessage: boolean): ScrubPipe {
  const { rules } = work;
  const fields = isMessage ? rules.proto : rules.json;
  const framer = format.createFramer(context);
  const codec: Codec = format.createCodec(context);
  const pending = createPendingChunks();
  const isNumber = createNumberTest(codec);
  const threads = createThreads(work);
  const keysOnly: ScrubWork = { ...work, text: { ...rules.text, cards: false, patterns: [], isWide: false } };
  let held: Event[] = [];
  let framed = 0;
  let eventCount = 0;
  let unscrubbed = false;

  /** A cheap look; false where no rule can have anything to say. */
  const isSuspect = (text: string): boolean =>
    isMessage ||
    rules.text.patterns.length > 0 ||
    fields.hint?.test(text) !== false ||
    mayHaveForms(text, rules.text) ||
    mayGoOn(text, rules.text);

  /** One look at a chunk spares one at each of its events. */
  const isClean = (bytes: Uint8Array): boolean => {
    if (isMessage || held.length > 0 || threads.isOpen()) return false;
    const text = utf8FromBytes(bytes);
    return text !== undefined && !isSuspect(text);
  };
  const lookAt = (place: Place, event: Event): void => {
    const { leaf, start, rule, thread } = place;
    const { raw, kind } = leaf;
    const add = (edits: readonly Edit[], shift: number): void => {
      for (const e of edits) event.edits.push({ start: e.start + shift, end: e.end + shift, text: e.text });
    };
    if (kind === "number") {
      const instead = rule === undefined ? undefined : replaceNumber(raw, rule, work);
      if (instead !== undefined) add([{ start: 0, end: raw.length, text: instead }], start);
    } else if (kind === "string") {
      const inner = raw.slice(1, -1);
      const instead = rule === undefined ? undefined : replaceValue(inner, "json", rule, work);
      if (instead !== undefined) add([{ start: 0, end: inner.length, text: instead }], start + 1);
      if (rule !== undefined || (isMessage && isNumber(event.text, start, leaf))) return;
      const inBytes = isMessage ? scrubBase64(inner, work) : undefined;
      if (inBytes === undefined) threads.add(thread, event, inner, start + 1, "json");
      else add([{ start: 0, end: inner.length, text: inBytes }], start + 1);
    } else if (kind === "text" || kind === "prose" || kind === "rest") threads.add(thread, event, raw, start, "plain");
    else if (kind === "line") add(scanText(raw, "plain", work), start);
  };
  const readMessage = (start: number, frame: Uint8Array): void => {
    const text = codec.decode(frame);
    eventCount++;
    if (!threads.isOpen() && !isSuspect(text)) return;
    const event: Event = { number: eventCount, start, frame, text, edits: [], openCount: 0 };
    held.push(event);
    const dissection = codec.dissect(text);
    if (isMessage) checkSchema(dissection.json?.kind === "object" ? dissection.json.keys : undefined);
    for (const place of placesOf(dissection, fields)) lookAt(place, event);
    // What stands between the leaves: keys, an event's name.
    if (!mayHaveForms(text, keysOnly.text)) return;
    let at = 0;
    dissection.segments.forEach((segment, i) => {
      for (const e of scanText(segment, "json", keysOnly))
        event.edits.push({ start: e.start + at, end: e.end + at, text: e.text });
      at += segment.length + (dissection.leaves[i]?.raw.length ?? 0);
    });
  };
  /** Without a schema there are only numbers of fields, and no path of a rule can be followed. */
  const checkSchema = (keys: readonly string[] | undefined): void => {
    if (keys === undefined) unscrubbed = true;
    else if (rules.hasProtoRules && keys.length > 0 && keys.every((k) => /^"\d*(?:-[a-z0-9]+)?"$/.test(k)))
      unscrubbed = true;
  };
  /** Comments, and what is cut off or broken: their text is looked at, but never joined. */
  const readLoose = (start: number, { bytes, kind }: Frame): void => {
    const text = utf8FromBytes(bytes);
    if (kind === "malformed" && (text === undefined || isMessage)) unscrubbed = true;
    if (text === undefined) return;
    const edits = scanLoose(text, work);
    if (edits.length === 0) return;
    const event: Event = {
      number: eventCount,
      start,
      frame: bytes,
      text: textFromBytes(bytes),
      edits: [...edits],
      openCount: 0,
    };
    held.push(event);
  };
  /** Frames that lie in a chunk without anything suspect need no look of their own; `cleanFrom` is where it begins. */
  const read = (frames: readonly Frame[], cleanFrom: number): void => {
    for (const frame of frames) {
      const start = framed;
      framed += frame.bytes.length;
      // An event that began in the chunk before may have opened what this one goes on with.
      if (start >= cleanFrom && held.length === 0 && !threads.isOpen()) {
        if (frame.kind === "message") eventCount++;
        continue;
      }
      if (frame.kind === "message") readMessage(start, frame.bytes);
      else readLoose(start, frame);
      flush();
    }
  };
  /** Writes what is decided, in order, and decides what has waited long enough. */
  const flush = (): void => {
    for (let first = held[0]; first !== undefined; first = held[0]) {
      const isFull = eventCount - first.number >= MAX_HELD_EVENTS || threads.heldChars() > MAX_HELD_CHARS;
      if (first.openCount > 0 && isFull) threads.close(first);
      if (first.openCount > 0) return;
      held.shift();
      if (first.edits.length === 0) continue;
      const edits = first.edits.sort((a, b) => a.start - b.start);
      if (!editFrame(pending, first.start, first.frame, first.text, edits, codec)) unscrubbed = true;
    }
  };
  return {
    push(chunk: Chunk) {
      const cleanFrom = isClean(chunk.bytes) ? pending.end() : Infinity;
      pending.add(chunk);
      read(framer.push(chunk.bytes), cleanFrom);
      return pending.release(held[0]?.start ?? framed);
    },
    end() {
      read(framer.end(), Infinity);
      threads.close(undefined);
      flush();
      return pending.release(pending.end());
    },
    unscrubbed: () => unscrubbed,
  };
}

/** Edits of a text that is no event: as plain text, and where JSON begins in it (an event that was cut off) as JSON. */
function scanLoose(text: string, work: RuleWork): readonly Edit[] {
  const brace = text.indexOf("{");
  const plain = brace < 0 ? text : text.slice(0, brace);
  const edits = [...scanText(plain, "plain", work)];
  if (brace < 0) return edits;
  const scanner = createJsonScanner({ ...work, fields: work.rules.json });
  scanner.push(text.slice(brace));
  scanner.end();
  for (const e of scanner.takeEdits()) edits.push({ start: e.start + brace, end: e.end + brace, text: e.text });
  return edits;
}

/** A text in a field of bytes is base64 in a message's JSON; a secret in it is replaced there. Undefined where there is none. */
function scrubBase64(inner: string, work: RuleWork): string | undefined {
  if (inner.length < 20 || inner.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(inner)) return undefined;
  const bytes = bytesFromBase64(inner);
  const text = bytes === undefined ? undefined : utf8FromBytes(bytes);
  if (text === undefined) return undefined;
  const edits = scanText(text, "plain", work);
  return edits.length === 0 ? undefined : base64FromText(applyEdits(text, edits));
}
