/**
 * Texts that are spread over events: the strings at one place of events in a row, joined. A secret that is found in one is put into the
 * event it begins in and taken out of those it goes on in, so that the joined text has its token, and each event stays.
 */
import { createTextScanner, scanText, type Edit, type ScrubWork, type TextScanner } from "./scrub-text.ts";
import { mayHaveForms, openStart } from "./scrub-forms.ts";
import { withoutEscapes, type Spelling } from "./scrub-spelling.ts";
import { MAX_SECRET_CHARS } from "./scrub-tokens.ts";

/** An event whose text is not decided. */
export interface HeldEvent {
  /** Number of the event in its stream. */
  readonly number: number;
  /** Offsets of the event's text. */
  readonly edits: Edit[];
  /** Pieces of it that are undecided. */
  openCount: number;
}

export interface Threads {
  /** Adds a piece of a thread: `raw` begins at `at` in the event's text. */
  add(thread: string, event: HeldEvent, raw: string, at: number, spelling: Spelling): void;
  /** Decides what is open of an event, and of all threads where `event` is undefined because the stream is over. */
  close(event: HeldEvent | undefined): void;
  /** True while an event could go on with something. */
  isOpen(): boolean;
  /** Characters that are undecided. */
  heldChars(): number;
}

interface Thread {
  readonly scanner: TextScanner;
  pieces: { readonly event: HeldEvent; readonly at: number; readonly start: number; readonly end: number }[];
  length: number;
}

/** So many threads are followed at once; a stream with more has ids in its paths, and no text that goes on. */
const MAX_THREADS = 256;
/** A longer text that is the same as in the event before does not go on with it: an id, a name, a model. Twice half a card number is 8. */
const MAX_REPEATED = 8;

/** Creates the threads of one direction of an exchange. */
export function createThreads(work: ScrubWork): Threads {
  const threads = new Map<string, Thread>();
  const before = new Map<string, string>();

  const settle = (name: string, thread: Thread): void => {
    for (const edit of thread.scanner.takeEdits()) spread(thread, edit);
    const settled = thread.scanner.settled();
    const decided = thread.pieces.filter((p) => p.end <= settled);
    for (const { event } of decided) event.openCount--;
    thread.pieces = thread.pieces.filter((p) => p.end > settled);
    if (thread.pieces.length === 0 && !thread.scanner.swallows()) threads.delete(name);
  };
  return {
    add(name, event, raw, at, spelling) {
      if (raw === "") return;
      const isRepeated = raw.length > MAX_REPEATED && before.get(name) === raw;
      if (before.size >= MAX_THREADS && !before.has(name)) before.clear();
      before.set(name, raw);
      let thread = threads.get(name);
      if (isRepeated || (thread === undefined && threads.size >= MAX_THREADS)) {
        if (thread !== undefined) {
          thread.scanner.end();
          settle(name, thread);
        }
        for (const e of scanText(raw, spelling, work))
          event.edits.push({ start: e.start + at, end: e.end + at, text: e.text });
        return;
      }
      if (thread === undefined) {
        if (isDecided(raw, spelling, work)) return;
        thread = { scanner: createTextScanner(spelling, work), pieces: [], length: 0 };
        threads.set(name, thread);
      }
      thread.pieces.push({ event, at, start: thread.length, end: thread.length + raw.length });
      thread.length += raw.length;
      event.openCount++;
      thread.scanner.push(raw);
      settle(name, thread);
    },
    close(event) {
      for (const [name, thread] of threads) {
        if (event !== undefined && !thread.pieces.some((p) => p.event === event)) continue;
        if (event === undefined) thread.scanner.end();
        else thread.scanner.force();
        settle(name, thread);
      }
    },
    isOpen: () => threads.size > 0,
    heldChars() {
      let chars = 0;
      for (const { length, scanner } of threads.values()) chars += length - scanner.settled();
      return chars;
    },
  };
}

/** Whether a piece neither has nor begins anything: by far the most are so. */
function isDecided(raw: string, spelling: Spelling, { text }: ScrubWork): boolean {
  if (text.patterns.length > 0 || mayHaveForms(raw, text)) return false;
  return openStart(withoutEscapes(raw, spelling), 0, text) === raw.length;
}

/** Gives an edit of the joined text to the events that it reaches over. */
function spread({ pieces }: Thread, edit: Edit): void {
  let { text } = edit;
  for (const piece of pieces) {
    if (piece.end <= edit.start || piece.start >= edit.end) continue;
    const shift = piece.at - piece.start;
    piece.event.edits.push({
      start: Math.max(edit.start, piece.start) + shift,
      end: Math.min(edit.end, piece.end) + shift,
      text,
    });
    text = "";
  }
}

/** Undecided characters of one direction, at most. */
export const MAX_HELD_CHARS = MAX_SECRET_CHARS;
