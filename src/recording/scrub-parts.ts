/** Secrets of `multipart/form-data`: the values of its fields, which arrive in pieces. */
import { parametersOf } from "../formats/multipart.ts";
import type { FieldRule } from "./scrub-rules.ts";
import { createTextScanner, type Edit, type Scanner, type ScrubWork } from "./scrub-text.ts";
import { createValueScanner } from "./scrub-value.ts";

/** The head of a part above so many characters is none. */
const MAX_HEAD = 8192;

/** A scanner of parts; `find` gives the rule for a field's name. */
export function createPartScanner(
  boundary: string,
  find: (name: string) => FieldRule | undefined,
  work: ScrubWork,
): Scanner {
  const mark = `\n--${boundary}`;
  let buffer = "";
  let base = 0;
  let edits: Edit[] = [];
  let isInValue = false;
  /** What is being read: a value, or what stands between two of them. */
  let open = { scanner: createTextScanner("plain", work) as Scanner, start: 0 };

  const feed = (length: number): void => {
    open.scanner.push(buffer.slice(0, length));
    buffer = buffer.slice(length);
    base += length;
  };
  const takeOpen = (): void => {
    const { scanner, start } = open;
    for (const e of scanner.takeEdits()) edits.push({ start: e.start + start, end: e.end + start, text: e.text });
  };
  /** Ends what is being read after so many characters. */
  const turn = (length: number, next: Scanner): void => {
    feed(length);
    open.scanner.end();
    takeOpen();
    open = { scanner: next, start: base };
    isInValue = !isInValue;
  };
  const read = (isLast: boolean): void => {
    for (;;) {
      if (isInValue) {
        const end = buffer.indexOf(mark);
        // The line end before the mark may be two characters.
        if (end < 0) return feed(isLast ? buffer.length : Math.max(0, buffer.length - mark.length));
        turn(buffer[end - 1] === "\r" ? end - 1 : end, createTextScanner("plain", work));
      } else {
        const head = /\r?\n\r?\n/.exec(buffer);
        if (head === null) {
          if (isLast || buffer.length > MAX_HEAD) feed(buffer.length);
          return;
        }
        const length = head.index + head[0].length;
        const rule = find(nameOf(buffer.slice(0, length)));
        turn(length, rule === undefined ? createTextScanner("plain", work) : createValueScanner("plain", rule, work));
      }
    }
  };
  return {
    push(text) {
      buffer += text;
      read(false);
      takeOpen();
    },
    end() {
      read(true);
      open.scanner.end();
      takeOpen();
    },
    settled: () => open.start + open.scanner.settled(),
    takeEdits() {
      const taken = edits;
      edits = [];
      return taken;
    },
  };
}

/** The field's name in the head of its part; empty where it has none. */
function nameOf(head: string): string {
  const disposition = /^content-disposition:([^\r\n]*)/im.exec(head)?.[1] ?? "";
  return parametersOf(disposition).get("name") ?? "";
}
